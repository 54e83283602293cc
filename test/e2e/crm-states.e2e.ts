/** What Settings shows of CRM connections in states that a fake CRM takes long to bring about: waiting, paused, a first sync of many. */
import { expect, test } from '@playwright/test'
import { TroubleError } from '../../main/trouble'
import type { Connection, CrmIdentity, CrmKind, Snapshot } from '../../preload/contract'
import { type ScriptedMain, startScripted } from '../fixtures/scripted-main'

const kinds: CrmKind[] = [
  { kind: 'pipedrive', name: 'Pipedrive', domain: null, leads: true },
  { kind: 'hubspot', name: 'HubSpot', domain: null, leads: true, scopes: ['crm.objects.contacts.read', 'crm.objects.deals.read'] },
  { kind: 'freshdesk', name: 'Freshdesk', domain: { suffix: '.freshdesk.com' }, leads: false },
]
const now = Date.now()
function connection(id: string, is: Partial<Connection> = {}): Connection {
  const name = kinds.find(({ kind }) => id.startsWith(kind))?.name ?? ''
  return {
    id,
    kind: id.split('-')[0] ?? '',
    label: `${name} Nordwind`,
    domain: id.startsWith('freshdesk') ? 'nordwind' : '',
    account: 'Nordwind',
    user: { id: '7', name: 'Anna Björk', email: 'anna@nordwind.example' },
    callerId: true,
    status: 'idle',
    progress: null,
    resumesAt: null,
    syncedAt: now - 60_000,
    complete: true,
    counts: { contacts: 100_000, organizations: 8_000, deals: 12_400, leads: 310 },
    trouble: null,
    ...is,
  }
}
const identity: CrmIdentity = {
  account: '4242',
  user: null,
  users: [
    { id: '1', name: 'Anna Björk', email: 'anna@nordwind.example' },
    { id: '2', name: '김민준', email: 'minjun@nordwind.example' },
    { id: '3', name: 'Łukasz Wójcik-Żółkiewski', email: null },
  ],
  scopes: [
    { name: 'crm.objects.contacts.read', state: 'granted' },
    { name: 'crm.objects.deals.read', state: 'missing' },
    { name: 'crm.objects.contacts.write', state: 'unknown' },
    { name: 'tickets', state: 'excess' },
  ],
  warnings: [
    { code: 'hubspot.missingScopes', params: { scopes: 'crm.objects.deals.read' } },
    { code: 'hubspot.excessScopes', params: { scopes: 'tickets' } },
  ],
}

let app: ScriptedMain
async function started(connections: Connection[], state: Partial<Snapshot> = {}, options: Parameters<typeof startScripted>[1] = {}) {
  app = await startScripted({ crmKinds: kinds, connections, ...state }, options)
  await app.page.getByRole('navigation').getByRole('button', { name: 'Settings' }).click()
  const section = app.page.getByRole('region', { name: 'CRM' })
  await section.scrollIntoViewIfNeeded()
  return section
}
test.afterEach(async () => await app.close())

test('says how each connection stands, what it waits for and what helps', async () => {
  const section = await started([
    connection('pipedrive-1', {
      status: 'syncing',
      complete: false,
      syncedAt: null,
      counts: { contacts: 48_000, organizations: 8_000, deals: 0, leads: 0 },
      progress: { object: 'contacts', mode: 'full', done: 48_200, total: 100_000, leftMs: 170_000 },
    }),
    connection('hubspot-1', {
      label: 'Sales',
      user: null,
      status: 'waiting',
      resumesAt: now + 30_000,
      trouble: { code: 'crm.tooFast', params: { crm: 'HubSpot' } },
    }),
    connection('pipedrive-2', {
      label: 'Daughter company',
      account: 'Südwind',
      status: 'waiting',
      complete: false,
      resumesAt: now + 40 * 3_600_000,
      trouble: { code: 'crm.dailyShare', params: { crm: 'Pipedrive' } },
    }),
    connection('freshdesk-1', { status: 'failed', trouble: { code: 'network.unreachable', params: { host: 'nordwind.freshdesk.com' } } }),
  ])
  const card = (name: string) => section.getByRole('group', { name, exact: true })
  const first = card('Pipedrive Nordwind')
  await expect(first.getByRole('status')).toHaveText('Syncing…')
  await expect(first).toContainText('Contacts: 48,200 of 100,000, about 3 min left')
  await expect(first.getByRole('progressbar', { name: 'Sync of Pipedrive Nordwind' })).toHaveAttribute('aria-valuenow', '48')
  await expect(first).toContainText('48,000 contacts and 8,000 organizations')
  await expect(first).not.toContainText('Last updated')
  await expect(card('Sales').getByRole('status')).toHaveText(/^Waiting for HubSpot's limit until .*\d\d:\d\d/)
  await expect(card('Sales')).toContainText('You have not said who you are there')
  await expect(card('Daughter company').getByRole('status')).toHaveText(/^Paused for today, goes on \S.* \d\d:\d\d/)
  await expect(card('Daughter company')).toContainText('has used its part of what Pipedrive allows')
  await expect(card('Freshdesk Nordwind')).toContainText('Ringbook tries again by itself within 15 minutes.')

  await first.getByRole('button', { name: 'Cancel sync' }).click()
  await card('Freshdesk Nordwind').getByRole('button', { name: 'Sync now' }).click()
  await expect.poll(() => app.of('connections.sync')).toEqual([{ connectionId: 'freshdesk-1' }])
  expect(app.of('connections.cancel')).toEqual([{ connectionId: 'pipedrive-1' }])

  await section.getByText('Name callers', { exact: true }).click()
  await expect(first).toContainText('Names are switched off for all callers below.')
  expect(app.of('settings.change')).toEqual([{ callerId: false }])
  await app.page.getByRole('navigation').getByRole('button', { name: 'Phone' }).click()
  await expect(app.page.getByRole('alert')).toHaveCount(0)
})

test('points out what a token lacks and what it may too much; nobody in particular until the rep says who', async () => {
  const section = await started([])
  app.on('connections.check', () => identity)
  await section.getByRole('button', { name: 'Connect your CRM' }).click()
  const form = section.getByRole('form', { name: 'Connect your CRM' })
  await expect(form.getByRole('radio', { name: 'Pipedrive' })).toBeFocused()
  await app.page.keyboard.press('ArrowRight')
  await expect(form).toContainText('crm.objects.contacts.read, crm.objects.deals.read')
  await form.getByLabel('Access token').fill('pat-eu1-00000000')
  await expect(form).toContainText('It is kept in test, and sent to HubSpot alone.')
  await app.page.keyboard.press('Enter')
  const found = form.getByRole('group', { name: 'What this token may do' })
  await expect(found).toBeFocused()
  await expect(found).toContainText('This token opens 4242.')
  await expect(found).toContainText('Add these scopes in HubSpot')
  for (const [state, name] of [
    ['missing', 'Needed, but missing crm.objects.deals.read'],
    ['excess', 'More than Ringbook needs tickets'],
  ] as const) {
    await expect(found.locator(`[data-state="${state}"]`)).toHaveText(
      new RegExp(name.replace(' crm', '\\s*crm').replace(' tickets', '\\s*tickets')),
    )
  }
  const who = form.getByLabel('Who you are there')
  await expect(who).toHaveValue('Nobody in particular')
  await expect(who).toHaveAccessibleDescription(/shown alike, whoever owns them/)
  await who.fill('민준')
  await app.page.getByRole('option', { name: /김민준/ }).click()
  await expect(who).toHaveAccessibleDescription(/come first when several share a number/)

  // Refused when it is kept: everything is still there.
  app.on('connections.save', () => {
    throw new TroubleError('crm.already', { account: '4242', label: 'Sales' })
  })
  await form.getByRole('button', { name: 'Connect', exact: true }).click()
  await expect(form.getByRole('alert')).toContainText('4242 is connected already')
  await expect(who).toHaveValue('김민준 (minjun@nordwind.example)')
  app.on('connections.save', () => ({ connectionId: 'hubspot-1' }))
  await form.getByRole('button', { name: 'Connect', exact: true }).click()
  await expect(form).toBeHidden()
  expect(app.of('connections.save').at(-1)).toEqual({
    kind: 'hubspot',
    domain: '',
    token: 'pat-eu1-00000000',
    label: '',
    keepToken: 'keyring',
    user: identity.users[1],
  })
  await expect(section.getByRole('button', { name: 'Connect your CRM' })).toBeFocused()
})

test('asks for the company where the CRM wants it, and for a token of its own when that changes', async () => {
  const section = await started([connection('freshdesk-1')], { secrets: { available: false, name: '', plainFileInUse: false } })
  app.on('connections.check', () => ({ ...identity, scopes: [], warnings: [] }))
  await section.getByRole('button', { name: 'Edit' }).click()
  const form = section.getByRole('form', { name: 'Edit Freshdesk Nordwind' })
  await expect
    .poll(() => app.of('connections.check'))
    .toEqual([{ id: 'freshdesk-1', kind: 'freshdesk', domain: 'nordwind', label: 'Freshdesk Nordwind', keepToken: 'session' }])
  await expect(form.getByLabel('Who you are there')).toHaveValue('Anna Björk (anna@nordwind.example)')
  const domain = form.getByLabel("Your company's address")
  await domain.fill('https://suedwind.freshdesk.com/a/dashboard')
  await form.getByRole('button', { name: 'Check', exact: true }).click()
  await expect(domain).toHaveValue('suedwind')
  await expect(form.getByLabel('API key')).toBeFocused()
  await expect(form.getByLabel('API key')).toHaveAccessibleDescription(/Another address needs a token of its own/)
  app.on('connections.check', () => {
    throw new TroubleError('network.nameNotFound', { host: 'suedwind.freshdesk.com' })
  })
  await form.getByLabel('API key').fill('abcdef')
  await expect(form.getByRole('checkbox', { name: 'Keep the token in a file that only you can read' })).not.toBeChecked()
  await form.getByRole('button', { name: 'Check', exact: true }).click()
  await expect(domain).toHaveAccessibleDescription(/was not found/)
  await expect(form.getByLabel('API key')).toHaveValue('abcdef')
  await form.getByRole('button', { name: 'Cancel', exact: true }).click()
  await expect(form).toBeHidden()
  expect(app.of('connections.save')).toEqual([])
})
