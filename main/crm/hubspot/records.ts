/** HubSpot's rows as the cache knows them. Pure, and never throws: what makes no sense is left out. */

import { countryOf } from '../country'
import type { CrmContact, CrmDeal, CrmOrganization, CrmPhone, CrmRecord, CrmUserRow } from '../crm'
import type { HubspotConfig, PhoneField, Stage } from './config'
import { cachedId, type HubspotType, labelProperties, modifiedProperty, primaryTypeIds, primaryTypeNames } from './service'
import { badReply, compareIds, idOf, isRow, objectOf, type Row, rowsOf, textOf, timeOf } from './shape'

/** The record that a row is associated with; null: with none. */
export type LinkOf = (row: Row, id: string, to: HubspotType) => string | null

/** The record itself, and those that were merged into it; nothing for a row without an id. */
export function recordsOf(type: HubspotType, row: Row, config: HubspotConfig, linkOf: LinkOf): CrmRecord[] {
  const id = idOf(row.id)
  if (id === null) return []
  const object = type === 'companies' ? 'organizations' : type
  const cached = cachedId(type, id)
  if (row.archived === true) return [{ object, gone: true, id: cached, mergedInto: null }]
  const properties = isRow(row.properties) ? row.properties : {}
  const merged = textOf(properties.hs_merged_object_ids)
    .split(';')
    .map((part) => idOf(part.trim()))
    .filter((loser) => loser !== null && loser !== id) as string[]
  const link = (to: HubspotType) => linkOf(row, id, to)
  return [
    recordOf(type, cached, row, properties, config, link),
    ...merged.slice(0, mostMerged).map((loser) => ({ object, gone: true, id: cachedId(type, loser), mergedInto: cached }) as const),
  ]
}

const mostMerged = 1_000

function recordOf(
  type: HubspotType,
  id: string,
  row: Row,
  of: Row,
  config: HubspotConfig,
  link: (to: HubspotType) => string | null,
): CrmRecord {
  const common = {
    id,
    ownerId: idOf(of.hubspot_owner_id),
    labels: labelsOf(of, config.labels[type] ?? {}),
    updatedAt: changedAt(type, row),
  }
  switch (type) {
    case 'contacts':
      return contactOf(common, of, config, link)
    case 'companies':
      return organizationOf(common, of, config)
    case 'deals':
      return dealOf(common, of, config, link)
    case 'leads':
      return leadOf(common, of, config, link)
  }
}

type Common = Pick<CrmContact, 'id' | 'ownerId' | 'labels' | 'updatedAt'>

/** Wall ms; 0 when it is not said. */
export function changedAt(type: HubspotType, row: Row): number {
  const properties = isRow(row.properties) ? row.properties : {}
  return timeOf(properties[modifiedProperty[type]]) || timeOf(row.updatedAt)
}

export function contactName(of: Row): string {
  return [textOf(of.firstname), textOf(of.lastname)].filter((part) => part !== '').join(' ')
}

export function emailsOf(of: Row): string[] {
  const further = textOf(of.hs_additional_emails)
  const emails = [textOf(of.email), ...(further === '' ? [] : further.split(';'))].map((email) => email.trim())
  return [...new Set(emails.filter((email) => email !== ''))]
}

function contactOf(common: Common, of: Row, config: HubspotConfig, link: (to: HubspotType) => string | null): CrmContact {
  const organizationId = config.contactProperties.includes('associatedcompanyid') ? idOf(of.associatedcompanyid) : link('companies')
  const phones: CrmPhone[] = []
  addPhone(phones, of.phone, 'work')
  addPhone(phones, of.mobilephone, 'mobile')
  addFields(phones, of, config.contactPhones)
  return {
    object: 'contacts',
    ...common,
    name: contactName(of),
    organizationId,
    organization: organizationId === null ? textOf(of.company) || null : null,
    jobTitle: textOf(of.jobtitle) || null,
    phones,
    emails: emailsOf(of),
    note: textOf(of.message),
    country: countryOf(textOf(of.hs_country_region_code)) ?? countryOf(textOf(of.country)),
  }
}

function organizationOf(common: Common, of: Row, config: HubspotConfig): CrmOrganization {
  const phones: CrmPhone[] = []
  addPhone(phones, of.phone, 'main')
  addFields(phones, of, config.companyPhones)
  return {
    object: 'organizations',
    ...common,
    name: textOf(of.name) || textOf(of.domain),
    phones,
    note: textOf(of.description),
    country: countryOf(textOf(of.country)),
  }
}

function dealOf(common: Common, of: Row, config: HubspotConfig, link: (to: HubspotType) => string | null): CrmDeal {
  const stage = stageIn(config.dealStages, of.dealstage)
  const amount = amountOf(of.amount)
  return {
    object: 'deals',
    ...common,
    title: textOf(of.dealname),
    amount,
    currency: textOf(of.deal_currency_code) || config.currency,
    stageId: textOf(of.dealstage) || null,
    stage: null,
    pipeline: stage?.pipeline ?? null,
    status: stage?.status ?? 'open',
    contactId: link('contacts'),
    organizationId: link('companies'),
    closeOn: dayOf(of.closedate, config.timeZone),
  }
}

function stageIn(stages: Readonly<Record<string, Stage>>, id: unknown): Stage | undefined {
  const name = textOf(id)
  return Object.hasOwn(stages, name) ? stages[name] : undefined
}

function leadOf(common: Common, of: Row, config: HubspotConfig, link: (to: HubspotType) => string | null): CrmDeal {
  const stage = stageIn(config.leadStages, of.hs_pipeline_stage)
  return {
    object: 'leads',
    ...common,
    title: textOf(of.hs_lead_name),
    amount: null,
    currency: null,
    stageId: null,
    stage: stage?.name ?? null,
    pipeline: stage?.pipeline ?? null,
    status: stage?.status ?? 'open',
    contactId: link('contacts'),
    organizationId: link('companies'),
    closeOn: null,
  }
}

export function userOf(row: Row): CrmUserRow | null {
  const id = idOf(row.id)
  if (id === null || row.type === 'QUEUE') return null
  const email = textOf(row.email) || null
  const name = [textOf(row.firstName), textOf(row.lastName)].filter((part) => part !== '').join(' ')
  return { object: 'users', id, name: name || email || id, email, isActive: row.archived !== true }
}

function addPhone(phones: CrmPhone[], value: unknown, type: CrmPhone['type']): void {
  const raw = textOf(value)
  if (raw !== '') phones.push({ raw, type, label: null })
}

function addFields(phones: CrmPhone[], of: Row, fields: readonly PhoneField[]): void {
  for (const { name, label, type } of fields) {
    const raw = textOf(of[name])
    if (raw !== '') phones.push({ raw, type, label })
  }
}

/** A choice without a text of its own is told apart by its value. */
function labelsOf(of: Row, texts: Readonly<Record<string, string>>): string[] {
  return labelProperties.flatMap((name) => {
    const value = textOf(of[name])
    return value === '' ? [] : [texts[`${name}=${value}`] || value]
  })
}

function amountOf(value: unknown): number | null {
  const text = textOf(value)
  const amount = text === '' ? Number.NaN : Number(text)
  return Number.isFinite(amount) ? amount : null
}

const zones = new Map<string, Intl.DateTimeFormat>()

/** The day of a moment in the account's zone. */
function dayOf(value: unknown, timeZone: string): string | null {
  const ms = timeOf(value)
  if (ms === 0 || ms > 8.64e15) return null
  let zone = zones.get(timeZone)
  if (!zone) {
    zone = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    zones.set(timeZone, zone)
  }
  const day = zone.format(ms)
  return /^\d{4}-\d\d-\d\d$/.test(day) ? day : null
}

/** Of a row in a list: the primary one, else that with the lowest id, as lists and batches have no order in common. */
export const listedLink: LinkOf = (row, _id, to) => {
  const found = isRow(row.associations) ? row.associations[to] : null
  const ids = rowsOf(isRow(found) ? found.results : null).map(({ id, type }) => ({
    id: idOf(id),
    isPrimary: primaryTypeNames.has(textOf(type)),
  }))
  return chosen(ids)
}

/** The ids that a row in a list is associated with, each once. */
export function listedIds(row: Row, to: HubspotType): string[] {
  const found = isRow(row.associations) ? row.associations[to] : null
  return [...new Set(rowsOf(isRow(found) ? found.results : null).flatMap(({ id }) => idOf(id) ?? []))]
}

/** Of the records that batches of associations were asked for. Throws `crm.badReply` for what is no such batch. */
export function batchLinks(links: readonly HubspotType[], batches: readonly Uint8Array[]): LinkOf {
  const known = new Map(links.map((to, index) => [to, batchOf(batches[index])]))
  return (_row, id, to) => known.get(to)?.get(id) ?? null
}

function batchOf(bytes: Uint8Array | undefined): Map<string, string> {
  const links = new Map<string, string>()
  if (bytes === undefined) return links
  const reply = objectOf(bytes)
  if (!Array.isArray(reply.results)) throw badReply('no associations')
  for (const { from, to } of rowsOf(reply.results)) {
    const id = isRow(from) ? idOf(from.id) : null
    const ids = rowsOf(to).map(({ toObjectId, associationTypes }) => ({
      id: idOf(toObjectId),
      isPrimary: rowsOf(associationTypes).some(
        ({ category, typeId }) => category === 'HUBSPOT_DEFINED' && primaryTypeIds.has(Number(typeId)),
      ),
    }))
    const found = chosen(ids)
    if (id !== null && found !== null) links.set(id, found)
  }
  return links
}

function chosen(found: readonly { id: string | null; isPrimary: boolean }[]): string | null {
  let best: { id: string; isPrimary: boolean } | null = null
  for (const { id, isPrimary } of found) {
    if (id === null) continue
    const better = best === null || (isPrimary === best.isPrimary ? compareIds(id, best.id) < 0 : isPrimary)
    if (better) best = { id, isPrimary }
  }
  return best?.id ?? null
}
