/**
 * Every region's numbers, written in every way into a real store and then called from in every way: who is found, printed per
 * form, and that nobody is taken for somebody else. At full count in the soak; the same regions, thinned, else.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import DatabaseConstructor, { type Database } from 'better-sqlite3'
import { getCountries } from 'libphonenumber-js/max'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deliveries, everyLine, type Form, type Line, seeded, writings } from '../../test/fixtures/number-forms'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { remoteParty } from '../telephony/identity'
import { readHead } from '../telephony/message'
import { ContactWriter, cleanContact } from './contact-writer'
import { NumberMatching } from './matching'

const atLength = Boolean(process.env.RINGBOOK_SOAK)

let folder: string
let store: Store
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-matching-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function write(rows: readonly Form[]): number[] {
  const writer = new ContactWriter(store.db, 'import', () => 1)
  const ids: number[] = []
  store.write(() => {
    for (const row of rows) ids.push(insert(writer, row))
  })
  return ids
}

function insert(writer: ContactWriter, { form, text, country }: Form): number {
  const more = { organization: '', jobTitle: '', emails: [], note: '', labels: [], externalId: null }
  const phones = [{ raw: text, type: 'work' as const }]
  return writer.insert(cleanContact({ name: form, phones, country: country || null, ...more }, 'FR'))
}

/** What main makes of the network's text: headers are read by telephony. */
function numberIn(text: string): string {
  if (!text.includes(':')) return text
  const from = text.startsWith('From') ? '' : 'From: <sip:trunk@x>;tag=1\r\n'
  const head = readHead(`INVITE sip:alice@x SIP/2.0\r\n${from}${text}\r\n\r\n`)
  if (!head) throw new Error('the test’s message is malformed')
  return remoteParty(head).number
}

/** Counts per form: how many were found for certain, as possible, not at all. */
class Tally {
  readonly #rows = new Map<string, { certain: number; possible: number; missed: string[] }>()

  add(form: string, found: 'exact' | 'possible' | 'none', what: string): void {
    const row = this.#rows.get(form) ?? { certain: 0, possible: 0, missed: [] }
    this.#rows.set(form, row)
    if (found === 'exact') row.certain++
    else if (found === 'possible') row.possible++
    else row.missed.push(what)
  }

  get missed(): string[] {
    return [...this.#rows].flatMap(([form, { missed }]) => missed.map((what) => `${form}: ${what}`))
  }

  toString(): string {
    const percent = (part: number, all: number) => `${((100 * part) / all).toFixed(2)} %`.padStart(9)
    return [...this.#rows]
      .map(([form, { certain, possible, missed }]) => {
        const all = certain + possible + missed.length
        return `${form.padEnd(36)}${String(all).padStart(7)}${percent(certain, all)}${percent(possible, all)}${percent(missed.length, all)}`
      })
      .join('\n')
  }
}

const heading = `${''.padEnd(36)}${'n'.padStart(7)}${'certain'.padStart(9)}${'possible'.padStart(9)}${'missed'.padStart(9)}`

test('every region, written in every way, found from every way of calling', { timeout: 1_800_000 }, () => {
  const random = seeded(11)
  const regions = getCountries()
  const lines = everyLine()
  const abroadOf = (line: Line) => {
    const other = regions[random(regions.length)] ?? 'FR'
    return other === line.region ? (line.region === 'FR' ? 'DE' : 'FR') : other
  }
  // One database a form: a contact that is written badly must not hide behind one that is written well.
  const written = new Map<
    string,
    { db: Database; matching: NumberMatching; lines: Map<number, Line>; rows: Map<Line, Form & { id: number }> }
  >()
  const template = store.db.serialize()
  // SQLite opens no copy in memory that says it has a write-ahead log beside it.
  template.fill(1, 18, 20)
  for (const line of lines) {
    for (const row of writings(line, abroadOf(line))) {
      let kept = written.get(row.form)
      if (!kept) {
        const db = new DatabaseConstructor(template)
        kept = { db, matching: new NumberMatching(db), lines: new Map(), rows: new Map() }
        written.set(row.form, kept)
      }
      const id = insert(new ContactWriter(kept.db, 'import', () => 1), row)
      kept.lines.set(id, line)
      kept.rows.set(line, { ...row, id })
    }
  }
  const byWriting = new Tally()
  const byDelivery = new Tally()
  const wrong: string[] = []
  for (const [at, line] of lines.entries()) {
    // Every region in every run; a third of the ways to call for each of its numbers, in turns.
    const calls = deliveries(line, abroadOf(line)).filter((_, index) => atLength || (index + at) % 3 === 0)
    for (const { form, text, country } of calls) {
      const number = numberIn(text)
      for (const [writing, { matching, lines: others, rows }] of written) {
        const row = rows.get(line)
        const found = matching.find(number, { country, home: country })
        const what = `${line.region} ${line.kind} ${line.number.number} as «${text}» in ${country}, written «${row?.text}» in ${row?.country}`
        if (row) {
          const how = found.contactIds.includes(row.id) ? found.match : 'none'
          byWriting.add(writing, how, `${what}, ${writing}`)
          byDelivery.add(form, how, `${what}, ${writing}`)
        }
        if (found.match !== 'exact') continue
        for (const other of found.contactIds.map((id) => others.get(id))) {
          if (other && other.number.number !== line.number.number) wrong.push(`${what}: ${other.number.number}, ${writing}`)
        }
      }
    }
  }
  for (const { db } of written.values()) db.close()
  const kinds = new Set(lines.map(({ region }) => region)).size
  console.log(
    `${kinds} regions, ${lines.length} numbers (${lines.filter(({ kind }) => kind === 'fixed').length} besides the examples), ${[...written.values()].reduce((sum, { rows }) => sum + rows.size, 0)} contacts\n` +
      `written as\n${heading}\n${byWriting}\ndelivered as\n${heading}\n${byDelivery}\nmissed: ${byDelivery.missed.length}\n` +
      `${byDelivery.missed.slice(0, 40).join('\n')}\nfor certain somebody else: ${wrong.length}\n${wrong.slice(0, 20).join('\n')}`,
  )
  expect(kinds).toBe(regions.length)
  expect(wrong.length).toBe(0)
  expect(byDelivery.missed.length).toBe(0)
})

/** Numbers next to a line's that are not its own. */
function neighbours({ national, code, number }: Line, codes: readonly string[]): string[] {
  const changed = [...national].map((digit, at) => `${code}${national.slice(0, at)}${(Number(digit) + 1) % 10}${national.slice(at + 1)}`)
  const longer = [`${code}${national}0`, `${code}${national}7`, ...['1', '2', '9'].map((one) => `${code}${one}${national}`)]
  const shorter = [`${code}${national.slice(1)}`, `${code}${national.slice(0, -1)}`]
  const abroad = codes.filter((other) => other !== code).map((other) => `${other}${national}`)
  const alike = [
    `${code}${(Number(national[0]) + 3) % 10}${national.slice(1)}`,
    `${code}${national.slice(0, -7).replace(/./g, '4')}${national.slice(-7)}`,
  ]
  return [...new Set([...changed, ...longer, ...shorter, ...abroad, ...alike])]
    .map((digits) => `+${digits}`)
    .filter((one) => one !== number.number)
}

test('among near neighbours nobody is taken for another one', { timeout: 1_800_000 }, () => {
  const random = seeded(12)
  const regions = getCountries()
  const every = everyLine()
  const codes = [...new Set(every.map(({ code }) => code))]
  const lines = atLength ? every : every.filter((_, index) => index % 6 === 0)
  const plain = new Set(every.map(({ number }) => String(number.number)))
  // With its trunk prefix behind the country code a number is still itself, whatever it is the neighbour of.
  const sameLine = new Set(every.map(({ code, prefix, national }) => `+${code}${prefix}${national}`))
  // Norfolk Island's numbers without their first 3 are the same ones, says the metadata.
  for (const { region, code, national } of every) if (region === 'NF') sameLine.add(`+${code}${national.slice(1)}`)
  const own = new Map<number, string>()
  let count = 0
  for (const [at, line] of lines.entries()) {
    const rows = neighbours(line, codes)
      .filter((text) => !sameLine.has(text) || plain.has(text))
      .map((text) => ({ form: text, text, country: '' }))
    // Every second caller is known; the others have nothing but neighbours.
    const known = at % 2 === 0 ? [{ form: line.number.number, text: line.number.formatNational(), country: line.region }] : []
    const all = [...rows, ...known]
    for (const [index, id] of write(all).entries()) own.set(id, all[index]?.form ?? '')
    count += all.length
  }
  const matching = new NumberMatching(store.db)
  const found = { certain: 0, possible: 0, none: 0 }
  const wrong: string[] = []
  const lost: string[] = []
  for (const [at, line] of lines.entries()) {
    const abroad = [...(['FR', 'US'] as const), ...Array.from({ length: atLength ? 1 : 4 }, () => regions[random(regions.length)] ?? 'FR')]
    for (const { text, country } of abroad.flatMap((one) => deliveries(line, one))) {
      const answer = matching.find(numberIn(text), { country, home: country })
      if (answer.match === 'exact') found.certain++
      else found[answer.match]++
      const names = answer.contactIds.map((id) => own.get(id) ?? '')
      const others = names.filter((name) => name !== line.number.number)
      if (answer.match === 'exact' && others.length > 0) wrong.push(`${line.number.number} as «${text}» in ${country}: ${others.join(' ')}`)
      if (at % 2 === 0 && !names.includes(line.number.number)) lost.push(`${line.number.number} as «${text}» in ${country}`)
    }
  }
  console.log(
    `${lines.length} callers among ${count} neighbours: ${found.certain} certain, ${found.possible} possible, ${found.none} none; ` +
      `for certain somebody else: ${wrong.length}\n${wrong.slice(0, 30).join('\n')}\nlost: ${lost.length}\n${lost.slice(0, 10).join('\n')}`,
  )
  expect(wrong.length).toBe(0)
  expect(lost.length).toBe(0)
})
