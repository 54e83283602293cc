/** Pipedrive's rows as records. Runs in the writer's thread for every row of a sync: hand-written, and it throws nothing. */

import { countryOf } from '../country'
import type { CrmContact, CrmDeal, CrmGone, CrmOrganization, CrmPhone, CrmRecord, CrmStage, CrmUserRow } from '../crm'
import type { PipedriveConfig } from './config'
import { dayOf, idOf, isRow, listOf, type Row, textOf, timeOf } from './shape'

/** More of a row's values than anybody has are a stranger's joke. */
const mostValues = 100

type Read = (row: Row, config: PipedriveConfig) => CrmRecord | null

export const readContact: Read = (row, config) => {
  const id = idOf(row.id)
  if (id === null) return null
  if (row.is_deleted === true) return gone('contacts', id)
  const contact: CrmContact = {
    object: 'contacts',
    id,
    ownerId: idOf(row.owner_id),
    labels: labelsOf(row.label_ids, config.labels.person),
    updatedAt: timeOf(row.update_time),
    name: textOf(row.name) || `${textOf(row.first_name)} ${textOf(row.last_name)}`.trim(),
    organizationId: idOf(row.org_id),
    organization: null,
    jobTitle: textOf(row.job_title) || null,
    phones: phonesOf(row.phones),
    emails: valuesOf(row.emails),
    note: textOf(row.notes),
    country: countryIn(row.postal_address),
  }
  addCustom(contact.phones, row.custom_fields, config.personPhones)
  return contact
}

export const readOrganization: Read = (row, config) => {
  const id = idOf(row.id)
  if (id === null) return null
  if (row.is_deleted === true) return gone('organizations', id)
  const organization: CrmOrganization = {
    object: 'organizations',
    id,
    ownerId: idOf(row.owner_id),
    labels: labelsOf(row.label_ids, config.labels.organization),
    updatedAt: timeOf(row.update_time),
    name: textOf(row.name),
    phones: phonesOf(row.phones),
    note: '',
    country: countryIn(row.address),
  }
  addCustom(organization.phones, row.custom_fields, config.organizationPhones)
  return organization
}

/** Archived deals end: nobody works on them, and the list of deals has them no more. */
export const readDeal: Read = (row, config) => {
  const id = idOf(row.id)
  if (id === null) return null
  const { status } = row
  if (row.is_deleted === true || row.is_archived === true || status === 'deleted') return gone('deals', id)
  if (status !== 'open' && status !== 'won' && status !== 'lost') return null
  const deal: CrmDeal = {
    object: 'deals',
    id,
    ownerId: idOf(row.owner_id),
    labels: labelsOf(row.label_ids, config.labels.deal),
    updatedAt: timeOf(row.update_time),
    title: textOf(row.title),
    amount: amountOf(row.value),
    currency: currencyOf(row.currency),
    stageId: idOf(row.stage_id),
    stage: null,
    pipeline: null,
    status,
    contactId: idOf(row.person_id),
    organizationId: idOf(row.org_id),
    closeOn: status === 'open' ? dayOf(row.expected_close_date) : (dayOf(row.won_time) ?? dayOf(row.lost_time) ?? dayOf(row.close_time)),
  }
  return deal
}

/** A lead is archived when it has become a deal, or nothing. */
export const readLead: Read = (row, config) => {
  const id = idOf(row.id)
  if (id === null) return null
  if (row.is_archived === true || row.is_deleted === true) return gone('leads', id)
  const value = isRow(row.value) ? row.value : {}
  const lead: CrmDeal = {
    object: 'leads',
    id,
    ownerId: idOf(row.owner_id),
    labels: labelsOf(row.label_ids, config.labels.lead),
    updatedAt: timeOf(row.update_time),
    title: textOf(row.title),
    amount: amountOf(value.amount),
    currency: currencyOf(value.currency),
    stageId: null,
    stage: null,
    pipeline: null,
    status: 'open',
    contactId: idOf(row.person_id),
    organizationId: idOf(row.organization_id),
    closeOn: dayOf(row.expected_close_date),
  }
  return lead
}

export function readUser(row: Row): CrmUserRow | null {
  const id = idOf(row.id)
  if (id === null) return null
  const isActive = row.active_flag !== false && row.is_deleted !== true
  return { object: 'users', id, name: textOf(row.name), email: textOf(row.email) || null, isActive }
}

/** `pipelines`: their names by id. */
export function readStage(row: Row, pipelines: ReadonlyMap<string, string>): CrmStage | null {
  const id = idOf(row.id)
  if (id === null || row.is_deleted === true) return null
  const position = typeof row.order_nr === 'number' && Number.isFinite(row.order_nr) ? Math.trunc(row.order_nr) : 0
  return {
    object: 'stages',
    id,
    name: textOf(row.name),
    pipeline: pipelines.get(idOf(row.pipeline_id) ?? '') ?? null,
    position,
    status: null,
  }
}

export function gone(object: CrmGone['object'], id: string): CrmGone {
  // Which record took over is said in webhooks alone, which a program on a desk does not get.
  return { object, gone: true, id, mergedInto: null }
}

/** The value of a custom phone field: text, or whatever v2 may wrap it in. */
export function customValue(value: unknown): string {
  if (isRow(value)) return textOf(value.value).trim()
  return textOf(Array.isArray(value) ? value[0] : value).trim()
}

function addCustom(phones: CrmPhone[], fields: unknown, known: PipedriveConfig['personPhones']): void {
  if (known.length === 0 || !isRow(fields)) return
  for (const { key, name } of known) {
    const raw = customValue(fields[key])
    if (raw !== '') phones.push({ raw, type: typeNamed(name), label: name })
  }
}

/** The CRM's own phone fields, the primary one first. */
function phonesOf(value: unknown): CrmPhone[] {
  const phones: CrmPhone[] = []
  const given = listOf(value)
  for (let index = 0; index < given.length && phones.length < mostValues; index++) {
    const entry = given[index]
    if (!isRow(entry)) continue
    const raw = textOf(entry.value).trim()
    if (raw === '') continue
    const label = textOf(entry.label)
    const type = types[label.toLowerCase()]
    const phone: CrmPhone = { raw, type: type ?? typeNamed(label), label: type === undefined && label !== '' ? label : null }
    if (entry.primary === true) phones.unshift(phone)
    else phones.push(phone)
  }
  return phones
}

const types: Readonly<Record<string, CrmPhone['type']>> = {
  __proto__: null as never,
  work: 'work',
  home: 'home',
  mobile: 'mobile',
  other: 'other',
  main: 'main',
  fax: 'fax',
}

/** The type of a number from what people call its field. */
function typeNamed(name: string): CrmPhone['type'] {
  if (/mobil|cell|handy/i.test(name)) return 'mobile'
  if (/fax/i.test(name)) return 'fax'
  if (/main|switchboard|reception|central/i.test(name)) return 'main'
  if (/home|privat/i.test(name)) return 'home'
  return /work|office|business|direct/i.test(name) ? 'work' : 'other'
}

function valuesOf(value: unknown): string[] {
  const values: string[] = []
  for (const entry of listOf(value)) {
    const text = isRow(entry) ? textOf(entry.value).trim() : ''
    if (text === '') continue
    if (isRow(entry) && entry.primary === true) values.unshift(text)
    else values.push(text)
    if (values.length >= mostValues) break
  }
  return values
}

function labelsOf(ids: unknown, names: Readonly<Record<string, string>>): string[] {
  if (!Array.isArray(ids) || ids.length === 0) return []
  return ids.slice(0, mostValues).flatMap((id) => {
    const name = idOf(id)
    return name !== null && Object.hasOwn(names, name) ? [names[name] ?? ''] : []
  })
}

function amountOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function currencyOf(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Z]{3}$/.test(value) ? value : null
}

function countryIn(address: unknown): string | null {
  return isRow(address) ? countryOf(textOf(address.country)) : null
}
