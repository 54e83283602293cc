/** What is kept with a connection to Pipedrive: where its web pages are, its custom phone fields, the names of labels. */
import { z } from 'zod'
import type { CrmConfig, CrmSend } from '../crm'
import { askListIfAny } from './ask'
import { contactSyncField, costs, labelFields, paths } from './service'
import { idOf, isRow, type Row, rowsOf, textOf } from './shape'

const phoneField = z.object({ key: z.string(), name: z.string() })
const names = z.record(z.string(), z.string())
const schema = z.object({
  /** `company` of `company.pipedrive.com`; empty when not known. */
  company: z.string().default(''),
  /** Of the company, ISO 3166-1 alpha-2. */
  country: z.string().nullable().default(null),
  /** Persons have a job title and a note. */
  contactSync: z.boolean().default(false),
  personPhones: z.array(phoneField).default([]),
  organizationPhones: z.array(phoneField).default([]),
  labels: z
    .object({ person: names, organization: names, deal: names, lead: names })
    .default({ person: {}, organization: {}, deal: {}, lead: {} }),
})
export type PipedriveConfig = z.infer<typeof schema>

const mostFields = 50
const mostLabels = 1_000

export function configOf(config: CrmConfig): PipedriveConfig {
  const found = schema.safeParse(config)
  return found.success ? found.data : schema.parse({})
}

/** Custom phone fields and the names of labels, as they are now. */
export async function prepared(send: CrmSend, before: CrmConfig): Promise<CrmConfig> {
  const config = configOf(before)
  const [person, organization, deal, leadLabels] = await Promise.all([
    askListIfAny(send, paths.personFields),
    askListIfAny(send, paths.organizationFields),
    askListIfAny(send, paths.dealFields),
    askListIfAny(send, paths.leadLabels, costs.listV1),
  ])
  return {
    ...before,
    ...config,
    contactSync: person.some((field) => field.field_code === contactSyncField),
    personPhones: phoneFieldsOf(person),
    organizationPhones: phoneFieldsOf(organization),
    labels: { person: labelsOf(person), organization: labelsOf(organization), deal: labelsOf(deal), lead: namesOf(leadLabels, 'name') },
  }
}

function phoneFieldsOf(fields: readonly Row[]): { key: string; name: string }[] {
  return fields
    .filter((field) => field.field_type === 'phone' && field.is_custom_field === true && /^[0-9a-f]{40}$/.test(textOf(field.field_code)))
    .slice(0, mostFields)
    .map((field) => ({ key: textOf(field.field_code), name: textOf(field.field_name).slice(0, 100) }))
}

function labelsOf(fields: readonly Row[]): Record<string, string> {
  return namesOf(rowsOf(fields.find((field) => labelFields.has(textOf(field.field_code)))?.options), 'label')
}

function namesOf(rows: readonly Row[], key: string): Record<string, string> {
  return Object.fromEntries(
    rows.slice(0, mostLabels).flatMap((row) => {
      const id = isRow(row) ? idOf(row.id) : null
      const name = textOf(row[key]).slice(0, 100)
      return id === null || name === '' ? [] : [[id, name]]
    }),
  )
}
