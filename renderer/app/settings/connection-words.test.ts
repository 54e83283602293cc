/** What a connection is said to be, in each state that it can be in, and what is entered for one. */
import { describe, expect, it } from 'vitest'
import type { Connection } from '../../../preload/contract'
import { formatTime } from '../format'
import { createCatalogue } from '../i18n'
import { choosable, faultOf, fieldOf, inputOf, isNew, ownPart } from './connect-form'
import {
  countsWords,
  everyChoices,
  everyWords,
  leftWords,
  needsToken,
  progressWords,
  shownProgress,
  stateOf,
  triesAgain,
} from './connection-words'

const t = createCatalogue().getFixedT('en', 'crm')
const now = new Date(2026, 10, 20, 14, 0).getTime()
const minute = 60_000
const hour = 60 * minute

function connectionThat(is: Partial<Connection> = {}): Connection {
  return {
    id: 'pipedrive-1a2b3c4d',
    kind: 'pipedrive',
    label: 'Pipedrive Acme',
    domain: '',
    account: 'Acme',
    user: null,
    callerId: true,
    status: 'idle',
    progress: null,
    resumesAt: null,
    syncedAt: now - hour,
    complete: true,
    counts: { contacts: 100_000, organizations: 8_000, deals: 1, leads: 0 },
    trouble: null,
    ...is,
  }
}
const words = (is: Partial<Connection>) => {
  const { tone, words } = stateOf(connectionThat(is), 'Pipedrive', t, now)
  return `${tone}: ${words}`
}
const trouble = (code: string) => ({ code, params: {} })
const progress = { object: 'contacts', mode: 'full', done: 48_200, total: 100_000, leftMs: 170_000 } as const

describe('a connection', () => {
  it('is said to be as it is', () => {
    expect(words({})).toBe('good: Up to date')
    expect(words({ complete: false, syncedAt: null, counts: { contacts: 0, organizations: 0, deals: 0, leads: 0 } })).toBe(
      'wait: Not synced yet',
    )
    expect(words({ complete: false })).toBe('wait: Not finished yet')
    expect(words({ status: 'syncing' })).toBe('busy: Syncing…')
    expect(words({ status: 'syncing', progress: { ...progress, mode: 'changes' } })).toBe('busy: Looking for changes…')
    expect(words({ status: 'syncing', progress: { ...progress, mode: 'sweep' } })).toBe('busy: Looking for deleted records…')
    expect(words({ status: 'syncing', complete: false, progress: { ...progress, mode: 'changes' } })).toBe('busy: Syncing…')
    expect(words({ status: 'failed', trouble: trouble('network.cut') })).toBe('warn: Not updated')
    expect(words({ status: 'failed', trouble: trouble('crm.noToken') })).toBe('stop: Not connected')
    expect(words({ status: 'refused', trouble: trouble('crm.refused') })).toBe('stop: Not connected')
  })

  it('says until when it waits, with the day where that is another', () => {
    const resumesAt = now + 20 * minute
    expect(words({ status: 'waiting', trouble: trouble('crm.tooFast'), resumesAt })).toBe(
      `wait: Waiting for Pipedrive's limit until ${formatTime(resumesAt)}`,
    )
    const tomorrow = now + 12 * hour
    expect(words({ status: 'waiting', trouble: trouble('crm.dailyShare'), resumesAt: tomorrow })).toBe(
      `wait: Paused for today, goes on tomorrow ${formatTime(tomorrow)}`,
    )
  })

  it('asks for a token only where nothing else helps, and says what is tried again', () => {
    const of = (code: string, status: Connection['status'] = 'failed') => {
      const is = { status, trouble: trouble(code) }
      return [needsToken(is), triesAgain(is)]
    }
    expect(of('crm.refused', 'refused')).toEqual([true, false])
    expect(of('crm.noToken')).toEqual([true, false])
    expect(of('crm.refused', 'syncing')).toEqual([false, false])
    expect(of('network.timeout')).toEqual([false, true])
    expect(of('crm.serverError')).toEqual([false, true])
    expect(of('crm.endlessPages')).toEqual([false, false])
    expect(of('crm.dailyLimit', 'waiting')).toEqual([false, false])
  })
})

describe('a sync', () => {
  it('says how far it is and how long it takes', () => {
    expect(progressWords(progress, t)).toBe('Contacts: 48,200 of 100,000, about 3 min left')
    expect(progressWords({ ...progress, total: null, leftMs: null }, t)).toBe('Contacts: 48,200 so far')
    expect(progressWords({ ...progress, object: 'stages', done: 0, total: null, leftMs: null }, t)).toBe('Pipeline stages…')
    expect([20_000, 61_000, 59 * minute, 61 * minute, 20 * hour, 40 * hour, 80 * hour].map((ms) => leftWords(ms, t))).toEqual([
      'less than a minute',
      'about 2 min',
      'about 59 min',
      'about 2 h',
      'about 20 h',
      'about 2 days',
      'about 4 days',
    ])
  })

  it('has a bar where it takes a while', () => {
    const shown = (is: Partial<Connection>) => shownProgress(connectionThat({ status: 'syncing', progress, ...is })) !== null
    expect(shown({})).toBe(true)
    expect(shown({ status: 'idle' })).toBe(false)
    expect(shown({ progress: { ...progress, mode: 'changes', done: 12, total: null } })).toBe(false)
    expect(shown({ progress: { ...progress, mode: 'changes', done: 12, total: null }, complete: false })).toBe(true)
    expect(shown({ progress: { ...progress, mode: 'changes', done: 600, total: null } })).toBe(true)
    expect(shown({ progress: { ...progress, mode: 'sweep', done: 0 } })).toBe(true)
  })
})

it('counts what is cached, and offers how often to sync', () => {
  expect(countsWords(connectionThat(), t, 'en-GB')).toBe('100,000 contacts, 8,000 organizations and 1 deal')
  expect(countsWords(connectionThat({ counts: { contacts: 0, organizations: 0, deals: 0, leads: 2 } }), t, 'en-GB')).toBe(
    '0 contacts and 2 leads',
  )
  expect(countsWords(connectionThat({ counts: { contacts: 0, organizations: 0, deals: 0, leads: 0 } }), t)).toBeNull()
  expect(everyChoices(15)).toHaveLength(10)
  expect(everyChoices(7).slice(0, 3)).toEqual([5, 7, 10])
  expect([5, 60, 90, 1440].map((minutes) => everyWords(minutes, t))).toEqual(['5 minutes', '1 hour', '90 minutes', '24 hours'])
})

describe('what is entered', () => {
  const entry = { kind: 'freshdesk', domain: 'acme', token: '' }
  const kind = { kind: 'freshdesk', name: 'Freshdesk', domain: { suffix: '.freshdesk.com' }, leads: false }
  const kept = connectionThat({ kind: 'freshdesk', domain: 'acme' })

  it('names what is missing, and asks for a token again where the address is another', () => {
    expect(faultOf({ ...entry, domain: ' ' }, kind, null)).toEqual({ field: 'domain', key: 'domainMissing' })
    expect(faultOf(entry, kind, null)).toEqual({ field: 'token', key: 'tokenMissing' })
    expect(faultOf(entry, kind, kept)).toBeNull()
    expect(faultOf({ ...entry, domain: 'other' }, kind, kept)).toEqual({ field: 'token', key: 'tokenForDomain' })
    expect(faultOf({ ...entry, domain: 'other', token: 'x' }, kind, kept)).toBeNull()
    expect([isNew(entry, null), isNew(entry, kept), isNew({ ...entry, token: 'x' }, kept)]).toEqual([true, false, true])
  })

  it('takes a pasted address for the company it names', () => {
    const part = (text: string) => ownPart(text, '.freshdesk.com')
    expect(part(' https://Acme.freshdesk.com/a/tickets?x=1 ')).toBe('Acme')
    expect(part('acme.freshdesk.com')).toBe('acme')
    expect(part('acme')).toBe('acme')
    expect(part('acme.example.com')).toBe('acme.example.com')
    expect(ownPart('acme.freshdesk.com', 'freshdesk.com')).toBe('acme')
  })

  it('puts a refusal beside its field, and sends no empty token', () => {
    expect(fieldOf(trouble('crm.refused'), false)).toBe('token')
    expect(fieldOf(trouble('network.nameNotFound'), true)).toBe('domain')
    expect(fieldOf(trouble('network.nameNotFound'), false)).toBeNull()
    expect(fieldOf(trouble('crm.badReply'), true)).toBeNull()
    const about = { id: undefined, label: '', keyring: false, plainFile: false }
    expect(inputOf({ ...entry, token: ' abc ' }, about)).toEqual({
      kind: 'freshdesk',
      domain: 'acme',
      token: 'abc',
      label: '',
      keepToken: 'session',
    })
    expect(inputOf(entry, { ...about, id: 'x', keyring: true })).not.toHaveProperty('token')
    expect(inputOf(entry, { ...about, plainFile: true }).keepToken).toBe('plain-file')
  })

  it('offers who was chosen before, even where the CRM does not name them any more', () => {
    const [anna, bo] = ['1', '2'].map((id) => ({ id, name: id, email: null }))
    if (!anna || !bo) throw new Error('there are two')
    expect(choosable([anna], bo)).toEqual([bo, anna])
    expect(choosable([anna, bo], bo)).toEqual([anna, bo])
    expect(choosable([anna], null)).toEqual([anna])
  })
})
