/**
 * Who calls, in the built program: several on one number and the rep's word that is remembered, withheld numbers, a contact made a
 * minute ago that the CRM names while it rings, a CRM that is away; and the pop with as much to say as there can be.
 */
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { parseNumber } from '../../main/contacts/numbers'
import { connect } from '../../main/store/connection'
import { migrate } from '../../main/store/migrate'
import { migrations } from '../../main/store/migrations/index'
import type { CallerId, Deal } from '../../preload/contract'
import { expect, freshLink, openChromium, startMain, test } from '../fixtures/app'
import { create, type FakePipedrive } from '../fixtures/crm/pipedrive'
import { connectPage, type PageClient } from '../fixtures/page-client'
import { callerNamed, ringing, type ScriptedMain, scriptedCall, startScripted } from '../fixtures/scripted-main'
import { ScriptedServer } from '../fixtures/scripted-server'

test.skip(process.env.RINGBOOK_TEST_HOST === 'electron', 'main is asked over the browser host’s bridge, and the pop is in the page')

const cleanups: (() => unknown)[] = []
test.afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const audio = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 UDP/TLS/RTP/SAVPF 111',
  'a=rtpmap:111 opus/48000/2',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=setup:actpass',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=candidate:1 1 udp 2113937151 127.0.0.1 40000 typ host',
  'a=mid:0',
  '',
].join('\r\n')

interface Running {
  client: PageClient
  page: Page
  /** A call of this number comes in; answers with the pop's heading once it is there. */
  ring(from: string): Promise<void>
  heading: ReturnType<Page['getByRole']>
  decline(): Promise<void>
}

async function running(profile: string, env: Record<string, string> = {}): Promise<Running> {
  const server = await ScriptedServer.start()
  cleanups.push(() => server.stop())
  const main = await startMain(profile, { env })
  cleanups.push(() => main.stop())
  const client = await connectPage(main.link)
  cleanups.push(() => client.close())
  const registered = new Promise<void>((done) =>
    client.on('accounts.changed', (all) => all.some(({ kind, status }) => kind === 'sip' && status === 'registered') && done()),
  )
  const account = { label: 'Sales', user: 'alice', password: 'a password', keepPassword: 'session' } as const
  await client.send('accounts.save', { ...account, server: `ws://127.0.0.1:${server.port}` })
  await registered
  const context = await openChromium()
  cleanups.push(() => context.close())
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto(freshLink(profile))
  await expect(page.getByRole('banner').getByText('Ready')).toBeVisible()
  const pop = page.getByRole('dialog', { name: 'Incoming call' })
  return {
    client,
    page,
    heading: pop.getByRole('heading'),
    async ring(from) {
      server.send(await server.invite({ headers: { From: `<sip:${from}@pbx.invalid>;tag=${Date.now()}` }, body: audio }))
      await expect(pop).toBeVisible()
    },
    async decline() {
      await pop.getByRole('button', { name: 'Decline' }).click()
      await expect(pop).toBeHidden()
    },
  }
}

/** Contacts in a profile before its first start. */
function fill(profile: string, people: [name: string, number: string][]): void {
  const db = connect(join(profile, 'ringbook.sqlite'), 'main')
  migrate(db, migrations, '')
  for (const [at, [name, raw]] of people.entries()) {
    const { e164, digits, suffix } = parseNumber(raw, 'SE')
    const { lastInsertRowid } = db
      .prepare("INSERT INTO contacts (name, sort_name, search, source, updated_at) VALUES (?, lower(?), lower(?), 'import', ?)")
      .run(name, name, name, 1000 - at)
    db.prepare("INSERT INTO phones (contact_id, e164, digits, suffix, raw, type) VALUES (?, ?, ?, ?, ?, 'work')").run(
      lastInsertRowid,
      e164,
      digits,
      suffix,
      raw,
    )
  }
  db.close()
}

test('several share a number: the rep says who it is, in the pop and in the log, and it is remembered at the next ring', async ({
  profile,
}) => {
  const shared = '+46846500450'
  fill(profile, [
    ['Anna Björk', shared],
    ['Erik Björk', '08-465 004 50'],
    ['김민준', '0046846500450'],
  ])
  const app = await startMain(profile)
  cleanups.push(() => app.stop())
  const context = await openChromium()
  cleanups.push(() => context.close())
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto(app.link)
  const client = await connectPage(freshLink(profile))
  cleanups.push(() => client.close())
  const pop = page.getByRole('dialog', { name: 'Incoming call' })
  const heading = pop.getByRole('heading')
  const ring = async () => {
    await client.send('practice.incoming', {})
    await expect(pop).toBeVisible()
  }
  await expect(page.getByRole('banner').getByText('Ready')).toBeVisible()
  await expect.poll(async () => (await client.send('app.snapshot', {})).state.media.present).toBe(true)

  // The practice line calls from one of the contacts: all of them have this number.
  await ring()
  await expect(heading).toHaveText('Anna Björk')
  await pop.getByRole('button', { name: /Who is it\?/ }).click()
  const list = pop.getByRole('list', { name: 'Who is it?' })
  await expect(list.getByRole('button')).toHaveCount(3)
  // Escape closes the list, and the call rings on.
  await list.getByRole('button', { name: 'Erik Björk' }).focus()
  await page.keyboard.press('Escape')
  await expect(list).toBeHidden()
  await expect(heading).toHaveText('Anna Björk')
  await pop.getByRole('button', { name: /Who is it\?/ }).click()
  await list.getByRole('button', { name: 'Erik Björk' }).click()
  await expect(heading).toHaveText('Erik Björk')
  await pop.getByRole('button', { name: 'Answer' }).click()
  const form = page.getByRole('form', { name: 'Log call' })
  const link = form.getByLabel('Linked to')
  await expect(link.locator('option:checked')).toHaveText('Erik Björk')

  // In the call: in its card, with something typed meanwhile.
  await form.getByLabel('Notes').pressSequentially('wants ')
  const card = page.getByRole('group', { name: 'Erik Björk' })
  await card.getByRole('button', { name: /Who is it\?/ }).click()
  await card.getByRole('button', { name: '김민준' }).click()
  await expect(page.getByRole('group', { name: '김민준' })).toBeVisible()
  await expect(link.locator('option:checked')).toHaveText('김민준')
  await expect(form.getByLabel('Notes')).toHaveValue('wants ')

  // In the log.
  await link.selectOption('Anna Björk')
  await expect(page.getByRole('group', { name: 'Anna Björk' })).toBeVisible()
  await page.getByRole('button', { name: 'Hang up' }).click()
  await form.getByRole('button', { name: 'Save log' }).click()
  await expect(form).toBeHidden()
  const { rows } = await client.send('history.list', { filter: { text: '' } })
  expect(rows[0]).toMatchObject({ contactName: 'Anna Björk', log: { notes: 'wants ' } })

  await ring()
  await expect(heading).toHaveText('Anna Björk')
  await pop.getByRole('button', { name: /Who is it\?/ }).click()
  await list.getByRole('button', { name: '김민준' }).click()
  await pop.getByRole('button', { name: 'Decline' }).click()
  await expect(pop).toBeHidden()
  await ring()
  await expect(heading).toHaveText('김민준')
})

test('a guess is told as one, in words for the ear and in the call’s card; who chooses by keyboard stays there', async () => {
  const main: ScriptedMain = await startScripted()
  cleanups.push(() => main.close())
  const { page } = main
  const caller = much('Anna Björk', 'Nordwind Logistics', 1)
  main.call(scriptedCall('guess', 'Anna Björk', { ...ringing, caller: { ...caller, match: 'possible' } }))
  const pop = page.getByRole('dialog', { name: 'Incoming call' })
  await expect(pop.getByText('possibly')).toBeVisible()
  await expect(page.getByText(/^Incoming call: possibly, Anna Björk/)).toBeAttached()
  const toggle = pop.getByRole('button', { name: /Who is it\?/ })
  await toggle.press('Enter')
  await pop.getByRole('list', { name: 'Who is it?' }).getByRole('button').last().press('Enter')
  await expect(toggle).toBeFocused()
  expect(main.of('contacts.choose')).toEqual([{ number: '+4681234567', contactId: 5000 }])
  main.change('guess', { phase: 'connected', answeredAt: Date.now(), media: 'flowing' })
  await expect(page.getByRole('group', { name: 'Anna Björk' }).getByText('possibly')).toBeVisible()
})

test('a contact made a minute ago is named by the CRM while it rings; withheld, offline and switched off say only the number', async ({
  profile,
}) => {
  const fake: FakePipedrive = await create({ people: 20, organizations: 3, deals: 5, leads: 0 }).start()
  let stopped = false
  cleanups.push(() => stopped || fake.stop())
  const { client, page, ring, heading, decline } = await running(profile, {
    RINGBOOK_CRM_ORIGINS: JSON.stringify({ pipedrive: fake.origin }),
  })
  await client.send('settings.change', { country: 'SE' })
  const { connectionId } = await client.send('connections.save', { kind: 'pipedrive', token: fake.token, keepToken: 'session', user: null })
  await expect
    .poll(async () => (await client.send('app.snapshot', {})).state.connections[0], { timeout: 60_000 })
    .toMatchObject({ id: connectionId, status: 'idle', complete: true })

  const number = '+46846500499'
  fake.data.add('people', { name: 'Made A Minute Ago', phones: [{ value: '+46 8 465 004 99', type: 'work', field: null }] })
  fake.inject({ kind: 'delay', ms: 1_200 }, { path: '/search' })
  await ring(number)
  // It rings at once, and says that it is looking.
  await expect(heading).toHaveText('08-465 004 99')
  await expect(page.getByText('Looking in your CRM…')).toBeVisible()
  await expect(heading).toHaveText('Made A Minute Ago', { timeout: 15_000 })
  await expect(page.getByText('Looking in your CRM…')).toBeHidden()
  await decline()
  const { rows } = await client.send('history.list', { filter: { text: '' } })
  expect(rows[0]?.contactName).toBe('Made A Minute Ago')
  fake.heal()

  await ring('anonymous')
  await expect(heading).toHaveText('Withheld number')
  await decline()

  stopped = true
  await fake.stop()
  await ring('+46846500411')
  await expect(heading).toHaveText('08-465 004 11')
  await expect(page.getByText('Looking in your CRM…')).toBeHidden({ timeout: 15_000 })
  await expect(heading).toHaveText('08-465 004 11')
  await expect(page.getByRole('dialog', { name: 'Incoming call' }).getByRole('alert')).toHaveCount(0)
  await decline()
  await ring(number)
  await expect(heading).toHaveText('Made A Minute Ago')

  // The connection's contacts name nobody any more, then everybody's: also the call that rings.
  await client.send('connections.change', { connectionId, callerId: false })
  await expect(heading).toHaveText('08-465 004 99')
  await client.send('connections.change', { connectionId, callerId: true })
  await expect(heading).toHaveText('Made A Minute Ago')
  await client.send('settings.change', { callerId: false })
  await expect(heading).toHaveText('08-465 004 99')
  await expect(page.getByText('Not in your contacts')).toBeHidden()
  await decline()
})

const deal = (id: number, title: string, amount: number, currency: string, stage: string): Deal => ({
  id,
  kind: 'deal',
  title,
  amount,
  currency,
  stage,
  status: 'open',
})

/** As much as a card can have to say. */
function much(name: string, organization: string, others: number): CallerId {
  const caller = callerNamed(name, '+46 8 123 45 67', organization)
  const [contact] = caller.contacts
  if (!contact) throw new Error('there is nobody')
  Object.assign(contact, {
    jobTitle: 'Head of Purchasing',
    owner: 'Maria Andersson',
    labels: ['Customer', 'Priority'],
    deals: [
      deal(1, 'Fleet renewal for the whole of northern Europe, second phase', 48_000, 'EUR', 'Offer sent and waiting for signature'),
      deal(2, 'Annual contract', 1_250_000, 'KRW', '협상'),
      deal(3, 'Pilot', 900, 'USD', 'New'),
    ],
  })
  const names = ['Erik Björk', 'محمد عبد الرحمن الخطيب', '김민준', 'Siobhán O’Brien-Featherstonehaugh']
  const people = Array.from({ length: others }, (_, at) => ({ ...contact, id: 5000 + at, name: `${names[at % 4]} ${at}` }))
  const lastCalls = ['call back after the board meeting, they want the whole offer again with new prices', '', 'Sent the offer'].map(
    (notes, at) => ({
      callId: `last-${at}`,
      direction: 'incoming' as const,
      startedAt: Date.now() - (at + 1) * 259_200_000,
      talkMs: 240_000,
      outcome: 'connected' as const,
      notes,
    }),
  )
  return { ...caller, people, sharedBy: others + 1, lastCalls }
}
const hard: Record<string, CallerId> = {
  full: much('Anna Björk', 'Nordwind Logistics', 11),
  long: much(`Alexandra Wolfeschlegelsteinhausenbergerdorff ${'Featherstonehaugh '.repeat(5)}`, 'Internationale Spedition mbH & Co. KG', 1),
  korean: much('김민준', '한빛 소프트웨어 주식회사', 0),
  little: {
    ...callerNamed('Anna Björk'),
    contacts: callerNamed('Anna Björk').contacts.map((each) => ({ ...each, owner: 'Maria Andersson' })),
  },
  arabic: much('محمد عبد الرحمن الخطيب', 'شركة الأفق للتجارة', 3),
}

test('however much there is to say, the name is read, answer and decline are in sight, and nothing is cut at the side', async () => {
  const main: ScriptedMain = await startScripted()
  cleanups.push(() => main.close())
  const shot = (page: Page, name: string) => page.screenshot({ path: test.info().outputPath(`${name}.png`) })
  const check = async (page: Page, caller: CallerId) => {
    const pop = page.getByRole('dialog', { name: 'Incoming call' })
    await expect(pop.getByRole('heading')).toContainText(caller.contacts[0]?.name.trim() ?? '')
    for (const name of ['Answer', 'Decline']) await expect(pop.getByRole('button', { name })).toBeInViewport({ ratio: 1 })
    await expect(pop.getByText('Sales queue')).toBeInViewport()
    // No box with nothing in it.
    for (const facts of await pop.locator('[data-facts]:visible').all()) expect((await facts.innerText()).trim()).not.toBe('')
    expect(await pop.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0)
  }
  const popUrl = main.page.url().replace('/app/', '/pop/index.html')
  const pop = await main.context.newPage()
  await pop.setViewportSize({ width: 360, height: 220 })
  for (const scheme of ['light', 'dark'] as const) {
    await main.page.emulateMedia({ colorScheme: scheme })
    await pop.emulateMedia({ colorScheme: scheme })
    for (const [name, caller] of Object.entries(hard)) {
      main.call(scriptedCall(`${name}-${scheme}`, name, { ...ringing, caller, calledLine: 'Sales queue' }))
      for (const [width, height] of [
        [1000, 680],
        [380, 560],
      ] as const) {
        await main.page.setViewportSize({ width, height })
        await check(main.page, caller)
        await shot(main.page, `${name}-${scheme}-${width}`)
      }
      await pop.goto(popUrl)
      await check(pop, caller)
      await shot(pop, `${name}-${scheme}-pop`)
      main.remove(`${name}-${scheme}`)
    }
  }
  // Twelve to choose from, in the smallest place.
  main.call(scriptedCall('choose', 'choose', { ...ringing, caller: hard.full ?? callerNamed('x'), calledLine: 'Sales queue' }))
  await pop.goto(popUrl)
  await pop.getByRole('button', { name: /Who is it\?/ }).click()
  await shot(pop, 'choose-pop')
  const last = pop.getByRole('list', { name: 'Who is it?' }).getByRole('button').last()
  await last.scrollIntoViewIfNeeded()
  await last.click()
  expect(main.of('contacts.choose')).toEqual([{ number: '+4681234567', contactId: 5010 }])
})
