/** The form of a contact and what it makes. */
import { expect, test } from 'vitest'
import type { ContactDetail } from '../../../preload/contract'
import { contactFields } from '../../../preload/contract'
import { emptyForm, fieldsOf, followed, formOf, problemOf } from './contact-fields'

const contact = {
  name: 'Anna Björk',
  organization: null,
  jobTitle: 'Buyer',
  phones: [
    {
      e164: '+46846500401',
      raw: '08-465 004 01 ext. 12',
      display: '08-465 004 01',
      type: 'work',
      label: 'Desk',
      extension: '12',
      isPrimary: true,
    },
  ],
  emails: [],
  country: 'SE',
  note: 'a\nb',
} as unknown as ContactDetail

test('a contact goes through the form as it is', () => {
  const fields = fieldsOf(formOf(contact))
  expect(fields).toEqual({
    name: 'Anna Björk',
    organization: '',
    jobTitle: 'Buyer',
    phones: [{ raw: '08-465 004 01 ext. 12', type: 'work' }],
    emails: [],
    note: 'a\nb',
    country: 'SE',
  })
  expect(contactFields.parse(fields)).toEqual(fields)
})

test('an unknown caller’s number is filled in, and only a name is missing', () => {
  const form = emptyForm({ number: '+46 8 465 004 01' })
  expect(problemOf(form)).toEqual({ field: 'name' })
  expect(problemOf({ ...form, name: 'Erik' })).toBeNull()
  expect(fieldsOf({ ...form, name: ' Erik ' })).toMatchObject({ name: 'Erik', phones: [{ raw: '+46 8 465 004 01' }], emails: [] })
})

test('fields that the rep has not touched follow the contact, those written stay', () => {
  const base = formOf(contact)
  const now = { ...base, name: 'Anna Berg', jobTitle: 'Head of buying', phones: [{ raw: '+46 8 465 004 02', type: 'work' as const }] }
  expect(followed({ ...base, jobTitle: 'Owner' }, base, now)).toEqual({ ...now, jobTitle: 'Owner' })
  expect(followed({ ...base, phones: [] }, base, now)).toEqual({ ...now, phones: [] })
  expect(followed(base, base, base)).toEqual(base)
})

test('what cannot be a number or an address is pointed out', () => {
  const form = {
    ...emptyForm({ name: 'Erik' }),
    phones: [
      { raw: '٠٨٤٦٥', type: 'work' as const },
      { raw: 'tomorrow', type: 'home' as const },
    ],
  }
  expect(problemOf(form)).toEqual({ field: 'phone', at: 1 })
  expect(problemOf({ ...form, phones: [], emails: ['', 'erik@', 'x'] })).toEqual({ field: 'email', at: 1 })
  expect(problemOf({ ...form, phones: [], emails: ['erik@ek.example'] })).toBeNull()
})
