/**
 * What a connector read, made ready to be written: every field cleaned and cut, numbers normalised, texts folded. Pure, so
 * that it can be done outside the write transaction. Records that cannot be told apart (no sensible id) are left out.
 */
import { type CleanPhone, cleanEmails, cleanLabels, cleanPhones, most } from '../contacts/port'
import { cleanLine, cleanText, indexText, sortName } from '../text'
import type { CrmContact, CrmDeal, CrmGone, CrmOrganization, CrmRecord, CrmSeen, CrmStage, CrmUserRow } from './crm'

interface ReadyRow {
  id: string
  ownerId: string | null
  /** JSON. */
  labels: string
  updatedAt: number
}
export interface ReadyContact extends ReadyRow {
  object: 'contacts'
  name: string
  sortName: string
  /** Pieces of the search text: what the organization adds is known when it is written. */
  nameWords: string
  emailWords: string
  organizationId: string | null
  organization: string
  jobTitle: string | null
  /** As the CRM says; null: it does not. */
  ownCountry: string | null
  country: string | null
  note: string
  emails: string[]
  phones: CleanPhone[]
}
export interface ReadyOrganization extends ReadyRow {
  object: 'organizations'
  name: string
  sortName: string
  words: string
  note: string
  country: string | null
  phones: CleanPhone[]
}
export interface ReadyDeal extends ReadyRow {
  object: 'deals' | 'leads'
  title: string
  sortName: string
  words: string
  amount: number | null
  currency: string | null
  stageId: string | null
  stage: string | null
  pipeline: string | null
  status: CrmDeal['status']
  contactId: string | null
  organizationId: string | null
  closeOn: string | null
}
export type Ready = ReadyContact | ReadyOrganization | ReadyDeal | CrmUserRow | CrmStage | CrmGone | CrmSeen

/** `region`: the country of numbers that have no prefix; `now`: wall ms, for records that do not say when they changed. */
export function cleanRecord(record: CrmRecord, region: string, now: number): Ready | null {
  const id = cleanId(record.id)
  if (id === null) return null
  if ('gone' in record) return { ...record, id, mergedInto: cleanId(record.mergedInto) }
  if ('seen' in record) return { ...record, id }
  switch (record.object) {
    case 'contacts':
      return cleanContact(record, id, region, now)
    case 'organizations':
      return cleanOrganization(record, id, region, now)
    case 'deals':
    case 'leads':
      return cleanDeal(record, id, now)
    case 'users': {
      const email = record.email === null ? '' : cleanLine(record.email, most.email)
      return {
        object: 'users',
        id,
        name: cleanLine(record.name, most.name) || email || id,
        email: email || null,
        isActive: record.isActive,
      }
    }
    case 'stages':
      return {
        object: 'stages',
        id,
        name: cleanLine(record.name, most.line) || id,
        pipeline: lineOrNull(record.pipeline),
        position: Number.isSafeInteger(record.position) ? record.position : 0,
        status: record.status,
      }
  }
}

function cleanContact(record: CrmContact, id: string, region: string, now: number): ReadyContact {
  const ownCountry = cleanCountry(record.country)
  const { phones, country } = cleanPhones(record.phones, ownCountry, region)
  const emails = cleanEmails(record.emails)
  const organization = record.organization === null ? '' : cleanLine(record.organization, most.line)
  const name = cleanLine(record.name, most.name) || organization || emails[0] || phones[0]?.raw || id
  return {
    object: 'contacts',
    ...rowOf(record, id, now),
    name,
    sortName: sortName(name),
    nameWords: indexText(name),
    emailWords: indexText(emails.join(' ')),
    organizationId: cleanId(record.organizationId),
    organization,
    jobTitle: lineOrNull(record.jobTitle),
    ownCountry,
    country: ownCountry ?? country,
    note: record.note === '' ? '' : cleanText(record.note, most.note),
    emails,
    phones,
  }
}

function cleanOrganization(record: CrmOrganization, id: string, region: string, now: number): ReadyOrganization {
  const ownCountry = cleanCountry(record.country)
  const { phones, country } = cleanPhones(record.phones, ownCountry, region)
  const name = cleanLine(record.name, most.name) || phones[0]?.raw || id
  return {
    object: 'organizations',
    ...rowOf(record, id, now),
    name,
    sortName: sortName(name),
    words: indexText(name),
    note: record.note === '' ? '' : cleanText(record.note, most.note),
    country: ownCountry ?? country,
    phones,
  }
}

function cleanDeal(record: CrmDeal, id: string, now: number): ReadyDeal {
  const title = cleanLine(record.title, most.line) || id
  return {
    object: record.object,
    ...rowOf(record, id, now),
    title,
    sortName: sortName(title),
    words: indexText(title),
    amount: record.amount !== null && Number.isFinite(record.amount) ? record.amount : null,
    currency: record.currency !== null && /^[a-z]{3}$/i.test(record.currency) ? record.currency.toUpperCase() : null,
    stageId: cleanId(record.stageId),
    stage: lineOrNull(record.stage),
    pipeline: lineOrNull(record.pipeline),
    status: record.status,
    contactId: cleanId(record.contactId),
    organizationId: cleanId(record.organizationId),
    closeOn: record.closeOn !== null && /^\d{4}-\d\d-\d\d$/.test(record.closeOn) ? record.closeOn : null,
  }
}

function rowOf(record: CrmContact | CrmOrganization | CrmDeal, id: string, now: number): ReadyRow {
  const labels = record.labels.length === 0 ? '[]' : JSON.stringify(cleanLabels(record.labels))
  const updatedAt = record.updatedAt >= 0 && record.updatedAt < 8.64e15 ? Math.floor(record.updatedAt) : now
  return { id, ownerId: cleanId(record.ownerId), labels, updatedAt }
}

/** Names of records are kept as they are or not at all: a changed one would be another record's. */
function cleanId(id: string | null): string | null {
  return id !== null && /^[\x21-\x7e]{1,200}$/.test(id) ? id : null
}

function lineOrNull(text: string | null): string | null {
  return text === null ? null : cleanLine(text, most.line) || null
}

function cleanCountry(country: string | null): string | null {
  return country !== null && /^[a-z]{2}$/i.test(country) ? country.toUpperCase() : null
}
