import { describe, expect, it } from 'vitest'
import type { CallRecord, ContactSummary } from '../../../preload/contract'
import { numberIn, targetsOf } from './targets'

const contact = (name: string, e164: string): ContactSummary => ({
  id: 1,
  name,
  organization: null,
  organizationId: null,
  jobTitle: null,
  country: null,
  source: 'sample',
  phones: [{ e164, raw: e164, display: e164, type: 'work', label: null, extension: null, isPrimary: true }],
})
const recent = (id: string, number: string, contactName: string | null = null) =>
  ({ id, number, display: number, contactName, networkName: null }) as CallRecord
const colleagues = [
  { id: 'a', accountId: 'x', number: '201', name: 'Åsa Öberg' },
  { id: 'b', accountId: 'x', number: '202', name: 'Björn' },
]
const states = [
  { id: 'a', state: 'busy' as const, caller: null, trouble: null },
  { id: 'b', state: 'idle' as const, caller: null, trouble: null },
]
const shown = (text: string, more: Partial<Parameters<typeof targetsOf>[1]> = {}) =>
  targetsOf(text, { colleagues, states, contacts: [], recent: [], ...more }).map((each) => `${each.name} ${each.number} ${each.state}`)

describe('whom to transfer to', () => {
  it('begins with colleagues, free ones first, found without accents', () => {
    expect(shown('')).toEqual(['Björn 202 idle', 'Åsa Öberg 201 busy'])
    expect(shown('ase')).toEqual([])
    expect(shown('oberg')).toEqual(['Åsa Öberg 201 busy'])
    expect(shown('20')).toHaveLength(2)
  })
  it('goes on with contacts and, before anything is typed, recent calls; each number once', () => {
    expect(shown('', { contacts: [contact('Anna', '+468')], recent: [recent('1', '+468'), recent('2', ''), recent('3', '600')] })).toEqual([
      'Björn 202 idle',
      'Åsa Öberg 201 busy',
      'Anna +468 null',
      '600 600 null',
    ])
    expect(shown('anna', { contacts: [contact('Anna', '+468')], recent: [recent('3', '600')] })).toEqual(['Anna +468 null'])
  })
  it('may be a typed number', () => {
    expect(numberIn(' 600 ')).toBe('600')
    expect(numberIn('1-800-FLOWERS')).toBe('1-800-3569377')
    expect(numberIn('Anna')).toBeNull()
    expect(numberIn('')).toBeNull()
  })
})
