/** What stands in the form of a contact, and the contact that it makes. */
import type { ContactDetail, ContactFields, Phone } from '../../../preload/contract'

export interface FormFields {
  name: string
  organization: string
  jobTitle: string
  phones: { raw: string; type: Phone['type'] }[]
  emails: string[]
  country: string
  note: string
}

export const phoneTypes = ['work', 'mobile', 'home', 'main', 'fax', 'other'] as const satisfies readonly Phone['type'][]
/** As the contract has it. */
export const most = { name: 200, line: 200, raw: 60, phones: 100, email: 254, emails: 20, note: 10_000 } as const

export function emptyForm(known: { number?: string; name?: string } = {}): FormFields {
  return {
    name: known.name ?? '',
    organization: '',
    jobTitle: '',
    phones: [{ raw: known.number ?? '', type: 'work' }],
    emails: [''],
    country: '',
    note: '',
  }
}

/** A number is edited as it was written; its extension is part of that. */
export function formOf(contact: ContactDetail): FormFields {
  return {
    name: contact.name,
    organization: contact.organization ?? '',
    jobTitle: contact.jobTitle ?? '',
    phones: contact.phones.length > 0 ? contact.phones.map(({ raw, type }) => ({ raw, type })) : [{ raw: '', type: 'work' }],
    emails: contact.emails.length > 0 ? contact.emails : [''],
    country: contact.country ?? '',
    note: contact.note,
  }
}

/**
 * What is being written, over a contact that may have changed since it was begun from `base`: fields that the rep left alone
 * say what the contact says now, so that saving takes nobody's change back.
 */
export function followed(form: FormFields, base: FormFields, now: FormFields): FormFields {
  const untouched = (field: keyof FormFields) => JSON.stringify(form[field]) === JSON.stringify(base[field])
  const fields = Object.keys(form) as (keyof FormFields)[]
  return Object.assign({}, ...fields.map((field) => ({ [field]: untouched(field) ? now[field] : form[field] }))) as FormFields
}

/** Lines that were left empty are left out. */
export function fieldsOf(form: FormFields): ContactFields {
  return {
    name: form.name.trim(),
    organization: form.organization.trim(),
    jobTitle: form.jobTitle.trim(),
    phones: form.phones.map(({ raw, type }) => ({ raw: raw.trim(), type })).filter(({ raw }) => raw !== ''),
    emails: form.emails.map((email) => email.trim()).filter((email) => email !== ''),
    note: form.note,
    country: form.country === '' ? null : form.country,
  }
}

/** The first line that cannot be a number, or an address; null: all is well. */
export function problemOf(form: FormFields): { field: 'name' } | { field: 'phone' | 'email'; at: number } | null {
  if (form.name.trim() === '') return { field: 'name' }
  const phone = form.phones.findIndex(({ raw }) => raw.trim() !== '' && !/\p{Nd}/u.test(raw))
  if (phone >= 0) return { field: 'phone', at: phone }
  const email = form.emails.findIndex((each) => each.trim() !== '' && !/^[^\s@]+@[^\s@]+$/.test(each.trim()))
  return email >= 0 ? { field: 'email', at: email } : null
}
