/** A call's sound measured in a real Chromium on the practice line: sampled, kept while it lasts, and not while it is held. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from '../fixtures/app'

interface Kept {
  codec: string
  mos: number
  loss: number
  samples: string
}

test('an echo on this machine gets its score, which is kept after ten seconds, and a held call is not sampled', async ({
  page,
  profile,
}) => {
  const read = <T>(sql: string): T | undefined => {
    const db = new Database(join(profile, 'ringbook.sqlite'), { readonly: true })
    try {
      return db.prepare<[], T>(sql).get()
    } finally {
      db.close()
    }
  }
  const kept = () => read<Kept>('SELECT codec, mos, loss, samples FROM call_quality')
  const talked = () => read<{ ms: number }>('SELECT talk_ms AS ms FROM calls')?.ms ?? 0
  const points = () => (JSON.parse(kept()?.samples ?? '[]') as unknown[]).length
  await page.getByLabel('Number or name').fill('600')
  await page.getByLabel('Number or name').press('Enter')
  const call = page.getByRole('group', { name: '600' })
  await expect(call).toContainText('Connected')
  // Nobody hangs up: this is what a killed program would leave.
  await expect.poll(points, { timeout: 40_000 }).toBeGreaterThanOrEqual(4)
  const row = kept()
  console.log(`practice line: ${row?.codec}, MOS ${row?.mos.toFixed(2)}, loss ${row?.loss}, ${row?.samples}`)
  expect(row?.codec.toLowerCase()).toBe('opus')
  expect(row?.mos).toBeGreaterThan(2)
  expect(row?.mos).toBeLessThanOrEqual(4.5)

  await call.getByRole('button', { name: 'Hold', exact: true }).click()
  await expect(call).toContainText('On hold')
  await page.waitForTimeout(8_000)
  await call.getByRole('button', { name: 'Hang up' }).click()
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeHidden()
  // The hold lasted longer than four looks, and none of them was taken.
  const last = (JSON.parse(kept()?.samples ?? '[]') as { atMs: number }[]).at(-1)?.atMs ?? 0
  expect(last).toBeGreaterThan(10_000)
  await expect.poll(talked).toBeGreaterThan(last + 7_500)
})
