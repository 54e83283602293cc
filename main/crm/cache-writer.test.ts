/** What becomes of a connection's records in the cache, on real files and in the store's own worker. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../clock'
import { changesOf } from '../contacts/edited'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { matchWords } from '../text'
import type { CrmContact, CrmDeal, CrmOrganization, CrmRecord } from './crm'
import type { FinishDone, PageDone, PageInput, RecordsDone, RecordsInput } from './jobs'
import { crmOf } from './kinds'

const source = 'pipedrive-1a2b3c4d'
let folder: string
let store: Store
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-cache-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  connect(source)
})
afterEach(async () => {
  expect(searchFaults()).toEqual([])
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function connect(id: string): void {
  store.db.prepare("INSERT INTO connections (id, kind, label, position, pass) VALUES (?, 'pipedrive', 'Pipedrive', 0, 1)").run(id)
}
function contact(id: string, more: Partial<CrmContact> = {}): CrmContact {
  return {
    object: 'contacts',
    id,
    name: `Person ${id}`,
    ownerId: null,
    labels: [],
    updatedAt: 1_000,
    organizationId: null,
    organization: null,
    jobTitle: null,
    phones: [],
    emails: [],
    note: '',
    country: null,
    ...more,
  }
}
function organization(id: string, more: Partial<CrmOrganization> = {}): CrmOrganization {
  return {
    object: 'organizations',
    id,
    name: `Company ${id}`,
    ownerId: null,
    labels: [],
    updatedAt: 1_000,
    phones: [],
    note: '',
    country: null,
    ...more,
  }
}
function deal(id: string, more: Partial<CrmDeal> = {}): CrmDeal {
  return {
    object: 'deals',
    id,
    title: `Deal ${id}`,
    ownerId: null,
    labels: [],
    updatedAt: 1_000,
    amount: null,
    currency: null,
    stageId: null,
    stage: null,
    pipeline: null,
    status: 'open',
    contactId: null,
    organizationId: null,
    closeOn: null,
    ...more,
  }
}
const phone = (raw: string) => ({ raw, type: 'work' as const })

async function write(records: CrmRecord[], more: Partial<RecordsInput> = {}): Promise<number[]> {
  const input: RecordsInput = { connectionId: source, region: 'SE', now: 5_000, records, ...more }
  return (await store.jobs.run<RecordsDone>('write', 'crm.records', input)).contactIds
}
const all = (sql: string, ...values: unknown[]) => store.db.prepare<unknown[], Record<string, unknown>>(sql).all(...values)
const one = (sql: string, ...values: unknown[]) =>
  store.db
    .prepare<unknown[], unknown>(sql)
    .pluck()
    .get(...values)
const found = (text: string) =>
  store.db
    .prepare<[string | null], string>(
      'SELECT c.name FROM contacts_text t JOIN contacts c ON c.id = t.rowid WHERE contacts_text MATCH ? ORDER BY c.id',
    )
    .pluck()
    .all(matchWords(text))
const foundByDigits = (digits: string) =>
  store.db.prepare('SELECT rowid FROM phones_text WHERE phones_text MATCH ?').all(`"${digits}"`).length

/** Rows whose search table says something else than the row. */
function searchFaults(): string[] {
  const faults: string[] = []
  for (const [table, text, words] of [
    ['contacts', 'contacts_text', 'search'],
    ['organizations', 'organizations_text', 'search'],
    ['deals', 'deals_text', 'search'],
    [
      'phones',
      'phones_text',
      "CASE WHEN e164 IS NULL OR instr(digits, substr(e164, 2)) > 0 THEN digits ELSE substr(e164, 2) || ' ' || digits END",
    ],
  ] as const) {
    const tokenize = table === 'phones' ? 'trigram' : 'unicode61 remove_diacritics 0'
    store.db.exec(`CREATE VIRTUAL TABLE temp.${table}_fresh USING fts5 (x, content = '', contentless_delete = 1, tokenize = "${tokenize}")`)
    store.db.exec(`INSERT INTO temp.${table}_fresh (rowid, x) SELECT id, ${words} FROM ${table}`)
    for (const [name, index] of [
      ['fresh', `temp, ${table}_fresh`],
      ['kept', `main, ${text}`],
    ] as const)
      store.db.exec(`CREATE VIRTUAL TABLE temp.${table}_${name}_terms USING fts5vocab (${index}, instance)`)
    const terms = (name: string) => `SELECT term, doc, "offset" FROM temp.${table}_${name}_terms`
    for (const [a, b] of [
      ['fresh', 'kept'],
      ['kept', 'fresh'],
    ] as const)
      for (const row of all(`${terms(a)} EXCEPT ${terms(b)}`)) faults.push(`${table}: ${JSON.stringify(row)} only in ${a}`)
    for (const name of ['fresh', 'fresh_terms', 'kept_terms']) store.db.exec(`DROP TABLE temp.${table}_${name}`)
  }
  return faults
}

test('a contact, its numbers and what it is found by', async () => {
  const [id] = await write([
    organization('7', { name: 'Nordwind AB', phones: [phone('08-465 004 00')] }),
    contact('1', {
      name: 'Anna Björk',
      organizationId: '7',
      emails: ['anna@nordwind.example'],
      phones: [phone('070-174 06 05'), { raw: '+49 30 901820 ext. 12', type: 'other', label: 'Cottage' }, phone('+46701740605')],
    }),
  ])
  expect(all('SELECT e164, raw, type, label, extension, is_primary FROM phones WHERE contact_id = ? ORDER BY id', id)).toEqual([
    { e164: '+46701740605', raw: '070-174 06 05', type: 'work', label: null, extension: null, is_primary: 1 },
    { e164: '+4930901820', raw: '+49 30 901820 ext. 12', type: 'other', label: 'Cottage', extension: '12', is_primary: 0 },
  ])
  expect(one('SELECT e164 FROM phones WHERE organization_id IS NOT NULL')).toBe('+46846500400')
  expect(found('nordw bjork')).toEqual(['Anna Björk'])
  expect(foundByDigits('90182')).toBe(1)
})

test('numbers are read by their own prefix, then the contact’s country, then the default one', async () => {
  await write([
    contact('1', { country: 'DE', phones: [phone('030 901820'), phone('+46 8 465 004 00')] }),
    contact('2', { phones: [phone('08-465 004 00')] }),
    contact('3', { country: 'ZZ', phones: [phone('08-465 004 00')] }),
  ])
  const numbers = (id: string) =>
    all('SELECT e164 FROM phones p JOIN contacts c ON c.id = p.contact_id WHERE external_id = ?', id).map((row) => row.e164)
  expect([numbers('1'), numbers('2'), numbers('3')]).toEqual([['+4930901820', '+46846500400'], ['+46846500400'], ['+46846500400']])
})

test('a row that has not changed is not written again, one number does not touch the rest', async () => {
  const records = [organization('7'), contact('1', { organizationId: '7', phones: [phone('+46701740605')] }), deal('9', { contactId: '1' })]
  await write(records)
  const before = all('SELECT id FROM phones')
  const changes = () => one('SELECT total_changes()')
  // On main's connection, so that every change is counted: the same code, in transactions of its own.
  const { CacheWriter } = await import('./cache-writer')
  const { CacheStatements } = await import('./cache-statements')
  const { cleanRecord } = await import('./clean-records')
  const sql = new CacheStatements(store.db)
  const writer = new CacheWriter(sql, { connectionId: source, region: 'SE', pass: 1 })
  const count = changes()
  for (const record of records) {
    const ready = cleanRecord(record, 'SE', 5_000)
    if (ready) expect(writer.write(ready)).toBe('done')
  }
  expect(changes()).toBe(count)
  await write([contact('1', { organizationId: '7', phones: [phone('+46701740605')], jobTitle: 'Buyer' })])
  expect(all('SELECT id FROM phones')).toEqual(before)
  await write([contact('1', { organizationId: '7', phones: [phone('+46701740606')], jobTitle: 'Buyer' })])
  expect(all('SELECT e164 FROM phones')).toEqual([{ e164: '+46701740606' }])
})

test('what comes before the row it belongs to is bound when that one comes', async () => {
  await write([deal('9', { contactId: '1', organizationId: '7' }), contact('1', { name: 'Anna', organizationId: '7' })])
  expect(found('nordwind')).toEqual([])
  await write([organization('7', { name: 'Nordwind' })])
  expect(found('nordwind')).toEqual(['Anna'])
  expect(
    all(
      'SELECT c.external_id AS c, o.external_id AS o FROM deals d JOIN contacts c ON c.id = d.contact_id JOIN organizations o ON o.id = d.organization_id',
    ),
  ).toEqual([{ c: '1', o: '7' }])
})

test('more rows than one step takes are bound and renamed in several', async () => {
  const people = Array.from({ length: 350 }, (_, at) => contact(String(at), { organizationId: '7' }))
  const deals = Array.from({ length: 250 }, (_, at) => deal(String(at), { organizationId: '7' }))
  await write([...people, ...deals])
  await write([organization('7', { name: 'Nordwind' })])
  expect(found('nordwind')).toHaveLength(350)
  expect(one('SELECT count(*) FROM deals WHERE organization_id IS NOT NULL')).toBe(250)
  await write([organization('7', { name: 'Südwind' })])
  expect([found('nordwind').length, found('sudwind').length]).toEqual([0, 350])
  await write([{ object: 'organizations', gone: true, id: '7', mergedInto: null }])
  expect([found('sudwind').length, one('SELECT count(*) FROM contacts'), one('SELECT count(*) FROM deals')]).toEqual([0, 350, 250])
})

test('an organization that is only a name is made once, and completed when the CRM sends it', async () => {
  await write([contact('1', { organization: 'Nordwind' }), contact('2', { organization: 'Nordwind' })])
  expect(all('SELECT name, external_id FROM organizations')).toEqual([{ name: 'Nordwind', external_id: null }])
  await write([contact('3', { organizationId: '8', organization: 'Südwind' })])
  await write([organization('8', { name: 'Südwind AG', note: 'since 1999' })])
  expect(all("SELECT name, note FROM organizations WHERE external_id = '8'")).toEqual([{ name: 'Südwind AG', note: 'since 1999' }])
  expect(found('ag sudwind')).toEqual(['Person 3'])
})

function addCall(contactId: number | null, dealId: number | null, id: string): void {
  store.db
    .prepare(
      `INSERT INTO calls (id, account_id, account_label, direction, number, contact_id, deal_id, contact_name, started_at, utc_offset, result)
       VALUES (?, 'a', 'A', 'incoming', '1', ?, ?, 'As shown', 1, 0, 'answered')`,
    )
    .run(id, contactId, dealId)
  store.db
    .prepare("INSERT INTO call_logs (call_id, state, contact_id, deal_id, updated_at) VALUES (?, 'saved', ?, ?, 1)")
    .run(id, contactId, dealId)
}

test('a contact that was deleted goes; its calls keep their names and its deals stay', async () => {
  const [id = 0] = await write([contact('1', { phones: [phone('+46701740605')] }), deal('9', { contactId: '1' })])
  addCall(id, null, 'call')
  await write([{ object: 'contacts', gone: true, id: '1', mergedInto: null }])
  expect((one('SELECT count(*) FROM contacts') as number) + (one('SELECT count(*) FROM phones') as number)).toBe(0)
  expect(all('SELECT contact_id, contact_name FROM calls')).toEqual([{ contact_id: null, contact_name: 'As shown' }])
  expect(one('SELECT count(*) FROM call_logs')).toBe(1)
  expect(all('SELECT title, contact_id FROM deals')).toEqual([{ title: 'Deal 9', contact_id: null }])
})

test.each([[true], [false]])('a merged contact’s calls, logs, choices and deals go to the winner (winner known: %s)', async (known) => {
  const [loser = 0] = await write([contact('1'), deal('9', { contactId: '1' }), ...(known ? [contact('2')] : [])])
  for (let at = 0; at < 250; at++) addCall(loser, null, `call ${at}`)
  store.db.prepare('INSERT INTO number_choices (number, contact_id, chosen_at) VALUES (?, ?, 1)').run('+46701740605', loser)
  await write([{ object: 'contacts', gone: true, id: '1', mergedInto: '2' }])
  const [winner] = await write([contact('2', { name: 'Both of them' })])
  expect(all('SELECT name, external_id FROM contacts')).toEqual([{ name: 'Both of them', external_id: '2' }])
  expect(all('SELECT DISTINCT contact_id AS c FROM calls')).toEqual([{ c: winner }])
  expect(all('SELECT DISTINCT contact_id AS c FROM call_logs')).toEqual([{ c: winner }])
  expect(one('SELECT contact_id FROM number_choices')).toBe(winner)
  expect(one('SELECT contact_id FROM deals')).toBe(winner)
  await write([deal('9', { contactId: '2' })])
  expect(one('SELECT contact_id FROM deals')).toBe(winner)
})

test('merged organizations and deals hand over what hangs on them', async () => {
  await write([
    organization('7', { name: 'Old' }),
    organization('8', { name: 'New' }),
    contact('1', { organizationId: '7' }),
    deal('9'),
    deal('10'),
  ])
  addCall(null, one("SELECT id FROM deals WHERE external_id = '9'") as number, 'call')
  await write([
    { object: 'organizations', gone: true, id: '7', mergedInto: '8' },
    { object: 'deals', gone: true, id: '9', mergedInto: '10' },
  ])
  expect([found('old'), found('new')]).toEqual([[], ['Person 1']])
  expect(all('SELECT external_id FROM deals WHERE id = (SELECT deal_id FROM calls) AND id = (SELECT deal_id FROM call_logs)')).toEqual([
    { external_id: '10' },
  ])
})

test('stages are named, also when their name comes or changes later', async () => {
  const stage = (name: string, status: 'won' | null = null) =>
    ({ object: 'stages', id: '3', name, pipeline: 'Sales', position: 1, status }) as const
  await write([deal('9', { stageId: '3' })])
  await write([stage('Proposal')])
  expect(all('SELECT stage, pipeline, status FROM deals')).toEqual([{ stage: 'Proposal', pipeline: 'Sales', status: 'open' }])
  await write([stage('Signed', 'won')])
  expect(all('SELECT stage, status FROM deals')).toEqual([{ stage: 'Signed', status: 'won' }])
  await write([deal('10', { stageId: '3' })])
  expect(all('SELECT DISTINCT stage, status FROM deals')).toEqual([{ stage: 'Signed', status: 'won' }])
})

test('what a pass has not met goes; what others have goes not', async () => {
  connect('hubspot-1')
  store.db.prepare("INSERT INTO contacts (name, sort_name, search, source, updated_at) VALUES ('Mine', 'mine', 'mine', 'local', 1)").run()
  await write([contact('1')], { connectionId: 'hubspot-1' })
  const people = Array.from({ length: 1_200 }, (_, at) => contact(`p${at}`, { organization: `Name ${at}` }))
  await write(people)
  store.db.prepare('UPDATE connections SET pass = 3 WHERE id = ?').run(source)
  await write([people[0] as CrmContact, { object: 'contacts', seen: true, id: 'p1' }])
  const { removed } = await store.jobs.run<FinishDone>('write', 'crm.finish', { connectionId: source, object: 'contacts', pass: 3 })
  expect(removed).toBe(1_198)
  expect(all('SELECT name FROM contacts ORDER BY name').map(({ name }) => name)).toEqual(['Mine', 'Person 1', 'Person p0', 'Person p1'])
  expect(one('SELECT count(*) FROM organizations')).toBe(2)
})

test('a pass that met next to nothing removes nothing, until the next one says the same', async () => {
  await write(Array.from({ length: 300 }, (_, at) => contact(String(at))))
  const finish = (pass: number) => store.jobs.run<FinishDone>('write', 'crm.finish', { connectionId: source, object: 'contacts', pass })
  store.db.prepare('UPDATE connections SET pass = 2').run()
  expect(await finish(2)).toEqual({ removed: 0, doubted: 300 })
  await write(Array.from({ length: 100 }, (_, at) => ({ object: 'contacts', seen: true, id: String(at) }) as const))
  expect(await finish(2)).toEqual({ removed: 0, doubted: 200 })
  store.db.prepare('UPDATE connections SET pass = 3').run()
  await write(Array.from({ length: 90 }, (_, at) => ({ object: 'contacts', seen: true, id: String(at) }) as const))
  expect(await finish(3)).toEqual({ removed: 200, doubted: 10 })
  expect(one('SELECT count(*) FROM contacts')).toBe(100)
})

test('what the rep has changed of a contact outlives its deletion in the CRM, as the rep’s own', async () => {
  const [deleted = 0, unmet = 0] = await write([contact('1', { phones: [phone('0701740605')] }), contact('2')])
  const form = { name: 'Person 1', organization: null, jobTitle: '', phones: [], emails: [], note: '', country: null }
  const edited = JSON.stringify(changesOf(form, { note: 'Calls back on Monday' }))
  store.db.prepare('UPDATE contacts SET edited = ?, note = ?').run(edited, 'Calls back on Monday')
  await write([{ object: 'contacts', gone: true, id: '1', mergedInto: null }])
  store.db.prepare('UPDATE connections SET pass = 2').run()
  await store.jobs.run('write', 'crm.finish', { connectionId: source, object: 'contacts', pass: 2 })
  expect(all('SELECT id, source, external_id, edited, note FROM contacts ORDER BY id')).toEqual(
    [deleted, unmet].map((id) => ({ id, source: 'local', external_id: null, edited: null, note: 'Calls back on Monday' })),
  )
  expect(foundByDigits('0701740605')).toBe(1)
})

test('what the rep has changed stays, and what the CRM changes beside it is taken over', async () => {
  const [id = 0] = await write([contact('1', { name: 'Anna', jobTitle: 'Buyer' })])
  const crm = { name: 'Anna', organization: null, jobTitle: 'Buyer', phones: [], emails: [], note: '', country: null }
  const edited = JSON.stringify(changesOf(crm, { jobTitle: 'Head of buying' }))
  store.db.prepare("UPDATE contacts SET edited = ?, job_title = 'Head of buying' WHERE id = ?").run(edited, id)
  await write([contact('1', { name: 'Anna Berg', jobTitle: 'Buyer', phones: [phone('070-174 06 05')] })])
  expect(all('SELECT name, job_title FROM contacts')).toEqual([{ name: 'Anna Berg', job_title: 'Head of buying' }])
  expect(one('SELECT e164 FROM phones')).toBe('+46701740605')
  expect(JSON.parse(one('SELECT edited FROM contacts') as string)).toMatchObject({
    crm: { name: 'Anna Berg', jobTitle: 'Buyer' },
    rep: { jobTitle: 'Head of buying' },
  })
  await write([contact('1', { name: 'Anna Berg', jobTitle: 'Head of buying' })])
  expect(one('SELECT edited FROM contacts')).toBeNull()
})

test('a local contact that the CRM has taken becomes its record, also when a sync was quicker', async () => {
  const local = Number(
    store.db.prepare("INSERT INTO contacts (name, sort_name, search, source, updated_at) VALUES ('New', 'new', 'new', 'local', 1)").run()
      .lastInsertRowid,
  )
  addCall(local, null, 'before')
  const [synced = 0] = await write([contact('55', { name: 'New' })])
  addCall(synced, null, 'between')
  const ids = await write([contact('55', { name: 'New', phones: [phone('+46701740605')] })], {
    taken: { contactId: local, externalId: '55', edited: null },
  })
  expect(ids).toEqual([local])
  expect(all('SELECT id, source, external_id FROM contacts')).toEqual([{ id: local, source, external_id: '55' }])
  expect(all('SELECT DISTINCT contact_id AS c FROM calls')).toEqual([{ c: local }])
})

test('forgetting removes all of a connection and nothing else, also after a kill', async () => {
  connect('hubspot-1')
  const records = () => [
    organization('7'),
    contact('1', { organizationId: '7', phones: [phone('+46701740605')] }),
    deal('9', { contactId: '1' }),
  ]
  await write(records())
  await write(records(), { connectionId: 'hubspot-1' })
  addCall(one('SELECT id FROM contacts WHERE source = ?', source) as number, null, 'call')
  store.db.prepare("DELETE FROM connections WHERE id = 'hubspot-1'").run()
  await store.jobs.run('write', 'crm.forget', { connectionId: null })
  expect(all('SELECT source FROM contacts')).toEqual([{ source }])
  await store.jobs.run('write', 'crm.forget', { connectionId: source })
  for (const table of ['connections', 'contacts', 'organizations', 'deals', 'phones']) expect(one(`SELECT count(*) FROM ${table}`)).toBe(0)
  expect(one('SELECT contact_name FROM calls')).toBe('As shown')
  await expect(write(records())).rejects.toMatchObject({ trouble: { code: 'crm.gone' } })
})

test('hostile fields are cleaned, cut or left out', async () => {
  const long = 'x'.repeat(1_000_000)
  await write([
    contact('1', {
      name: `=cmd\u0000\u202e<img src=x>${long}`,
      note: `a\ud800b\n${long}`,
      jobTitle: '\u200b',
      labels: [long],
      phones: [phone(long), phone('+46701740605\u202e')],
    }),
    contact('', { name: 'No id' }),
    contact(long, { name: 'Long id' }),
    contact('2', { organizationId: `${long}`, ownerId: '\u0000', updatedAt: Number.NaN, country: '<b>' }),
    deal('9', { title: '', amount: Number.POSITIVE_INFINITY, currency: 'EURO', closeOn: 'tomorrow' }),
  ])
  const rows = all('SELECT name, note, job_title, organization_external_id, owner_id, country, updated_at FROM contacts ORDER BY id')
  expect(rows).toHaveLength(2)
  const { name, note } = rows[0] as { name: string; note: string }
  expect(name.startsWith('=cmd <img src=x>xxx')).toBe(true)
  expect([name.length <= 200, note.length <= 10_000, note.isWellFormed()]).toEqual([true, true, true])
  expect(rows[1]).toEqual({
    name: 'Person 2',
    note: '',
    job_title: null,
    organization_external_id: null,
    owner_id: null,
    country: null,
    updated_at: 5_000,
  })
  expect(all('SELECT e164 FROM phones')).toEqual([{ e164: '+46701740605' }])
  expect(all('SELECT title, amount, currency, close_on FROM deals')).toEqual([{ title: '9', amount: null, currency: null, close_on: null }])
})

test('a write that is cancelled in the middle keeps whole batches and none of a search table’s pause', async () => {
  const people = Array.from({ length: 6_000 }, (_, at) =>
    contact(`p${at}`, { name: `Person ${at}`, phones: [phone(`+4670${1_000_000 + at}`)] }),
  )
  const cancel = new AbortController()
  const input: RecordsInput = { connectionId: source, region: 'SE', now: 1, records: people }
  const job = store.jobs.run('write', 'crm.records', input, { signal: cancel.signal })
  const stopped = expect(job).rejects.toMatchObject({ trouble: { code: 'store.jobCancelled' } })
  const written = () => one('SELECT count(*) FROM contacts') as number
  while (written() === 0) await new Promise((done) => setTimeout(done, 1))
  cancel.abort()
  await stopped
  expect(written()).toBeLessThan(6_000)
  expect(one('SELECT count(*) FROM search_pause')).toBe(0)
  expect(searchFaults()).toEqual([])
  // What main writes itself goes through the triggers again.
  store.db.prepare("INSERT INTO contacts (name, sort_name, search, source, updated_at) VALUES ('Zoë', 'zoe', 'zoe', 'local', 1)").run()
  expect(found('zoe')).toEqual(['Zoë'])
  await write(people)
  expect(written()).toBe(6_001)
})

test('main writes and finds while a large write runs', async () => {
  const people = Array.from({ length: 8_000 }, (_, at) =>
    contact(`p${at}`, { name: `Person ${at}`, phones: [phone(`+4670${1_000_000 + at}`)] }),
  )
  const job = write(people)
  const waits: number[] = []
  let running = true
  void job.finally(() => {
    running = false
  })
  while (running) {
    const began = performance.now()
    expect(store.write(() => void store.db.prepare("INSERT OR REPLACE INTO settings (key, value) VALUES ('x', '1')").run())).toBe(true)
    waits.push(performance.now() - began)
    await new Promise((done) => setTimeout(done, 5))
  }
  await job
  waits.sort((a, b) => a - b)
  console.info(
    `main's writes: ${waits.length}, median ${waits[waits.length >> 1]?.toFixed(1)} ms, p99 ${waits[Math.ceil(waits.length * 0.99) - 1]?.toFixed(1)} ms`,
  )
  expect(waits.length).toBeGreaterThan(3)
  expect(one('SELECT count(*) FROM contacts')).toBe(8_000)
})

describe('a page', () => {
  const run = { mode: 'full' as const, watermark: null, now: Date.UTC(2026, 10, 20) }
  const bytes = (rows: unknown[], next: string | null) =>
    new TextEncoder().encode(JSON.stringify({ success: true, data: rows, additional_data: { next_cursor: next } }))
  const person = (id: number, updated: string) => ({ id, name: `Person ${id}`, update_time: updated, is_deleted: false })
  const send = async (
    rows: unknown[],
    next: string | null,
    mode: PageInput['mode'] = 'full',
    cursor?: string,
  ): Promise<PageDone & { read: unknown }> => {
    const crm = crmOf('pipedrive')
    if (!crm) throw new Error('no Pipedrive')
    const first = cursor ?? crm.begin('contacts', { ...run, mode, watermark: '2026-01-01T00:00:00Z' }, {}) ?? ''
    const input: PageInput = {
      connectionId: source,
      kind: 'pipedrive',
      object: 'contacts',
      mode,
      pass: 1,
      cursor: first,
      parts: [bytes(rows, next)],
      config: {},
      region: 'SE',
      now: run.now,
    }
    let read: unknown
    const done = await store.jobs.run<PageDone>('write', 'crm.page', input, {
      onProgress: (progress) => {
        read ??= progress
      },
    })
    return { ...done, read }
  }

  test('is written with the place where the run is, which is said before', async () => {
    const many = Array.from({ length: 40 }, (_, at) => person(at + 1, '2026-05-02T00:00:00Z'))
    const first = await send(many, 'more')
    expect(first).toMatchObject({ count: 40, read: { next: first.next, total: first.total } })
    expect(first.next).not.toBeNull()
    expect(one('SELECT cursor FROM sync_cursors')).toBe(first.next)
    expect(all('SELECT done, finished, watermark FROM sync_cursors')).toEqual([{ done: 40, finished: 0, watermark: null }])
    // Again, as after a kill, with one that is new among those that are not.
    await send([...many.slice(0, 15), person(99, '2026-05-01T00:00:00Z'), ...many.slice(15)], 'more')
    expect(one('SELECT count(*) FROM contacts')).toBe(41)
  })

  test('with a change of the far future does not hide the changes until then', async () => {
    await send([person(1, '2026-11-19T00:00:00Z'), person(2, '9999-12-31T00:00:00Z')], null, 'changes')
    expect(one('SELECT watermark FROM sync_cursors')).toBe('2026-11-19T00:00:00.000Z')
    await send([person(1, '2026-11-19T23:00:00Z')], null, 'changes')
    expect(one('SELECT watermark FROM sync_cursors')).toBe('2026-11-19T23:00:00.000Z')
  })

  test('that was read ahead is not read again', async () => {
    const crm = crmOf('pipedrive')
    const cursor = crm?.begin('contacts', run, {}) ?? ''
    const common = {
      connectionId: source,
      kind: 'pipedrive',
      object: 'contacts',
      mode: 'full',
      pass: 1,
      cursor,
      config: {},
      region: 'SE',
      now: 1,
    }
    const ahead = { ...common, ticket: 'one', parts: [bytes([person(1, '2026-05-02T00:00:00Z')], null)] }
    await store.jobs.run('write', 'crm.prepare', ahead)
    // Other bytes, so that it shows which were read.
    const other = { ...common, parts: [bytes([person(2, '2026-05-02T00:00:00Z')], null)] }
    await store.jobs.run('write', 'crm.page', { ...other, ticket: 'one' })
    expect(all('SELECT external_id FROM contacts')).toEqual([{ external_id: '1' }])
    await store.jobs.run('write', 'crm.page', { ...other, ticket: 'one' })
    expect(all('SELECT external_id FROM contacts ORDER BY id')).toEqual([{ external_id: '1' }, { external_id: '2' }])
    // What is no page is said when it is to be written.
    const broken = { ...common, ticket: 'two', parts: [new TextEncoder().encode('<html>')] }
    await store.jobs.run('write', 'crm.prepare', broken)
    await expect(store.jobs.run('write', 'crm.page', broken)).rejects.toMatchObject({ trouble: { code: 'crm.badReply' } })
  })

  test('that is no page is an error, and nothing is written', async () => {
    const crm = crmOf('pipedrive')
    const cursor = crm?.begin('contacts', run, {}) ?? ''
    const input = {
      connectionId: source,
      kind: 'pipedrive',
      object: 'contacts',
      mode: 'full',
      pass: 1,
      cursor,
      config: {},
      region: 'SE',
      now: 1,
    }
    const parts = [new TextEncoder().encode('<html>Sign in</html>')]
    await expect(store.jobs.run('write', 'crm.page', { ...input, parts })).rejects.toMatchObject({ trouble: { code: 'crm.badReply' } })
    expect(one('SELECT count(*) FROM sync_cursors')).toBe(0)
  })
})
