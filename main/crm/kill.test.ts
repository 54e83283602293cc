/** A sync that is killed again and again, at any moment, while the CRM goes on changing: nothing is lost and nothing is left over. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cached, cachedObjects, expected, unbound } from '../../test/fixtures/crm/cached'
import { create, type FakePipedrive } from '../../test/fixtures/crm/pipedrive'
import { seeded } from '../../test/fixtures/mutations'

const times = process.env.RINGBOOK_SOAK ? 50 : 5
const seed = Number(process.env.RINGBOOK_SEED ?? Date.now() % 1_000_000)
const root = join(import.meta.dirname, '../..')

let folder: string
let fake: FakePipedrive
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-killed-'))
  fake = await create({ people: 3200, organizations: 500, deals: 900, leads: 120, seed }).start()
})
afterAll(async () => {
  await fake.stop()
  rmSync(folder, { recursive: true, force: true })
})

const database = () => join(folder, 'ringbook.sqlite')

interface Child {
  process: ChildProcess
  begun: Promise<unknown>
  ended: Promise<{ status: string; complete: boolean; trouble: unknown } | null>
}

function sync(): Child {
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv.filter((each) => each.startsWith('--no-memory')),
      '--disable-warning=ExperimentalWarning',
      '--import',
      join(root, 'test/fixtures/from-source.mjs'),
      join(root, 'test/fixtures/crm/syncing.ts'),
      database(),
      fake.origin,
      fake.token,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const lines: string[] = []
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const reader = createInterface({ input: child.stdout })
  const begun = once(reader, 'line')
  reader.on('line', (line) => lines.push(line))
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0 && child.signalCode !== 'SIGKILL') throw new Error(`the sync ended with ${code}:\n${stderr}`)
    const last = lines.at(-1)
    return last?.startsWith('{') ? (JSON.parse(last) as { status: string; complete: boolean; trouble: unknown }) : null
  })
  return { process: child, begun, ended }
}

/** Everything that can happen to records in a CRM. */
function change(random: () => number): void {
  const { data } = fake
  const some = (object: 'people' | 'organizations' | 'deals' | 'leads') => {
    const ids = Array.from(data.table(object).byId(), ({ id }) => id)
    return ids[Math.floor(random() * ids.length)] ?? 0
  }
  const stamp = Math.floor(random() * 1e6)
  for (let count = 0; count < 12; count++) {
    data.change('people', some('people'), {
      name: `Changed ${stamp} ${count}`,
      phones: [{ value: `+3725${stamp}${count}`, type: 'mobile', field: null }],
    })
    data.remove('people', some('people'))
  }
  for (let count = 0; count < 3; count++) {
    const [winner, loser] = [some('people'), some('people')]
    if (winner !== loser) data.merge('people', winner, loser)
    data.add('people', { name: `Added ${stamp} ${count}`, organizationId: some('organizations') })
    data.change('organizations', some('organizations'), { name: `Company ${stamp} ${count}` })
    data.change('deals', some('deals'), { amount: stamp })
    data.remove('deals', some('deals'))
    data.change('leads', some('leads'), { title: `Lead ${stamp} ${count}` })
  }
  const [winner, loser] = [some('organizations'), some('organizations')]
  if (winner !== loser) data.merge('organizations', winner, loser)
  data.remove('organizations', some('organizations'))
  data.archive('deals', some('deals'))
  data.archive('leads', some('leads'))
  data.remove('leads', some('leads'))
  data.add('deals')
  for (let count = 0; count < 3; count++) data.add('leads')
}

it(
  `killed at ${times} random moments and resumed, the cache holds exactly what the CRM holds (RINGBOOK_SEED=${seed})`,
  async () => {
    const random = seeded(seed)
    /** Requests of a sync that nobody disturbs; learnt from those that came to their end. */
    let usual = 25
    let killed = 0
    const places = new Map<string, number>()
    while (killed < times) {
      const before = fake.log.length
      const child = sync()
      await Promise.race([child.begun, child.ended])
      // At any request and shortly after: while it is on its way, while its page is written, while the next one is fetched.
      const target = before + 1 + Math.floor(random() * usual)
      const afterMs = random() ** 2 * 150
      const aim = setInterval(() => {
        if (fake.log.length < target) return
        clearInterval(aim)
        setTimeout(() => child.process.kill('SIGKILL'), afterMs)
      }, 1)
      const ended = await child.ended
      clearInterval(aim)
      if (ended === null) killed += 1
      else usual = Math.max(5, fake.log.length - before)
      const db = new Database(database())
      expect(db.pragma('quick_check', { simple: true })).toBe('ok')
      const at = db
        .prepare<[], string>("SELECT mode || ' ' || object FROM sync_cursors WHERE finished = 0 OR sweep IS NOT NULL")
        .pluck()
        .all()
      for (const place of at.length > 0 ? at : ['elsewhere']) places.set(place, (places.get(place) ?? 0) + 1)
      db.close()
      change(random)
    }
    console.info(`killed ${killed} times; where it was: ${[...places].map(([place, count]) => `${place} ×${count}`).join(', ')}`)

    // A look for deletions that was under way comes to its end first; what was deleted behind it is found by the next one.
    for (let round = 0; round < 2; round++) expect(await sync().ended).toEqual({ status: 'idle', complete: true, trouble: null })
    const db = new Database(database(), { readonly: true })
    try {
      const [id] = db.prepare<[], string>('SELECT id FROM connections').pluck().all()
      for (const object of cachedObjects) expect(cached(db, id ?? '', object), object).toEqual(expected(fake, object))
      expect(unbound(db, id ?? '')).toEqual([])
      expect(db.prepare('SELECT count(*) FROM contacts_text').pluck().get()).toBe(fake.expected('contacts').length)
      expect(db.prepare('SELECT count(*) FROM crm_users').pluck().get()).toBe(fake.expected('users').length)
      expect(db.prepare('SELECT count(*) FROM crm_stages').pluck().get()).toBe(fake.expected('stages').length)
    } finally {
      db.close()
    }
  },
  Math.max(120_000, times * 30_000),
)
