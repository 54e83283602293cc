/** What HubSpot's replies say of its limits, as the fake sends them and as they may be garbled. */
import { afterEach, expect, it } from 'vitest'
import { sender } from '../../../test/fixtures/crm/asking'
import { create } from '../../../test/fixtures/crm/hubspot'
import type { CrmReply } from '../crm'
import { hubspot } from './hubspot'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const now = Date.UTC(2026, 10, 20, 9, 20)
const reply = (status: number, headers: Record<string, string> = {}, body: unknown = {}): CrmReply => ({
  ...{ status, headers },
  body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
})

it('reads the short window and the day from the headers', () => {
  const headers = {
    'x-hubspot-ratelimit-max': '100',
    'x-hubspot-ratelimit-remaining': '7',
    'x-hubspot-ratelimit-interval-milliseconds': '10000',
    'x-hubspot-ratelimit-daily': '250000',
    'x-hubspot-ratelimit-daily-remaining': '1234',
  }
  expect(hubspot.limits(reply(200, headers), now)).toEqual({
    ...{ burstRemaining: 7, burstResetMs: 10_000, dailyLimit: 250_000, dailyRemaining: 1234 },
  })
  expect(hubspot.limits(reply(200), now)).toEqual({})
})

it('waits as long as the window that was overrun, and till the next full hour when it is the day', () => {
  const policy = (policyName: unknown) => hubspot.limits(reply(429, {}, { errorType: 'RATE_LIMIT', policyName }), now)
  expect(policy('TEN_SECONDLY_ROLLING')).toEqual({ waitMs: 10_000 })
  expect(policy('SECONDLY')).toEqual({ waitMs: 1_000 })
  expect(policy('DAILY')).toEqual({ dailyResetMs: 40 * 60_000 })
  expect(policy('__proto__')).toEqual({})
  expect(policy(7)).toEqual({})
  expect(hubspot.limits(reply(429, {}, '<!DOCTYPE html>'), now)).toEqual({})
  expect(hubspot.limits(reply(200, { 'x-hubspot-ratelimit-remaining': '-1', 'x-hubspot-ratelimit-daily': '1e9' }), now)).toEqual({})
})

it('is held back by a fake that keeps its limits, and goes on', async () => {
  const fake = await create({ people: 50, limits: { searchBurst: 1, searchWindowMs: 700 } }).start()
  const { send, close } = sender(hubspot, fake)
  closing.push(() => fake.stop(), close)
  const number = { e164: '+37255501234', national: '55501234', digits: '37255501234' }
  expect(await Promise.all([1, 2].map(() => hubspot.search(send, number, {})))).toEqual([[], []])
  expect(fake.refused).toBeGreaterThan(0)
})

it('stops for the day when the budget is spent', async () => {
  const fake = await create({ people: 50, limits: { daily: 0 } }).start()
  const { send, close } = sender(hubspot, fake)
  closing.push(() => fake.stop(), close)
  await expect(hubspot.refresh(send, '1', {})).rejects.toMatchObject({ trouble: { code: 'crm.dailyLimit' } })
  await expect(hubspot.refresh(send, '2', {})).rejects.toMatchObject({ trouble: { code: 'crm.dailyLimit' } })
  expect(fake.log).toHaveLength(1)
})
