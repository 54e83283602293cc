/** A number without a prefix is one of the country whose network delivered it, which need not be the rep's. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addContact } from '../../test/fixtures/call-rig'
import { systemClock } from '../clock'
import { Contacts } from '../contacts/contacts'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { Callers } from './callers'

const folder = mkdtempSync(join(tmpdir(), 'ringbook-callers-'))
let store: Store
let callers: Callers

beforeAll(async () => {
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  const contacts = new Contacts({ store, clock: systemClock, country: () => 'SE', canOpen: () => false })
  addContact(store, 'Jonas Weber', '+4930901820')
  callers = new Callers({
    log: silentLog(),
    lookup: (number, options) => contacts.lookup(number, { ...options, named: true }),
    country: (accountId) => (accountId === 'berlin' ? 'DE' : 'SE'),
  })
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const remote = { number: '030901820', displayName: null, withheld: false }

test('the account says whose national form a caller has', () => {
  expect(callers.of(remote, 'berlin')).toMatchObject({ match: 'exact', contacts: [{ name: 'Jonas Weber' }] })
  expect(callers.of(remote, 'stockholm').match).not.toBe('exact')
})

test('and of a number that is dialled', () => {
  expect(callers.dialled('030901820', undefined, 'berlin')).toMatchObject({ e164: '+4930901820', match: 'exact' })
  expect(callers.dialled('030901820', undefined, null).e164).not.toBe('+4930901820')
})
