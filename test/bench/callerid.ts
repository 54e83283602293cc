/**
 * «Number in → full card out» in main, in ms, with a million contacts and 1,300,000 numbers of forty countries in the cache; incoming
 * numbers as networks deliver them. `first`: the first look-up of a fresh process, the file in the system's memory but not in its own;
 * `first_disk`: the file has to be read from the disk too. `cold`: a thousand look-ups for which it has to be read from the disk, as far as
 * those before have not. `p50` to `p99`, warm: the file is in the system's memory; three rounds over all numbers, whose cards are far more than
 * SQLite's own cache and ours hold. `own`: of each number the least of the three, which is our own work without the others on the machine.
 * `control`: as many turns of a loop that does nothing for the look-ups' median. `rss`: memory after them over what it was before the store was opened.
 * `cpu_mean`: the processor's time for a look-up, without the control's.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { systemClock } from '../../main/clock'
import { Contacts } from '../../main/contacts/contacts'
import { silentLog } from '../../main/log'
import { connect } from '../../main/store/connection'
import { openStore } from '../../main/store/open'
import { median, p95, progress, quantile, result } from '../fixtures/bench'
import { seeded } from '../fixtures/many-numbers'
import { copyMillion, million } from '../fixtures/million'

const rounds = 20_000
const firsts = 7
/** Numbers of the cold round, and rounds over all numbers after it. */
const colds = 1_000
const warmRounds = 3
const turn = 100
const kinds = ['E.164', 'national', '00', 'no plus', 'trunk zero kept', 'URI', 'unknown', 'shared', 'internal', 'withheld'] as const
type Kind = (typeof kinds)[number]
interface Delivered {
  kind: Kind
  number: string
  country: string
  /** The name that the headline must be one of; null: nobody. */
  e164: string | null
}

if (process.argv[2] === 'first') await first(process.argv[3] ?? '', process.argv.slice(4))
else await whole(Number(process.argv[2] ?? 1_000_000))

/** In a process of its own: one look-up after the start, timed; prints ms. */
async function first(file: string, [number = '', country = '']: string[]): Promise<void> {
  const store = await openStore({ file, log: silentLog(), clock: systemClock })
  const contacts = new Contacts({ store, clock: systemClock, country: () => country })
  const began = performance.now()
  const answer = contacts.lookup(number)
  const took = performance.now() - began
  if (answer.match !== 'exact') throw new Error(`the first look-up found nobody under ${number}`)
  process.stdout.write(String(took))
  await store.close()
}

async function whole(count: number): Promise<void> {
  const cache = million(count)
  const folder = mkdtempSync(join(tmpdir(), 'ringbook-bench-'))
  try {
    const file = join(folder, 'ringbook.sqlite')
    copyMillion(cache, file)
    const numbers = delivered(file, rounds)
    // What is not yet on the disk cannot be dropped from the system's memory.
    execFileSync('sync', [file])
    const times: Record<'first' | 'first_disk', number[]> = { first: [], first_disk: [] }
    for (let run = 0; run < firsts * 2; run++) {
      const fromDisk = run % 2 === 0
      if (fromDisk) execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none'])
      const { number, country } = numbers.filter(({ kind }) => kind === 'E.164')[run] ?? numbers[0] ?? { number: '', country: 'SE' }
      const took = execFileSync(process.execPath, [process.argv[1] ?? '', 'first', file, number, country], { encoding: 'utf8' })
      times[fromDisk ? 'first_disk' : 'first'].push(Number(took))
    }
    for (const [how, each] of Object.entries(times)) progress(`${how}: ${each.map((time) => time.toFixed(1)).join(', ')} ms`)
    const idle = process.memoryUsage().rss
    const store = await openStore({ file, log: silentLog(), clock: systemClock })
    let country = 'SE'
    const contacts = new Contacts({ store, clock: systemClock, country: () => country })
    contacts.lookup('+46850000000')
    let wrong = 0
    let uncertain = 0
    /** Every number once, in their order; ms each. */
    const lookUp = (each: readonly Delivered[], judged: boolean): number[] =>
      each.map((one) => {
        country = one.country
        const began = performance.now()
        const answer = contacts.lookup(one.number)
        const took = performance.now() - began
        if (!judged) return took
        // A text that may be two known numbers: both are shown, as possible.
        if (one.e164 !== null && answer.match === 'possible') uncertain++
        if (!right(one, answer)) {
          wrong++
          if (wrong < 10) progress(`wrong: ${JSON.stringify(one)} → ${answer.match} ${answer.e164}`)
        }
        return took
      })

    execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none'])
    const cold = lookUp(numbers.slice(0, colds), false)
    execFileSync('dd', [`if=${file}`, 'of=/dev/null', 'bs=1M', 'status=none'])
    const cpu = process.cpuUsage()
    const switches = process.resourceUsage()
    // In turns, a hundred of each, so that both meet the same disturbances.
    const nothing: number[] = []
    let idled = 0
    const warm = Array.from({ length: warmRounds }, (_, index) =>
      Array.from({ length: Math.ceil(numbers.length / turn) }, (_, part) => {
        const took = lookUp(numbers.slice(part * turn, (part + 1) * turn), index === 0)
        const length = median(took) ?? 0
        for (let time = 0; time < took.length; time++) nothing.push(control(length))
        idled += length * 1_000 * took.length
        return took
      }).flat(),
    )
    const { user, system } = process.cpuUsage(cpu)
    const after = process.resourceUsage()
    progress(
      `warm: ${after.involuntaryContextSwitches - switches.involuntaryContextSwitches} times preempted, ` +
        `${after.voluntaryContextSwitches - switches.voluntaryContextSwitches} times waited, ${after.fsRead - switches.fsRead} blocks from the disk`,
    )
    const rss = (process.memoryUsage().rss - idle) / 2 ** 20
    const all = warm.flat()
    // What takes long in every round is our own doing; what takes long in one of them is the machine's, or the collector's.
    const own = numbers.map((_, index) => Math.min(...warm.map((took) => took[index] ?? Number.POSITIVE_INFINITY)))
    for (const kind of kinds) {
      const those = (sample: readonly number[]) => sample.filter((_, index) => numbers[index]?.kind === kind)
      const sample = warm.flatMap(those)
      const least = those(own)
      progress(
        `${kind}: ${least.length}, p50 ${median(sample)}, p95 ${p95(sample)}, p99 ${quantile(sample, 0.99)}, most ${quantile(sample, 1)}; ` +
          `least of ${warmRounds}: p50 ${median(least)}, p95 ${p95(least)}, p99 ${quantile(least, 0.99)}, most ${quantile(least, 1)}`,
      )
    }
    result('callerid', all.length, {
      contacts: cache.contacts,
      numbers: cache.numbers,
      countries: 40,
      p50: median(all),
      p95: p95(all),
      p99: quantile(all, 0.99),
      most: quantile(all, 1),
      own_p50: median(own),
      own_p95: p95(own),
      own_p99: quantile(own, 0.99),
      own_most: quantile(own, 1),
      control_p50: median(nothing),
      control_p95: p95(nothing),
      control_p99: quantile(nothing, 0.99),
      // What the others on the machine do is not in it.
      cpu_mean: Math.round((user + system - idled) / all.length) / 1000,
      cold_p50: median(cold),
      cold_p95: p95(cold),
      cold_p99: quantile(cold, 0.99),
      first: median(times.first),
      first_most: quantile(times.first, 1),
      first_disk: median(times.first_disk),
      rss: Math.round(rss),
      file: Math.round(statSync(file).size / 2 ** 20),
      load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
      wrong,
      uncertain,
    })
    await store.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A loop that does nothing but wait for so many ms: what it takes longer is time that the machine gave to others. */
function control(length: number): number {
  const began = performance.now()
  let took = 0
  while (took < length) took = performance.now() - began
  return took
}

function right({ kind, e164 }: Delivered, answer: ReturnType<Contacts['lookup']>): boolean {
  if (kind === 'withheld') return answer.withheld
  if (kind === 'unknown') return answer.match !== 'exact'
  if (kind === 'internal') return answer.match === 'exact'
  return answer.match !== 'none' && answer.e164 === e164
}

/** What networks deliver for numbers drawn from the whole cache, and for some that are in nobody's. */
function delivered(file: string, wanted: number): Delivered[] {
  const db = connect(file, 'reader')
  const random = seeded(7)
  const rows = (where: string, order: string, limit: number) =>
    db
      .prepare<[number], { e164: string | null; raw: string }>(
        `SELECT p.e164, p.raw FROM phones p WHERE ${where} ORDER BY ${order} LIMIT ?`,
      )
      .all(limit)
      .map((row) => ({ ...row, country: parsePhoneNumberFromString(row.e164 ?? '')?.country ?? 'SE' }))
  // Spread over the file without reading all of it in order.
  const spread = '(p.id * 7919) % 1000003'
  const known = rows('p.e164 IS NOT NULL', spread, wanted)
  const shared = rows(
    'p.e164 IN (SELECT e164 FROM phones WHERE e164 IS NOT NULL GROUP BY e164 HAVING count(*) > 1)',
    spread,
    Math.round(wanted / 20),
  )
  const internal = rows('p.e164 IS NULL', spread, Math.round(wanted / 100))
  const taken = db.prepare<[string], 1>('SELECT 1 FROM phones WHERE e164 = ? LIMIT 1').pluck()
  const made: Delivered[] = []
  for (const { e164, country } of known) {
    const number = e164 ?? ''
    const digits = number.slice(1)
    const way = random()
    const add = (kind: Kind, text: string, from = country) => made.push({ kind, number: text, country: from, e164 })
    if (way < 0.4) add('E.164', number)
    else if (way < 0.55) add('national', national(number))
    else if (way < 0.65) add('00', `00${digits}`, 'SE')
    else if (way < 0.75) add('no plus', digits)
    else if (way < 0.8 && country !== 'IT') add('trunk zero kept', `+${code(number)}0${digits.slice(code(number).length)}`)
    else if (way < 0.85) add('URI', `<sip:${number}@sbc.example;user=phone>`)
    else if (way < 0.99) {
      const nobodys = unknown(number, random)
      if (taken.get(nobodys) === undefined) made.push({ kind: 'unknown', number: nobodys, country, e164: null })
    } else made.push({ kind: 'withheld', number: 'anonymous', country, e164: null })
  }
  for (const { e164, country } of shared) made.push({ kind: 'shared', number: e164 ?? '', country, e164 })
  for (const { raw, country } of internal) made.push({ kind: 'internal', number: raw, country, e164: null })
  return made
    .map((each) => ({ each, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each)
}

/** As a national network delivers it: with its trunk prefix, without blanks. */
function national(e164: string): string {
  return parsePhoneNumberFromString(e164)?.formatNational().replace(/[^\d]/g, '') ?? e164
}

function code(e164: string): string {
  return parsePhoneNumberFromString(e164)?.countryCallingCode ?? ''
}

/** A number like a known one, with other last digits. */
function unknown(e164: string, random: () => number): string {
  return e164.slice(0, -6) + String(Math.floor(random() * 1_000_000)).padStart(6, '0')
}
