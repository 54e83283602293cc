/** How long look-ups and suggestions take with many contacts: printed, never asserted; that each is right is. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import { ContactWriter, cleanContact } from './contact-writer'
import { Contacts } from './contacts'

const many = Number(process.env.RINGBOOK_MEASURE_CONTACTS ?? 5_000)

test(`look-ups with ${many} contacts`, { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringbook-measure-'))
  const store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  const first = ['Anna', 'Erik', 'Łukasz', 'Siobhán', '민준', 'Ahmed', 'Marie', 'John', 'Yuki', 'Olga']
  const last = ['Björk', 'Smith', 'Kowalski', 'Müller', 'Dupont', 'Rossi', 'Tanaka', 'Lee', 'García', 'Novák']
  const number = (index: number) => `+4670${String(1_740_000 + index * 7).padStart(7, '0')}`
  const started = performance.now()
  for (let index = 0; index < many; index += 5_000) {
    store.write(() => {
      const writer = new ContactWriter(store.db, 'import', () => index)
      for (let each = index; each < Math.min(many, index + 5_000); each++) {
        const name = `${first[each % 10]} ${last[Math.floor(each / 10) % 10]} ${each}`
        const phones = [number(each), `08-${465_000_00 + each}`].map((raw) => ({ raw, type: 'work' as const }))
        const more = { jobTitle: 'Buyer', emails: [`p${each}@example.com`], note: '', labels: [], country: null, externalId: null }
        writer.insert(cleanContact({ name, organization: `Firm ${each % 1_000}`, phones, ...more }, 'SE'))
      }
    })
  }
  const contacts = new Contacts({ store, clock: systemClock, country: () => 'SE' })
  const figures = (run: (round: number) => void, rounds: number) => {
    const times = Array.from({ length: rounds }, (_, round) => {
      const begin = performance.now()
      run(round)
      return (performance.now() - begin) * 1_000
    }).sort((one, other) => one - other)
    const at = (part: number) => Math.round(times[Math.floor(part * (rounds - 1))] ?? 0)
    return `p50 ${at(0.5)} µs, p99 ${at(0.99)} µs, most ${at(1)} µs`
  }
  const lines = [
    `filled in ${Math.round(performance.now() - started)} ms, file ${Math.round((statSync(store.file).size + statSync(`${store.file}-wal`).size) / 1e6)} MB`,
  ]
  lines.push(`first: ${figures(() => contacts.lookup(number(3)), 1)}`)
  for (const [what, form] of [
    ['E.164', (each: number) => number(each)],
    ['national', (each: number) => `0${number(each).slice(3)}`],
    ['without +', (each: number) => number(each).slice(1)],
    ['unknown', (each: number) => `+4672${String(1_000_000 + each)}`],
  ] as const) {
    const matches = new Set<string>()
    lines.push(`${what}: ${figures((round) => matches.add(contacts.lookup(form((round * 7_919) % many)).match), 2_000)}`)
    expect([...matches]).toEqual([what === 'unknown' ? 'none' : 'exact'])
  }
  for (const text of [
    'a',
    'an',
    'anna',
    'björk an',
    'kowalski luk',
    '민',
    '46',
    '4670',
    '070 17',
    '001',
    '465 00',
    'p4',
    'firm 7 anna',
    'zzz',
  ]) {
    await contacts.suggest(text)
    const begin = performance.now()
    for (let time = 0; time < 20; time++) await contacts.suggest(text)
    lines.push(`suggest «${text}»: ${((performance.now() - begin) / 20).toFixed(1)} ms`)
  }
  for (const query of ['', 'a', 'anna', '467', '1740', 'anna 467']) {
    const begin = performance.now()
    const { rows } = await contacts.list({ query, cursor: null, limit: 60 })
    lines.push(`list «${query}»: ${Math.round((performance.now() - begin) * 10) / 10} ms, ${rows.length} rows`)
  }
  console.log(`${many} contacts\n${lines.join('\n')}`)
  await store.close()
  const opening = performance.now()
  await (await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })).close()
  console.log(`opened and closed again in ${Math.round(performance.now() - opening)} ms`)
  rmSync(folder, { recursive: true, force: true })
})
