/** The write jobs of CRM connections; what they are given and answer stands in `jobs.ts`. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import type { JobContext, JobFile } from '../store/job'
import { dayMs } from '../time'
import { TroubleError } from '../trouble'
import { CacheRemoval } from './cache-removal'
import { CacheStatements, contactsAtOnce, type Step } from './cache-statements'
import { CacheWriter } from './cache-writer'
import { cleanRecord, type Ready, type ReadyContact } from './clean-records'
import type { FinishDone, FinishInput, ForgetDone, ForgetInput, PageDone, PageInput, PageRead, RecordsDone, RecordsInput } from './jobs'
import { crmOf } from './kinds'

/** Statements are prepared once a connection to the database. */
const prepared = new WeakMap<Database, CacheStatements>()

function statementsOn(db: Database): CacheStatements {
  const known = prepared.get(db)
  if (known) return known
  const made = new CacheStatements(db)
  prepared.set(db, made)
  return made
}

/** The last job of each CRM connection: the next one begins when it is over. */
const queues = new WeakMap<Database, Map<string, Promise<unknown>>>()

async function inTurn<T>(db: Database, connectionId: string, work: () => Promise<T>): Promise<T> {
  const queue = queues.get(db) ?? new Map<string, Promise<unknown>>()
  queues.set(db, queue)
  const before = queue.get(connectionId)
  const mine = before ? before.then(work, work) : work()
  queue.set(connectionId, mine)
  try {
    return await mine
  } finally {
    if (queue.get(connectionId) === mine) queue.delete(connectionId)
  }
}

/** Carries steps out in short transactions, with the search tables brought up to date by each. */
async function carryOut<T>(context: JobContext, items: Iterable<T>, change: (item: T) => Step): Promise<void> {
  const { search } = statementsOn(context.db)
  await context.each(items, change, { begin: () => search.pause(), end: () => search.resume() })
}

function forgotten(): TroubleError {
  return new TroubleError('crm.gone')
}

interface ReadPage {
  ready: Ready[]
  done: PageDone
}

/** What the connector finds in a page, cleaned. Pure: done in this thread or in the one beside it. */
function read({ kind, object, parts, cursor, config, region, now }: PageInput): ReadPage {
  const crm = crmOf(kind)
  if (!crm) throw new TroubleError('crm.unknownKind', { kind })
  const { records, next, watermark, total } = crm.readPage(object, parts, cursor, config)
  const ready = records.map((record) => cleanRecord(record, region, now)).filter((record) => record !== null)
  return { ready, done: { next, watermark: watermark && believable(watermark, now), total, count: records.length } }
}

/**
 * One record that says it was changed years from now would hide every other change until then: only what was there when the page
 * came is known. This machine's own clock is not that wrong: no certificate would be valid.
 */
function believable(watermark: string, now: number): string {
  return Date.parse(watermark) > now + 400 * dayMs ? new Date(now - dayMs).toISOString() : watermark
}

/** Pages that are being read ahead, by their tickets. */
const aheads = new WeakMap<Database, Map<string, Promise<ReadPage | null>>>()
/** One is written while the next is read; more are of syncs that were given up. */
const mostAhead = 4

function prepare({ db, input, aside }: JobContext): void {
  const page = input as PageInput
  if (!aside || page.ticket === undefined) return
  const ahead = aheads.get(db) ?? new Map<string, Promise<ReadPage | null>>()
  aheads.set(db, ahead)
  const whole = page.parts.every((part) => part.byteLength === part.buffer.byteLength)
  const buffers = whole ? [...new Set(page.parts.map((part) => part.buffer as ArrayBuffer))] : []
  // What goes wrong there is found again, and said, when the page is to be written.
  ahead.set(
    page.ticket,
    (aside.run('crm.read', page, buffers) as Promise<ReadPage>).catch(() => null),
  )
  for (const old of [...ahead.keys()].slice(0, -mostAhead)) ahead.delete(old)
}

async function page(context: JobContext): Promise<PageDone> {
  const input = context.input as PageInput
  const ahead = aheads.get(context.db)
  const prepared = input.ticket === undefined ? undefined : ahead?.get(input.ticket)
  if (input.ticket !== undefined) ahead?.delete(input.ticket)
  const { ready, done } = (await prepared) ?? read(input)
  context.progress({ next: done.next, total: done.total } satisfies PageRead)
  return await inTurn(context.db, input.connectionId, async () => {
    const writer = new CacheWriter(statementsOn(context.db), input)
    await carryOut(context, stepsOf(ready, writer.isFilling, done), (step) => {
      if (!writer.exists()) throw forgotten()
      if (Array.isArray(step)) return writer.contacts(step)
      if ('object' in step) return writer.write(step)
      writer.cursor(input, step)
      return 'done'
    })
    return done
  })
}

/** A page's records, those that are probably new in groups; last, how far the run is then. */
function* stepsOf(records: readonly Ready[], inGroups: boolean, done: PageDone): Generator<Ready | ReadyContact[] | PageDone> {
  let group: ReadyContact[] = []
  for (const record of records) {
    const isPlain = record.object === 'contacts' && !('gone' in record) && !('seen' in record)
    if (isPlain && inGroups) group.push(record)
    // What is said of a record counts in the order in which it is said.
    if (group.length === contactsAtOnce || (group.length > 0 && !isPlain)) {
      yield group
      group = []
    }
    if (!isPlain || !inGroups) yield record
  }
  if (group.length > 0) yield group
  yield done
}

async function records(context: JobContext): Promise<RecordsDone> {
  const input = context.input as RecordsInput
  const { connectionId, region, now, taken } = input
  const ready = input.records.map((record) => cleanRecord(record, region, now)).filter((record) => record !== null)
  return await inTurn(context.db, connectionId, async () => {
    const sql = statementsOn(context.db)
    const writer = new CacheWriter(sql, { connectionId, region, pass: null })
    const steps: (() => Step)[] = ready.map((record) => () => writer.write(record))
    if (taken) steps.unshift(() => writer.taken(taken))
    await carryOut(context, steps, (step) => {
      if (!writer.exists()) throw forgotten()
      return step()
    })
    const contacts = ready.filter((record) => record.object === 'contacts').map(({ id }) => sql.contact.get(connectionId, id)?.id)
    return { contactIds: [...new Set(contacts.filter((id) => id !== undefined))] }
  })
}

const unmetIn = {
  organizations: { table: 'organizations', where: '' },
  contacts: { table: 'contacts', where: '' },
  deals: { table: 'deals', where: "AND kind = 'deal'" },
  leads: { table: 'deals', where: "AND kind = 'lead'" },
} as const
/** How many rows are looked at in one statement. */
const lookRows = 500

async function finish(context: JobContext): Promise<FinishDone> {
  const { connectionId, object, pass } = context.input as FinishInput
  if (object === 'users' || object === 'stages') return { removed: 0, doubted: 0 }
  const { table, where } = unmetIn[object]
  const { db } = context
  const look = db.prepare<[string, string], { id: number; external_id: string; seen: number }>(
    `SELECT id, external_id, seen FROM ${table} WHERE source = ? AND external_id > ? ${where} ORDER BY external_id LIMIT ${lookRows}`,
  )
  return await inTurn(db, connectionId, async () => {
    const unmet: { id: number; seen: number }[] = []
    let met = 0
    for (let last = ''; ; ) {
      const rows = look.all(connectionId, last)
      for (const { id, seen } of rows) {
        if (seen < pass) unmet.push({ id, seen })
        else met++
      }
      const end = rows.at(-1)
      if (!end || rows.length < lookRows || context.signal.aborted) break
      last = end.external_id
      // A call that rings may have something to write meanwhile.
      await nextTurn()
    }
    // A list that came half, or a right that was lost for a day, shows no deletions: so many are believed when two passes say so.
    const doubted = isDoubtful(met, unmet.length)
    const before = doubted ? pass - 1 : pass
    const removal = new CacheRemoval(statementsOn(db), connectionId, pass)
    const stillUnmet = db.prepare<[number, number], number>(`SELECT 1 FROM ${table} WHERE id = ? AND seen < ?`).pluck()
    let removed = 0
    const remove = (id: number): Step => {
      if (stillUnmet.get(id, before) === undefined) return 'done'
      const step = removal.withdraw(table, id)
      if (step === 'done') removed++
      return step
    }
    const gone = unmet.filter(({ seen }) => seen < before).map(({ id }) => id)
    await carryOut(context, gone, remove)
    if (object === 'contacts') await removeNamesOnly(context, connectionId, removal)
    return { removed, doubted: doubted ? unmet.length - gone.length : 0 }
  })
}

/** Whether so many deletions at once are more likely a list that did not come whole. */
function isDoubtful(met: number, unmet: number): boolean {
  return (met === 0 && unmet > fewAtOnce) || (unmet > manyAtOnce && unmet > (met + unmet) * greatPart)
}
const fewAtOnce = 10
const manyAtOnce = 100
const greatPart = 0.2

/** Organizations that are known by nothing but a name go with their last contact and deal. */
async function removeNamesOnly(context: JobContext, source: string, removal: CacheRemoval): Promise<void> {
  const look = context.db
    .prepare<[string, number], number>(
      `SELECT id FROM organizations o WHERE source = ? AND external_id IS NULL AND id > ?
         AND NOT EXISTS (SELECT 1 FROM contacts WHERE organization_id = o.id)
         AND NOT EXISTS (SELECT 1 FROM deals WHERE organization_id = o.id AND contact_id IS NULL) ORDER BY id LIMIT ${lookRows}`,
    )
    .pluck()
  await carryOut(
    context,
    inRuns((last) => look.all(source, last)),
    (id) => removal.remove('organizations', id),
  )
}

function* inRuns(look: (last: number) => number[]): Generator<number> {
  for (let last = 0; ; ) {
    const ids = look(last)
    yield* ids
    const end = ids.at(-1)
    if (end === undefined || ids.length < lookRows) return
    last = end
  }
}

async function forget(context: JobContext): Promise<ForgetDone> {
  const { connectionId } = context.input as ForgetInput
  if (connectionId !== null) return { contacts: await forgetOne(context, connectionId) }
  let contacts = 0
  for (const source of orphans(context.db)) contacts += await forgetOne(context, source)
  return { contacts }
}

async function forgetOne(context: JobContext, source: string): Promise<number> {
  const { db } = context
  return await inTurn(db, source, async () => {
    await context.batch(() => db.prepare('DELETE FROM connections WHERE id = ?').run(source))
    const removal = new CacheRemoval(statementsOn(db), source, 0)
    let contacts = 0
    // Contacts go before organizations, whose people would have to be written anew one by one.
    for (const table of ['deals', 'contacts', 'organizations'] as const) {
      const look = db
        .prepare<[string, number], number>(`SELECT id FROM ${table} WHERE source = ? AND id > ? ORDER BY id LIMIT ${lookRows}`)
        .pluck()
      await carryOut(
        context,
        inRuns((last) => look.all(source, last)),
        (id) => {
          const step = removal.remove(table, id)
          if (table === 'contacts' && step === 'done') contacts++
          return step
        },
      )
    }
    return contacts
  })
}

/** Sources that are no connection any more, found by leaps over the index. */
function orphans(db: Database): string[] {
  const sources = new Set<string>()
  for (const table of ['deals', 'contacts', 'organizations']) {
    const next = db.prepare<[string], string | null>(`SELECT min(source) FROM ${table} WHERE source > ?`).pluck()
    for (let source = next.get(''); source; source = next.get(source)) sources.add(source)
  }
  for (const own of ['sample', 'import', 'local', ...db.prepare<[], string>('SELECT id FROM connections').pluck().all()])
    sources.delete(own)
  return [...sources]
}

export const jobs: JobFile['jobs'] = { page, prepare, records, finish, forget }
export const works: NonNullable<JobFile['works']> = { read: (input) => read(input as PageInput) }
