import { describe, expect, it } from 'vitest'
import type { ContactSummary } from '../../../preload/contract'
import { cleanDialText, enterMeaning, isDialable, suggestionsOf } from './dialling'

const phone = (raw: string, type: 'work' | 'fax' = 'work') => ({
  e164: raw,
  raw,
  display: raw,
  type,
  label: null,
  extension: null,
  isPrimary: false,
})
const anna: ContactSummary = {
  id: 7,
  name: 'Anna Björk',
  organization: null,
  organizationId: null,
  jobTitle: null,
  country: 'SE',
  source: 'sample',
  phones: [phone('+4681234567'), phone('+4681234568', 'fax')],
}

describe('the dial field', () => {
  it('takes numbers as people write and paste them', () => {
    for (const text of [
      '600',
      '+46 8 123 45 67',
      '+46 (0)8-123 45 67',
      '\u202a+46\u00a08\u00a0123\u202c',
      '(020) 7946/0018',
      '*21#',
      'tel:+46812345',
      'anna@example.com',
      'sip:600@pbx.example',
      '+٤٦٨١٢٣',
    ])
      expect(isDialable(text), text).toBe(true)
    for (const text of ['Anna', 'Anna 2', '', '   ', '+', 'Björk & Co', 'a b@c']) expect(isDialable(text), text).toBe(false)
  })
  it('removes what copying brings along', () => {
    expect(cleanDialText('\u202a+46\u00a08\u200b 123\u202c\n')).toBe('+46 8 123')
    expect(cleanDialText('+٤٦٨')).toBe('+468')
    expect(cleanDialText('１２３')).toBe('123')
  })
  it('dials a number or a highlighted suggestion on Enter, and only opens suggestions for a name', () => {
    expect(enterMeaning('+46 8 123', null, false)).toEqual({ kind: 'dial', number: '+46 8 123', contactId: null })
    expect(enterMeaning('anna', suggestionsOf([anna])[0] as never, false)).toEqual({
      kind: 'dial',
      number: '+4681234567',
      contactId: 7,
    })
    expect(enterMeaning('anna', null, false)).toEqual({ kind: 'suggest' })
    expect(enterMeaning('  ', null, false)).toEqual({ kind: 'nothing' })
  })
  it('dials the digits of a number that is written with a word', () => {
    expect(enterMeaning('1-800-Flowers', null, false)).toEqual({ kind: 'dial', number: '1-800-3569377', contactId: null })
    expect(enterMeaning('3com', null, false)).toEqual({ kind: 'suggest' })
  })
  it('dials nothing while a call comes in', () => {
    expect(enterMeaning('600', null, true)).toEqual({ kind: 'wait' })
    expect(enterMeaning('anna', suggestionsOf([anna])[0] as never, true)).toEqual({ kind: 'wait' })
  })
  it('suggests each number but faxes, up to the limit', () => {
    expect(suggestionsOf([anna]).map((line) => line.phone.raw)).toEqual(['+4681234567'])
    expect(suggestionsOf(Array.from({ length: 20 }, () => anna))).toHaveLength(8)
    const nordwind = { id: 3, name: 'Nordwind', country: 'SE', people: 4, morePeople: false, source: 'local', phones: anna.phones }
    const both = suggestionsOf(
      Array.from({ length: 20 }, () => anna),
      [nordwind],
    )
    expect(both).toHaveLength(8)
    expect(both.at(-1)).toMatchObject({ name: 'Nordwind', contactId: null, phone: { raw: '+4681234567' } })
  })
})
