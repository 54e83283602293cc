/** Two sides change one contact: neither loses what it wrote. */
import { expect, test } from 'vitest'
import { type ContactForm, changesOf, laidOver, readEdited, rebased } from './edited'

const crm: ContactForm = {
  name: 'Anna Björk',
  organization: { name: 'Nordwind', id: '7' },
  jobTitle: 'Buyer',
  phones: [{ raw: '+46 8 465 004 01', type: 'work', label: null }],
  emails: ['anna@nordwind.example'],
  note: '',
  country: 'SE',
}

test('only fields that differ count as changed', () => {
  expect(changesOf(crm, { ...crm })).toBeNull()
  expect(changesOf(crm, { ...crm, jobTitle: 'Head of buying', organization: { name: 'Nordwind AB', id: '7' } })?.rep).toEqual({
    jobTitle: 'Head of buying',
  })
  expect(changesOf(crm, { phones: [{ raw: '+46 8 465 004 01', type: 'mobile', label: null }] })?.rep.phones).toHaveLength(1)
  expect(changesOf(crm, { organization: null })?.rep).toEqual({ organization: null })
})

test('what the CRM changes in another field is taken over, and the rep’s field stays', () => {
  const edited = changesOf(crm, { jobTitle: 'Head of buying' })
  if (!edited) throw new Error('nothing was changed')
  const number = { raw: '+46 70 123 45 67', type: 'mobile' as const, label: null }
  const after = rebased(edited, { ...crm, phones: [...crm.phones, number] })
  expect(after.form).toMatchObject({ jobTitle: 'Head of buying', phones: [crm.phones[0], number] })
  expect(after.edited?.rep).toEqual({ jobTitle: 'Head of buying' })
  expect(laidOver({ crm, rep: edited.rep })).toEqual({ ...crm, jobTitle: 'Head of buying' })
})

test('a change that the CRM comes to have too is settled', () => {
  const edited = changesOf(crm, { jobTitle: 'Head of buying', note: 'calls on Fridays' })
  if (!edited) throw new Error('nothing was changed')
  expect(rebased(edited, { ...crm, jobTitle: 'Head of buying' }).edited?.rep).toEqual({ note: 'calls on Fridays' })
  const both = { ...crm, jobTitle: 'Head of buying', note: 'calls on Fridays' }
  expect(rebased(edited, both)).toEqual({ form: both, edited: null })
})

test('what cannot be read counts as nothing', () => {
  expect(readEdited(null)).toBeNull()
  expect(readEdited('{')).toBeNull()
  expect(readEdited('{"crm":{}}')).toBeNull()
  expect(readEdited(JSON.stringify({ crm, rep: { note: 'x' } }))).toEqual({ crm, rep: { note: 'x' } })
})
