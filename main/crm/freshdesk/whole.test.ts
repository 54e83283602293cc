/** A connection to a fake Freshdesk as the program makes it: a real store with its workers, real HTTP, the sync engine as it is. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cached, cachedObjects, expected, unbound } from '../../../test/fixtures/crm/cached'
import { connecting, settled } from '../../../test/fixtures/crm/connecting'
import { create } from '../../../test/fixtures/crm/freshdesk'
import { systemClock } from '../../clock'
import { silentLog } from '../../log'
import { openStore } from '../../store/open'
import type { Store } from '../../store/store'

let folder: string
let store: Store
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-freshdesk-'))
  store = await openStore({ file: join(folder, 'ringbook.sqlite'), log: silentLog(), clock: systemClock })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

it('holds what Freshdesk holds, after changes, merges and deletions', { timeout: 180_000 }, async () => {
  const fake = await create({ people: 1500, organizations: 220, deals: 0, leads: 0 }).start()
  const { connections } = connecting(store, fake.origin, { sweepEveryMs: 0 })
  try {
    const { connectionId: id } = await connections.save({
      ...{ kind: 'freshdesk', domain: 'https://fakeandsons.freshdesk.com/', token: fake.token, label: '', keepToken: 'session' as const },
      user: null,
    })
    const same = () => {
      for (const object of cachedObjects) expect(cached(store.db, id, object), object).toEqual(expected(fake, object))
      expect(unbound(store.db, id)).toEqual([])
    }
    expect(await settled(connections, id)).toMatchObject({ status: 'idle', trouble: null, complete: true, account: 'Fake & Sons' })
    same()
    expect(store.db.prepare<[], number>('SELECT count(*) FROM crm_users').pluck().get()).toBe(fake.data.users.length)

    const { data } = fake
    data.merge('people', 10, 11)
    for (let person = 100; person < 260; person++) data.change('people', person, { jobTitle: 'Buyer', phones: [] })
    for (let person = 500; person < 520; person++) data.remove('people', person)
    data.remove('organizations', 30)
    data.add('people', { name: 'New Person', organizationId: 40, emails: ['new@person.example'] })
    connections.sync(id)
    expect(await settled(connections, id)).toMatchObject({ status: 'idle', trouble: null })
    same()
    expect(fake.log.every(({ status }) => status === 200)).toBe(true)
  } finally {
    await connections.close()
    await fake.stop()
  }
})
