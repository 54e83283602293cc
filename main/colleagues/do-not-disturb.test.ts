/** Feature codes for do-not-disturb, over accounts whose far end is the test. */
import { beforeEach, expect, it } from 'vitest'
import type { Trouble } from '../../preload/contract'
import { ScriptedAccount } from '../../test/fixtures/scripted-account'
import { silentLog } from '../log'
import { DoNotDisturb } from './do-not-disturb'

let office: ScriptedAccount
let home: ScriptedAccount
let disturb: DoNotDisturb
let told: Trouble[][]

beforeEach(() => {
  told = []
  office = new ScriptedAccount('office', () => 0)
  home = new ScriptedAccount('home', () => 0)
  disturb = new DoNotDisturb(false, {
    log: silentLog(),
    services: (id) => ({
      label: id,
      doNotDisturbOn: id === 'office' ? '*78' : '',
      doNotDisturbOff: id === 'office' ? '*79' : '',
    }),
    onTroubles: () => told.push(disturb.troubles),
    limits: { callMs: 60, announcementMs: 30 },
  })
  for (const line of [office, home]) {
    line.start()
    disturb.lineIs(line.id, line)
  }
})
const settled = (ms = 20) => new Promise((done) => setTimeout(done, ms))
const codes = () => office.dialled.map(({ remote }) => remote.number)

it('each phone system with a code is told, without sound, and left when it has said its say', async () => {
  disturb.set(true)
  disturb.set(true)
  expect(office.done).toContain('silent *78')
  expect(home.dialled).toEqual([])
  office.dialled[0]?.onConnected?.()
  await settled(100)
  expect(office.dialled[0]?.done).toEqual(['hangUp'])
  disturb.set(false)
  expect(codes()).toEqual(['*78', '*79'])
  expect(told).toEqual([])
})

it('one that is offline hears it when it is back, and only what holds then', async () => {
  office.become({ status: 'offline' })
  disturb.set(true)
  disturb.set(false)
  disturb.set(true)
  expect(codes()).toEqual([])
  office.become({ status: 'registered' })
  disturb.registered('office')
  disturb.registered('office')
  expect(codes()).toEqual(['*78'])
})

it('what changes while it is being told is told after it', async () => {
  disturb.set(true)
  disturb.set(false)
  expect(codes()).toEqual(['*78'])
  office.dialled[0]?.onConnected?.()
  office.dialled[0]?.end()
  await settled()
  expect(codes()).toEqual(['*78', '*79'])
})

it('a failure is told with the code to dial, and taken back when it works', async () => {
  disturb.set(true)
  office.dialled[0]?.end({ status: 404 })
  await settled()
  expect(told).toEqual([[{ code: 'colleagues.doNotDisturbUntold', params: { account: 'office', number: '*78' }, detail: 'SIP 404' }]])
  disturb.set(false)
  office.dialled[1]?.onConnected?.()
  office.dialled[1]?.end()
  await settled()
  expect(disturb.troubles).toEqual([])
})

it('one that never answers is given up', async () => {
  disturb.set(true)
  await settled(120)
  expect(office.dialled[0]?.done).toEqual(['hangUp'])
  expect(disturb.troubles).toHaveLength(1)
})

it('an account that cannot dial now is told of as well, and one that goes takes its trouble along', async () => {
  office.dial = () => {
    throw new Error('no')
  }
  disturb.set(true)
  await settled()
  expect(disturb.troubles).toHaveLength(1)
  disturb.lineIs('office', null)
  expect(disturb.troubles).toEqual([])
})
