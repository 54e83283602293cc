/** What is kept with a connection to HubSpot: where its web pages are, which properties an account has, the names of stages and labels. */
import { z } from 'zod'
import { type Phone, phoneType } from '../../../preload/contract'
import type { CrmConfig, CrmSend } from '../crm'
import {
  defaultWebHost,
  type HubspotType,
  isWebHost,
  labelProperties,
  objectsPath,
  paths,
  propertiesPath,
  searchableNumbers,
  wanted,
} from './service'
import { idOf, isRow, listOf, objectOf, type Row, rowsOf, statusOf, textOf } from './shape'

const phoneField = z.object({ name: z.string(), label: z.string(), type: phoneType })
const status = z.enum(['open', 'won', 'lost'])
const stage = z.object({ name: z.string(), pipeline: z.string(), status, position: z.number() })
const labels = z.record(z.string(), z.record(z.string(), z.string()))
const schema = z.object({
  /** HubSpot's number of the company's account; null when it was not told. */
  portal: z.string().nullable().default(null),
  webHost: z.string().default(defaultWebHost),
  /** Of amounts that name none, ISO 4217. */
  currency: z.string().nullable().default(null),
  /** IANA zone of the account, in which a deal's day of closing counts. */
  timeZone: z.string().default('UTC'),
  /** What the token may see; contacts it must. */
  companies: z.boolean().default(true),
  deals: z.boolean().default(true),
  leads: z.boolean().default(false),
  /** Which of the wanted properties there are. */
  contactProperties: z.array(z.string()).default([...wanted.contacts]),
  companyProperties: z.array(z.string()).default([...wanted.companies]),
  /** Phone fields beside `phone` and `mobilephone`. */
  contactPhones: z.array(phoneField).default([]),
  companyPhones: z.array(phoneField).default([]),
  /** There are properties made for searching numbers. */
  searchableNumbers: z.boolean().default(true),
  /** Texts of choices, by kind of record, then `property=value`. */
  labels: labels.default({}),
  /** By id. */
  dealStages: z.record(z.string(), stage).default({}),
  leadStages: z.record(z.string(), stage).default({}),
})
export type HubspotConfig = z.infer<typeof schema>
export type PhoneField = z.infer<typeof phoneField>
export type Stage = z.infer<typeof stage>

const mostPhoneFields = 20
const mostOptions = 500

export function configOf(config: CrmConfig): HubspotConfig {
  const found = schema.safeParse(config)
  return found.success ? found.data : schema.parse({})
}

/** Everything that may have changed since the last time. What the token may not see is left out of later runs. */
export async function prepared(send: CrmSend, before: CrmConfig): Promise<HubspotConfig> {
  const [account, contacts, companies, leads, dealPipelines, leadPipelines] = await Promise.all([
    unlessRefused(async () => objectOf((await send({ path: paths.account })).body)),
    propertiesOf(send, 'contacts'),
    propertiesOf(send, 'companies'),
    propertiesOf(send, 'leads'),
    pipelines(send, paths.dealPipelines),
    pipelines(send, paths.leadPipelines),
  ])
  const kept = configOf(before)
  return {
    ...kept,
    ...(account ? accountOf(account, kept) : {}),
    companies: companies !== null || (await readable(send, 'companies')),
    deals: await readable(send, 'deals'),
    leads: leads !== null && (await readable(send, 'leads')),
    contactProperties: namesOf(contacts, 'contacts'),
    companyProperties: namesOf(companies, 'companies'),
    contactPhones: phoneFieldsOf(contacts ?? []),
    companyPhones: phoneFieldsOf(companies ?? []),
    searchableNumbers: contacts === null || contacts.some(({ name }) => name === searchableNumbers[0]),
    labels: { contacts: labelsOf(contacts ?? []), companies: labelsOf(companies ?? []), leads: labelsOf(leads ?? []) },
    dealStages: stagesOf(dealPipelines ?? []),
    leadStages: stagesOf(leadPipelines ?? []),
  }
}

/** The properties to ask for, phone fields included. */
export function propertiesToAsk(type: HubspotType, config: HubspotConfig): string[] {
  if (type === 'contacts') return [...config.contactProperties, ...config.contactPhones.map(({ name }) => name)]
  if (type === 'companies') return [...config.companyProperties, ...config.companyPhones.map(({ name }) => name)]
  return [...wanted[type]]
}

/** Null where the token, or the account's plan, does not reach. */
export async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    const answered = statusOf(error)
    if (answered === 403 || answered === 404) return null
    throw error
  }
}

async function readable(send: CrmSend, type: HubspotType): Promise<boolean> {
  return (await unlessRefused(() => send({ path: `${objectsPath}/${type}`, query: { limit: 1 } }))) !== null
}

function propertiesOf(send: CrmSend, type: HubspotType): Promise<Row[] | null> {
  return unlessRefused(async () => listOf((await send({ path: propertiesPath(type), query: { archived: false } })).body).rows)
}

function pipelines(send: CrmSend, path: string): Promise<Row[] | null> {
  return unlessRefused(async () => listOf((await send({ path })).body).rows)
}

function accountOf(account: Row, kept: HubspotConfig): Partial<HubspotConfig> {
  const host = textOf(account.uiDomain)
  const currency = textOf(account.companyCurrency)
  const timeZone = textOf(account.timeZone)
  return {
    portal: idOf(account.portalId) ?? kept.portal,
    webHost: isWebHost(host) ? host : kept.webHost,
    currency: /^[A-Z]{3}$/.test(currency) ? currency : kept.currency,
    timeZone: isTimeZone(timeZone) ? timeZone : kept.timeZone,
  }
}

function isTimeZone(name: string): boolean {
  try {
    return name !== '' && name.length < 60 && new Intl.DateTimeFormat('en', { timeZone: name }) !== null
  } catch {
    return false
  }
}

function namesOf(properties: readonly Row[] | null, type: 'contacts' | 'companies'): string[] {
  if (properties === null) return [...wanted[type]]
  const there = new Set(properties.map(({ name }) => name))
  return wanted[type].filter((name) => there.has(name))
}

function phoneFieldsOf(properties: readonly Row[]): PhoneField[] {
  const isPhone = ({ name, type, fieldType, calculated, archived }: Row) =>
    (type === 'phone_number' || fieldType === 'phonenumber') &&
    calculated !== true &&
    archived !== true &&
    typeof name === 'string' &&
    /^[a-z0-9_]{1,100}$/.test(name) &&
    !['phone', 'mobilephone'].includes(name) &&
    !searchableNumbers.includes(name)
  return properties
    .filter(isPhone)
    .slice(0, mostPhoneFields)
    .map((row) => {
      const name = textOf(row.name)
      return { name, label: textOf(row.label).slice(0, 100) || name, type: phoneTypeOf(name) }
    })
}

function phoneTypeOf(name: string): Phone['type'] {
  if (/fax/.test(name)) return 'fax'
  return /mobile|cell|whatsapp/.test(name) ? 'mobile' : 'other'
}

function labelsOf(properties: readonly Row[]): Record<string, string> {
  const found = properties.filter(({ name }) => typeof name === 'string' && labelProperties.includes(name))
  return Object.fromEntries(
    found.flatMap((property) =>
      rowsOf(property.options)
        .slice(0, mostOptions)
        .map((option) => [`${textOf(property.name)}=${textOf(option.value)}`, textOf(option.label).slice(0, 100)]),
    ),
  )
}

function stagesOf(pipelines: readonly Row[]): Record<string, Stage> {
  const found: [string, Stage][] = []
  for (const pipeline of pipelines) {
    for (const stage of rowsOf(pipeline.stages)) {
      const id = textOf(stage.id)
      if (id === '' || found.length >= mostOptions || pipeline.archived === true || stage.archived === true) continue
      const position = typeof stage.displayOrder === 'number' ? stage.displayOrder : 0
      found.push([id, { name: textOf(stage.label), pipeline: textOf(pipeline.label), status: stageStatus(stage.metadata), position }])
    }
  }
  return Object.fromEntries(found)
}

/** The names in a stage's metadata are unverified: what does not say that it is closed is open. */
function stageStatus(metadata: unknown): Stage['status'] {
  if (!isRow(metadata)) return 'open'
  const closed = String(metadata.isClosed) === 'true' || /^(QUALIFIED|UNQUALIFIED)$/.test(textOf(metadata.leadState))
  if (!closed) return 'open'
  return Number(metadata.probability) > 0 || metadata.leadState === 'QUALIFIED' ? 'won' : 'lost'
}

/** Reads the pipelines' own reply as stages, for a page of them. */
export function stagesOfReply(bytes: Uint8Array | undefined): Record<string, Stage> {
  return stagesOf(listOf(bytes).rows)
}
