/**
 * What the rep changed of a CRM's contact, field by field, until the CRM has it. `contacts.edited` keeps the CRM's latest form
 * beside the fields that were changed; the row itself, its numbers and its search text are the two laid over each other, so
 * that everything that reads contacts shows and finds what the rep wrote. Whoever writes a row that comes from the CRM asks
 * `rebased` first, so that neither side's change is lost: not the rep's, and not what the CRM changed in another field.
 */
import { z } from 'zod'
import { phoneType } from '../../preload/contract'

const form = z.object({
  name: z.string(),
  /** `id` as the CRM calls it; null: no organization of that CRM. */
  organization: z.object({ name: z.string(), id: z.string().nullable() }).nullable(),
  jobTitle: z.string(),
  phones: z.array(z.object({ raw: z.string(), type: phoneType, label: z.string().nullable() })),
  emails: z.array(z.string()),
  note: z.string(),
  country: z.string().nullable(),
})
/** The part of a contact that the rep can change. */
export type ContactForm = z.infer<typeof form>
/** Some of its fields; an undefined one says nothing. */
export type FormChanges = { [K in keyof ContactForm]?: ContactForm[K] | undefined }

const edited = z.object({ crm: form, rep: form.partial() })
export type Edited = z.infer<typeof edited>

/** What `contacts.edited` holds; null for nothing, and for what cannot be read. */
export function readEdited(json: string | null): Edited | null {
  if (json === null) return null
  try {
    const parsed = edited.safeParse(JSON.parse(json))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** What of `wanted` differs from the CRM's form; null: nothing does. */
export function changesOf(crm: ContactForm, wanted: FormChanges): Edited | null {
  const rep: FormChanges = {}
  if (wanted.name !== undefined && wanted.name !== crm.name) rep.name = wanted.name
  if (wanted.organization !== undefined && !sameOrganization(wanted.organization, crm.organization)) rep.organization = wanted.organization
  if (wanted.jobTitle !== undefined && wanted.jobTitle !== crm.jobTitle) rep.jobTitle = wanted.jobTitle
  if (wanted.phones !== undefined && !samePhones(wanted.phones, crm.phones)) rep.phones = wanted.phones
  if (wanted.emails !== undefined && JSON.stringify(wanted.emails) !== JSON.stringify(crm.emails)) rep.emails = wanted.emails
  if (wanted.note !== undefined && wanted.note !== crm.note) rep.note = wanted.note
  if (wanted.country !== undefined && wanted.country !== crm.country) rep.country = wanted.country
  return Object.keys(rep).length === 0 ? null : { crm, rep }
}

/** The row as it has to be: the CRM's form with what the rep changed. */
export function laidOver({ crm, rep }: Edited): ContactForm {
  const changed = Object.fromEntries(Object.entries(rep).filter(([, value]) => value !== undefined)) as Partial<ContactForm>
  return { ...crm, ...changed }
}

/**
 * The CRM has sent the contact anew: `form` is what the row has to hold now, `edited` what stays to be offered (null: the CRM
 * has come to say the same).
 */
export function rebased(before: Edited, crm: ContactForm): { form: ContactForm; edited: Edited | null } {
  const after = changesOf(crm, before.rep)
  return { form: after ? laidOver(after) : crm, edited: after }
}

function sameOrganization(one: ContactForm['organization'], other: ContactForm['organization']): boolean {
  if (one === null || other === null) return one === other
  return one.id === null || other.id === null ? one.name === other.name : one.id === other.id
}

function samePhones(one: ContactForm['phones'], other: ContactForm['phones']): boolean {
  return one.length === other.length && one.every(({ raw, type }, at) => raw === other[at]?.raw && type === other[at]?.type)
}
