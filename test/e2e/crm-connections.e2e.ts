/** A CRM connection of the built program, from the token to forgetting it, and what a hostile CRM brings about: words, nothing else. */
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Connection } from '../../preload/contract'
import { expect, startMain, test } from '../fixtures/app'
import { create, type FakePipedrive } from '../fixtures/crm/pipedrive'
import { connectPage, type PageClient } from '../fixtures/page-client'

test.skip(process.env.RINGBOOK_TEST_HOST === 'electron', 'main is asked over the browser host’s bridge, without a window')

let fake: FakePipedrive
let asked: string[]
let elsewhere: ReturnType<typeof createServer>
test.beforeEach(async () => {
  fake = await create({ people: 700, organizations: 80, deals: 120, leads: 20 }).start()
  asked = []
  elsewhere = createServer((request, response) => {
    asked.push(`${request.url} ${JSON.stringify(request.headers)}`)
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
})
test.afterEach(async () => {
  elsewhere.close()
  await fake.stop()
})

async function settled(page: PageClient): Promise<Connection> {
  let found: Connection | undefined
  await expect
    .poll(
      async () => {
        const { state } = await page.send('app.snapshot', {})
        found = state.connections[0]
        return found?.status
      },
      { timeout: 60_000 },
    )
    .not.toBe('syncing')
  if (!found) throw new Error('there is no connection')
  return found
}

test('connects, names callers, says what a CRM does wrong, and forgets', async ({ profile }) => {
  const env = { RINGBOOK_CRM_ORIGINS: JSON.stringify({ pipedrive: fake.origin }) }
  const main = await startMain(profile, { env })
  const page = await connectPage(main.link)
  try {
    const events: Connection[][] = []
    page.on('connections.changed', (list) => events.push(list))
    const input = { kind: 'pipedrive', token: fake.token, keepToken: 'session' } as const
    await expect(page.send('connections.check', { ...input, token: 'wrong' })).rejects.toMatchObject({ trouble: { code: 'crm.refused' } })
    const identity = await page.send('connections.check', input)
    const { connectionId } = await page.send('connections.save', { ...input, user: identity.users[0] ?? null })
    expect(await settled(page)).toMatchObject({ id: connectionId, complete: true, trouble: null, user: identity.users[0] })
    await expect.poll(() => events.at(-1)?.[0]?.counts.contacts).toBe(700)

    const person = fake.data.change('people', 42, {
      name: '<b>Åsa</b> =1+1',
      phones: [{ value: '+46 8 123 456 78', type: 'work', field: null }],
    })
    await page.send('connections.sync', { connectionId })
    expect((await settled(page)).trouble).toBeNull()
    const caller = await page.send('contacts.lookup', { number: '+46812345678' })
    expect(JSON.stringify(caller)).toContain(person.name)

    const there = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`
    for (const [fault, code] of [
      [{ kind: 'redirect', to: there }, 'crm.redirected'],
      [{ kind: 'html', status: 200 }, 'crm.badReply'],
      [{ kind: 'body', body: '{"data":[{"id":1,' }, 'crm.badReply'],
      [{ kind: 'endless' }, 'crm.badReply'],
    ] as const) {
      fake.inject(fault, { times: Number.POSITIVE_INFINITY, path: fault.kind === 'redirect' ? '' : '/persons' })
      fake.data.change('people', 43, { name: `Changed before ${fault.kind}` })
      await page.send('connections.sync', { connectionId })
      expect(await settled(page), fault.kind).toMatchObject({ status: 'failed', trouble: { code }, complete: true })
      fake.heal()
    }
    expect(asked).toEqual([])
    await page.send('connections.sync', { connectionId })
    expect(await settled(page)).toMatchObject({ status: 'idle', trouble: null })

    // Neither in what is kept nor in what is told.
    for (const name of readdirSync(profile, { recursive: true, encoding: 'utf8' })) {
      const path = join(profile, name)
      if (statSync(path).isFile()) expect(readFileSync(path).includes(fake.token), name).toBe(false)
    }
    expect(main.stderr()).not.toContain(fake.token)
    expect(JSON.stringify(events)).not.toContain(fake.token)

    await page.send('connections.forget', { connectionId })
    const { state } = await page.send('app.snapshot', {})
    expect(state).toMatchObject({ connections: [], contactCount: 0 })
  } finally {
    page.close()
    await main.stop()
  }
})

test('goes on after a restart without its token, and says that it is gone', async ({ profile }) => {
  const env = { RINGBOOK_CRM_ORIGINS: JSON.stringify({ pipedrive: fake.origin }) }
  const first = await startMain(profile, { env })
  const page = await connectPage(first.link)
  await page.send('connections.save', { kind: 'pipedrive', token: fake.token, keepToken: 'session' })
  await settled(page)
  page.close()
  await first.stop()

  const second = await startMain(profile, { env })
  const again = await connectPage(second.link)
  try {
    expect((await again.send('app.snapshot', {})).state.connections).toMatchObject([{ complete: true }])
    await again.send('connections.sync', {})
    expect(await settled(again)).toMatchObject({ status: 'failed', trouble: { code: 'crm.noToken' } })
    // What is cached names callers all the same.
    await expect.poll(async () => (await again.send('app.snapshot', {})).state.contactCount).toBe(700)
  } finally {
    again.close()
    await second.stop()
  }
})
