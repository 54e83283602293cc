/** Numbers as people write them and networks deliver them, one habit at a time; all regions at once are in matching-grid.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { ContactWriter, cleanContact } from './contact-writer'
import { NumberMatching } from './matching'
import { parseNumber, parseNumbers } from './numbers'

let folder: string
let store: Store
let matching: NumberMatching
const ids = new Map<number, string>()
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-numbers-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  matching = new NumberMatching(store.db)
  ids.clear()
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function known(name: string, raw: string, country = 'SE') {
  const more = { organization: '', jobTitle: '', emails: [], note: '', labels: [], externalId: null }
  store.write(() => {
    const contact = cleanContact({ name, phones: [{ raw, type: 'work' }], country, ...more }, 'SE')
    ids.set(new ContactWriter(store.db, 'import', () => 1).insert(contact), name)
  })
}
function find(text: string, country = 'SE', home = country) {
  const { match, contactIds } = matching.find(text, { country, home })
  return [match, ...contactIds.map((id) => ids.get(id)).sort()].join(' ')
}

describe('one line in several forms', () => {
  it.each([
    ['Argentina: 9 from abroad, 15 at home', '+54 9 11 2345-6789', 'AR', ['01115 2345 6789', '+54 11 15 2345-6789', '11 15-2345-6789']],
    ['Mexico: the 1 of old', '+52 55 1234 5678', 'MX', ['+5215512345678', '0445512345678', '0455512345678', '015512345678', '5512345678']],
    ['Brazil: carriers', '(11) 98123-4567', 'BR', ['01511981234567', '+55011981234567', '011981234567']],
    ['Italy: its zero stays', '06 6982 1234', 'IT', ['+390669821234', '0669821234', '390669821234', '+39 (0)6 6982 1234']],
    ['Russia: 8', '8 (495) 123-45-67', 'RU', ['+74951234567', '84951234567', '74951234567', '+784951234567', '8~10 7 495 123 45 67']],
    ['Hungary: 06', '06 1 234 5678', 'HU', ['+3612345678', '+36 06 1 234 5678', '0612345678', '3612345678']],
    [
      'Britain: a zero behind the code',
      '020 7946 0123',
      'GB',
      ['+4402079460123', '4402079460123', '0044 (0)20 7946 0123', '+0044 20 7946 0123', '+02079460123'],
    ],
    ['Australia: 0011', '+44 20 7946 0123', 'AU', ['0011442079460123', '00442079460123', '011442079460123']],
    ['Korea: a carrier abroad', '+44 20 7946 0123', 'KR', ['00700442079460123', '001442079460123']],
    ['Mexico: written with its old 1', '+52 1 55 1234 5678', 'DE', ['+525512345678']],
  ])('%s', (_, written, country, delivered) => {
    known('Anna', written, country)
    for (const text of delivered) expect(`${text}: ${find(text, country)}`).toBe(`${text}: exact Anna`)
  })
})

describe('two lines are two', () => {
  it('a text that is two known numbers names both, for certain neither', () => {
    known('Alabama', '(659) 223-4567', 'US')
    known('Singapore', '+65 9223 4567')
    expect(find('6592234567', 'US')).toBe('possible Alabama Singapore')
    expect(find('+6592234567', 'US')).toBe('exact Singapore')
    expect(find('+16592234567', 'US')).toBe('exact Alabama')
  })
  it('a national number as it is dialled at home is that one', () => {
    known('Alabama', '(659) 223-4567', 'US')
    expect(find('6592234567', 'US')).toBe('exact Alabama')
  })
  it('one from abroad without its plus is not certain where the country has such a number itself', () => {
    known('Singapore', '+65 9223 4567')
    expect(find('6592234567', 'US')).toBe('possible Singapore')
    expect(find('6592234567', 'SE')).toBe('exact Singapore')
  })
  it('an extension is one of its number', () => {
    known('Anna', '+46 8 465 004 00 ext. 12')
    known('Bo', '+46 8 465 004 00 #13')
    expect(find('+46846500400;ext=12')).toBe('exact Anna')
    expect(find('+46846500400;ext=14')).toBe('possible Anna Bo')
    expect(find('+46846500400')).toBe('exact Anna Bo')
    known('Reception', '+46 8 465 004 00')
    expect(find('+46846500400;ext=14')).toBe('exact Reception')
  })
  it('an internal number is found whole; the same extension elsewhere is possible', () => {
    known('Desk', '4012')
    known('Far', '+46 8 465 004 00 ext. 4013')
    expect(find('4012')).toBe('exact Desk')
    expect(find('4013')).toBe('possible Far')
    expect(find('401')).toBe('none')
    expect(find('04012')).toBe('none')
  })
  it('numbers that end alike: the own country first, another one only where that was not said', () => {
    known('Stockholm', '08-465 09 99')
    known('Boston', '+1 617 465 0999')
    expect(find('5 08 4650999')).toBe('possible Stockholm')
    expect(find('9 6174650999', 'US')).toBe('possible Boston')
    expect(find('+14154650999')).toBe('none')
    known('Wrong country', '20 7946 0123', 'DE')
    known('Right country', '+49 20 7946 0123')
    expect(find('+442079460123')).toBe('possible Wrong country')
  })
  it('a number that has grown since it was written down', () => {
    known('São Paulo', '+55 11 8123-4567')
    expect(find('+5511981234567')).toBe('possible São Paulo')
    known('Buenos Aires', '+54 11 2345 6789')
    expect(find('+5491123456789')).toBe('possible Buenos Aires')
  })
})

describe('fields', () => {
  it.each([
    ['1-800-FLOWERS', 'US', '+18003569377', null],
    ['+1 800 GO FEDEX', 'SE', '+18004633339', null],
    ['1-800-CONTACTS', 'US', '+18002668228', null],
    ['0800 REVERSE', 'GB', '+448007383773', null],
    ['Mobile: 070-174 06 01 (private)', 'SE', '+46701740601', null],
    ['+46 8 465 004 01,,12#', 'SE', '+46846500401', '12'],
    ['+46 8 465 004 01p12', 'SE', '+46846500401', '12'],
    ['08-465 004 01 ankn. 12', 'SE', '+46846500401', '12'],
    ['08-465 004 01 (ext 12)', 'SE', '+46846500401', '12'],
    ['+81 3-1234-5678 内線12', 'JP', '+81312345678', '12'],
    ['+7 495 123-45-67 доб. 890', 'RU', '+74951234567', '890'],
    ['tel:+46-8-465-004-01;ext=12;isub=9', 'SE', '+46846500401', '12'],
    ['tel:465-004-01;phone-context=+468', 'US', '+46846500401', null],
    ['callto:+46846500401', 'SE', '+46846500401', null],
    ['anna2', 'SE', null, null],
    ['Box 12345', 'SE', null, null],
    ['08-465 004 01 hem', 'SE', '+46846500401', null],
  ])('%s', (raw, country, e164, extension) => {
    expect(parseNumber(raw, country)).toMatchObject({ e164, extension })
  })

  it.each([
    ['08-465 004 01 / 070-174 06 01', ['+46846500401', '+46701740601']],
    ['08-465 004 01; +44 20 7946 0123', ['+46846500401', '+442079460123']],
    ['08-465 004 01\n070-174 06 01', ['+46846500401', '+46701740601']],
    ['Tel 08-465 004 01 eller 070-174 06 01', ['+46846500401', '+46701740601']],
    ['08-465 004 01, 070-174 06 01', ['+46846500401', '+46701740601']],
    ['08/465 004 01', ['+46846500401']],
    ['tel:+46846500401;ext=12', ['+46846500401']],
    ['08-465 004 01 / ask for Bo', ['+46846500401']],
    ['4012 / 4013', [null, null]],
    ['08 / 465 004 01', ['+46846500401']],
  ])('several in one: %s', (raw, numbers) => {
    expect(parseNumbers(raw, null, 'SE').map(({ e164 }) => e164)).toEqual(numbers)
  })

  it("reads with the number's own prefix, then the contact's country, then the default one", () => {
    expect(parseNumbers('020 7946 0123', 'GB', 'SE')[0]?.e164).toBe('+442079460123')
    expect(parseNumbers('08-465 004 01', 'US', 'SE')[0]?.e164).toBe('+46846500401')
    expect(parseNumbers('+33 1 42 68 53 00', 'US', 'SE')[0]?.e164).toBe('+33142685300')
  })

  it('takes hostile text in bounded time', () => {
    const started = performance.now()
    for (const text of [
      '1'.repeat(100_000),
      ' ;'.repeat(50_000),
      '1 /'.repeat(50_000),
      `1${'-a'.repeat(50_000)}`,
      '(0)'.repeat(30_000),
      `1${' '.repeat(99_999)}x`,
    ]) {
      expect(parseNumbers(text, null, 'SE').length).toBeLessThanOrEqual(20)
      find(text)
    }
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})
