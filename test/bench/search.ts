/**
 * Keystroke → results with a million contacts in the cache, in ms: from a page's command at main's end of the bridge to the reply,
 * through the read worker, for queries typed letter by letter as the dial field (`directory.suggest`) and Contacts
 * (`contacts.list`, a first page) ask them. `p50`, `p95`: of all keystrokes of both, each asked once, so that what is read from the file for the first time counts. `stall`: the
 * longest that main's own loop was held up meanwhile, beyond its timer's step.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bridge, type Handlers } from '../../main/bridge/bridge'
import { systemClock } from '../../main/clock'
import { Contacts } from '../../main/contacts/contacts'
import { silentLog } from '../../main/log'
import { openStore } from '../../main/store/open'
import type { CommandInput, CommandName, ReplyFrame } from '../../preload/contract'
import { median, p95, progress, quantile, result } from '../fixtures/bench'
import { copyMillion, million } from '../fixtures/million'

/** Typed one character after the other; the first ones of many are common to very many contacts. */
const typed = [
  ['name', 'anna'],
  ['name', 'maria garcia'],
  ['name', 'schroder karin'],
  ['name', 'bjork ann'],
  ['name', 'İbrahim Öz'],
  ['name', 'nowak'],
  ['company', 'nordwind'],
  ['company', 'harbor foundry 41422'],
  ['company', 'gmbh'],
  ['person at a company', 'john lumen systems'],
  ['person at a company', 'robert s gmbh'],
  ['Korean', '박민준'],
  ['Korean, as composed', 'ㄱ기김'],
  ['Japanese', '青山'],
  ['Cyrillic', 'світло'],
  ['Arabic', 'محمد منصور'],
  ['digits', '46701'],
  ['digits', '+49 30 23'],
  ['digits', '0171 392'],
  ['digits', '5678'],
  ['digits and a name', '465 anna'],
  ['e-mail', 'person.70003@company'],
  ['nobody', 'zzyzx'],
  ['nobody', 'anna qqq'],
  ['nobody', 'nobody at 99999999'],
] as const

const cache = million(Number(process.argv[2] ?? 1_000_000))
const folder = mkdtempSync(join(tmpdir(), 'ringbook-bench-'))
try {
  const file = join(folder, 'ringbook.sqlite')
  copyMillion(cache, file)
  const store = await openStore({ file, log: silentLog(), clock: systemClock })
  const contacts = new Contacts({ store, clock: systemClock, country: () => 'SE' })
  const bridge = new Bridge(silentLog())
  const handlers: Partial<Handlers> = {
    'contacts.list': (input) => contacts.list(input),
    'directory.suggest': ({ text, limit }) => contacts.suggestAll(text, limit),
  }
  bridge.handle(handlers as Handlers)
  const waiting = new Map<number, (frame: ReplyFrame) => void>()
  const page = bridge.connect('app', (frame) => {
    // What the host does with it before it leaves.
    JSON.stringify(frame)
    if ('id' in frame) waiting.get(frame.id)?.(frame)
  })
  let last = 0
  // As main rehearses it in an idle moment after its start: the reader's thread is there, its code and the file's first pages are read.
  const rehearsing = performance.now()
  await contacts.suggestAll('00')
  progress(`rehearsed in ${Math.round(performance.now() - rehearsing)} ms`)
  const ask = async <C extends CommandName>(command: C, input: CommandInput<C>): Promise<{ took: number; found: unknown }> => {
    const id = ++last
    const began = performance.now()
    const reply = await new Promise<ReplyFrame>((done) => {
      waiting.set(id, done)
      page.receive({ id, command, input })
    })
    waiting.delete(id)
    if (!reply.ok) throw new Error(JSON.stringify(reply.trouble))
    return { took: performance.now() - began, found: reply.output }
  }
  const beat = 5
  let stall = 0
  let beaten = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    stall = Math.max(stall, now - beaten - beat)
    beaten = now
  }, beat)
  const took = new Map<string, number[]>()
  const add = (kind: string, ms: number) => took.set(kind, [...(took.get(kind) ?? []), ms])
  const slow: { text: string; command: string; ms: number }[] = []
  const rounds = { suggest: [] as number[], list: [] as number[] }
  for (const [kind, text] of typed) {
    const letters = Array.from(text)
    for (let length = 1; length <= letters.length; length++) {
      const query = letters.slice(0, length).join('')
      const suggested = await ask('directory.suggest', { text: query, limit: 6 })
      const listed = await ask('contacts.list', { query, limit: 60 })
      rounds.suggest.push(suggested.took)
      rounds.list.push(listed.took)
      add(kind, suggested.took)
      add(kind, listed.took)
      slow.push({ text: query, command: 'suggest', ms: suggested.took }, { text: query, command: 'list', ms: listed.took })
      if (length === letters.length) {
        const { contacts: people, organizations } = suggested.found as { contacts: { name: string }[]; organizations: { name: string }[] }
        progress(
          `«${query}»: ${people.map(({ name }) => name).join(', ') || 'nobody'} · ${organizations.map(({ name }) => name).join(', ')}`,
        )
      }
    }
  }
  clearInterval(timer)
  for (const [kind, sample] of took) {
    progress(`${kind}: ${sample.length}, p50 ${median(sample)}, p95 ${p95(sample)}, most ${quantile(sample, 1)}`)
  }
  for (const { text, command, ms } of slow.toSorted((one, other) => other.ms - one.ms).slice(0, 12)) {
    progress(`${command} «${text}» ${ms.toFixed(1)} ms`)
  }
  const all = [...rounds.suggest, ...rounds.list]
  result('search', all.length, {
    contacts: cache.contacts,
    calls: 100_000,
    p50: median(all),
    p95: p95(all),
    p99: quantile(all, 0.99),
    most: quantile(all, 1),
    suggest_p95: p95(rounds.suggest),
    list_p95: p95(rounds.list),
    stall: Math.round(stall * 10) / 10,
  })
  await store.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
