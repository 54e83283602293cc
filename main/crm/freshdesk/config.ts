/** What is kept with a connection to Freshdesk: its address, its custom phone fields, and which filter for changes takes effect. */
import { z } from 'zod'
import type { CrmConfig, CrmSend } from '../crm'
import { statusOf, unlessRefused } from './ask'
import { paths, phoneFieldType, type SinceFilter, sinceFilters } from './service'
import { isRow, rowsOf, textOf, timeOf } from './shape'

const phoneField = z.object({ name: z.string(), label: z.string() })
const since = z.enum(sinceFilters).nullable().default(null)
const schema = z.object({
  /** `company` of `company.freshdesk.com`; empty when not known. */
  domain: z.string().default(''),
  /** Of the company, ISO 3166-1 alpha-2. */
  country: z.string().nullable().default(null),
  /** Null: the key may not read what fields there are. */
  contactPhones: z.array(phoneField).nullable().default(null),
  companyPhones: z.array(phoneField).nullable().default(null),
  /** Null: lists cannot be asked for changes alone. */
  contactsSince: since,
  companiesSince: since,
})
export type FreshdeskConfig = z.infer<typeof schema>
export type PhoneFields = FreshdeskConfig['contactPhones']

const mostFields = 50
/** How far back the filter for changes is tried: what it gives must not be older, by clocks that differ by an hour at most, ms. */
const triedMs = 600_000
const clocksMs = 3_600_000

export function configOf(config: CrmConfig): FreshdeskConfig {
  const found = schema.safeParse(config)
  return found.success ? found.data : schema.parse({})
}

export async function prepared(send: CrmSend, before: CrmConfig): Promise<CrmConfig> {
  const config = configOf(before)
  const [contactPhones, companyPhones, contactsSince, companiesSince] = await Promise.all([
    phoneFieldsAt(send, paths.contactFields),
    phoneFieldsAt(send, paths.companyFields),
    filterAt(send, paths.contacts, config.contactsSince),
    filterAt(send, paths.companies, config.companiesSince),
  ])
  return { ...before, ...config, contactPhones, companyPhones, contactsSince, companiesSince }
}

/** Only administrators may ask for fields. */
async function phoneFieldsAt(send: CrmSend, path: string): Promise<PhoneFields> {
  const reply = await unlessRefused(() => send({ path }))
  if (reply === null) return null
  return rowsOf(reply.body)
    .filter(isRow)
    .filter(({ type, name }) => type === phoneFieldType && /^\w{1,100}$/.test(textOf(name)))
    .slice(0, mostFields)
    .map((field) => ({ name: textOf(field.name), label: (textOf(field.label) || textOf(field.name)).slice(0, 100) }))
}

/** The filter that this list knows and obeys; the one that it knew last is tried first. */
async function filterAt(send: CrmSend, path: string, last: SinceFilter | null): Promise<SinceFilter | null> {
  const from = Date.now() - triedMs
  for (const filter of last === sinceFilters[1] ? sinceFilters.toReversed() : sinceFilters) {
    try {
      const query = { [filter]: new Date(from).toISOString(), page: 1, per_page: 30 }
      const reply = await unlessRefused(() => send({ path, query }))
      if (reply === null) return null
      const rows = rowsOf(reply.body).filter(isRow)
      if (rows.every(({ updated_at }) => timeOf(updated_at) >= from - clocksMs)) return filter
    } catch (error) {
      if (statusOf(error) !== 400) throw error
    }
  }
  return null
}
