/** Two calls on the real app over the practice line: one is heard, the other waits in silence; and a call is handed over. */
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import Database from 'better-sqlite3'
import { expect, type RunningApp, test } from '../fixtures/app'
import { peerAudio } from '../fixtures/audio'

const group = (page: Page, name: string | RegExp) => page.getByRole('region', { name: 'Calls', exact: true }).getByRole('group', { name })
async function ready({ page }: RunningApp): Promise<void> {
  await expect(page.getByRole('button', { name: 'Practice incoming call' })).toBeEnabled()
}
async function dial(page: Page, number: string): Promise<void> {
  await page.getByLabel('Number or name').fill(number)
  await page.getByLabel('Number or name').press('Enter')
  await expect(group(page, number).getByText('Connected')).toBeVisible({ timeout: 20_000 })
}
async function answer(page: Page): Promise<void> {
  await page.evaluate(() =>
    [...document.querySelectorAll('button')].find((each) => each.textContent?.includes('Practice incoming call'))?.click(),
  )
  await expect(page.getByRole('dialog', { name: 'Incoming call' })).toBeVisible()
  await page.keyboard.press('Control+Shift+A')
}
/** Of each peer, rep's sides and robots' sides alike, in the order in which they were made: the energy that arrived within that time. */
async function arriving(page: Page, ms: number): Promise<number[]> {
  const before = await peerAudio(page)
  await page.waitForTimeout(ms)
  const after = await peerAudio(page)
  return after.map((peer, index) => peer.energyReceived - (before[index]?.energyReceived ?? 0))
}
const silent = 1e-9

test('answering puts the first call on hold, in silence; resuming it swaps them; the held one stays when the other ends', async ({
  app,
}) => {
  const { page } = app
  await ready(app)
  await dial(page, '600')
  const first = group(page, '600')
  await expect.poll(async () => (await arriving(page, 1000)).some((energy) => energy > silent), { timeout: 20_000 }).toBe(true)

  await answer(page)
  await expect(first).toHaveAttribute('data-hold', 'held')
  await expect(first.getByText('On hold')).toBeVisible()
  const second = page.getByRole('region', { name: 'Calls', exact: true }).locator('[data-hold="none"]')
  await expect(second).toHaveCount(1)
  await expect
    .poll(
      async () => {
        const [held = 1, , ...rest] = await arriving(page, 1500)
        return held <= silent && rest.some((energy) => energy > silent)
      },
      { timeout: 20_000 },
    )
    .toBe(true)

  await first.getByRole('button', { name: 'Resume' }).click()
  await expect(first).toHaveAttribute('data-hold', 'none')
  await expect(page.getByRole('region', { name: 'Calls', exact: true }).locator('[data-hold="held"]')).toHaveCount(1)
  await expect.poll(async () => ((await arriving(page, 1500))[0] ?? 0) > silent, { timeout: 20_000 }).toBe(true)

  await first.getByRole('button', { name: 'Hang up' }).click()
  await expect(first).toHaveCount(0)
  const left = page.getByRole('region', { name: 'Calls', exact: true }).locator('[data-hold="held"]')
  await expect(left).toHaveCount(1)
  await page.waitForTimeout(1000)
  await expect(left).toHaveCount(1)
})

test('a call is handed over: kept when nobody takes it, gone when somebody does, and its record says where to', async ({ app }) => {
  const { page } = app
  await ready(app)
  await dial(page, '600')
  const call = group(page, '600')
  const transfer = async (number: string) => {
    await call.getByRole('button', { name: 'Transfer', exact: true }).click()
    const panel = page.getByRole('dialog', { name: 'Transfer 600' })
    await panel.getByLabel('Transfer to').fill(number)
    await panel.getByRole('button', { name: 'Transfer now' }).click()
  }
  await transfer('605')
  await expect(page.getByText('The other party is busy, so the call was not transferred', { exact: false }).first()).toBeVisible()
  await expect(call).toHaveAttribute('data-hold', 'held')
  await transfer('601')
  await expect(call).toHaveCount(0)
  const db = new Database(join(app.profile, 'ringbook.sqlite'), { readonly: true })
  try {
    const kept = () => db.prepare('SELECT number, result, transferred_to AS transferredTo FROM calls').all()
    await expect.poll(kept).toEqual([{ number: '600', result: 'answered', transferredTo: '601' }])
  } finally {
    db.close()
  }
})

test('a conference of both is heard by both, also after a reload, and the rep leaves it: the two are connected', async ({ app }) => {
  const { page } = app
  await ready(app)
  await dial(page, '600')
  await answer(page)
  await expect(group(page, '600')).toHaveAttribute('data-hold', 'held')
  const active = page.getByRole('region', { name: 'Calls', exact: true }).locator('[data-hold="none"]')
  await active.getByRole('button', { name: 'More' }).click()
  await page
    .getByRole('menuitem', { name: 'Conference with 600' })
    .or(page.getByRole('button', { name: 'Conference with 600' }))
    .click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  // Both of the rep's sides hear; the robots' sides too, for each is sent the rep and the other one.
  await expect
    .poll(async () => (await arriving(page, 1500)).filter((energy) => energy > silent).length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(2)
  // The page with the audio goes, and with it the mix; the next one is told of it.
  await page.reload()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  await expect
    .poll(async () => (await arriving(page, 1500)).filter((energy) => energy > silent).length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(2)
  await page.getByRole('button', { name: 'Leave' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  const db = new Database(join(app.profile, 'ringbook.sqlite'), { readonly: true })
  try {
    const kept = () => db.prepare('SELECT result FROM calls WHERE transferred_to IS NOT NULL').pluck().all()
    await expect.poll(kept).toEqual(['answered', 'answered'])
  } finally {
    db.close()
  }
})
