/**
 * From the INVITE at main's socket to the pop on the glass (`pop`), from hang-up to the form on the glass (`form`), and from
 * Save to durable on disk (`save`), in ms, against Asterisk on loopback with 100,000 contacts in the cache. The INVITE is timed
 * where a relay hands it to main, so that the hop is counted against the product.
 */
import { count, median, p95, progress, result } from '../fixtures/bench'
import { clockOffset, lastClick, takePainted } from '../fixtures/paint'
import { startPbxBench } from '../fixtures/pbx-bench'

const calls = count(60)
const forms = 20
const bench = await startPbxBench(100_000)
const { asterisk, relay, page, client, numberOf } = bench
const pops: number[] = []
let uncertainty = 0
try {
  const painted = async (role: string) => {
    for (;;) {
      const found = (await takePainted(page)).find((one) => one.role === role)
      if (found) return found.at
      await page.waitForTimeout(20)
    }
  }
  let invited = 0
  relay.onMessage = (message, towards, at) => {
    if (towards === 'main' && message.startsWith('INVITE ')) invited = at
  }
  for (let call = 0; call < calls; call++) {
    const clock = await clockOffset(page)
    uncertainty = Math.max(uncertainty, clock.uncertainty)
    await takePainted(page)
    await asterisk.callFrom(numberOf(call * 997), 'Somebody', '100')
    const at = await painted('dialog')
    pops.push(at + clock.offset - invited)
    const dialog = page.getByRole('dialog', { name: 'Incoming call' })
    await dialog
      .getByText(`Person ${call * 997} Example`)
      .first()
      .waitFor()
    await dialog.getByRole('button', { name: 'Decline' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.waitForTimeout(400)
    if (call % 10 === 9) progress(`${call + 1} calls: median ${median(pops)} ms, p95 ${p95(pops)} ms`)
  }
  const formTimes: number[] = []
  const saveTimes: number[] = []
  for (let form = 0; form < forms; form++) {
    const { callId } = await client.send('call.dial', { number: '604' })
    const group = page.getByRole('group').filter({ has: page.getByRole('button', { name: 'Hang up' }) })
    await group.getByText('Ringing').first().waitFor()
    await takePainted(page)
    await group.getByRole('button', { name: 'Hang up' }).click()
    formTimes.push((await painted('form')) - (await lastClick(page)))
    const fields = { outcome: 'no-answer' as const, notes: `call ${form}`, followUp: null, contactId: null, dealId: null }
    const began = performance.now()
    await client.send('log.save', { callId, fields })
    saveTimes.push(performance.now() - began)
    await page.getByRole('form', { name: 'Log call' }).waitFor({ state: 'hidden' })
    await page.waitForTimeout(200)
  }
  result('screenpop', pops.length, {
    pop_p50: median(pops),
    pop_p95: p95(pops),
    form_p50: median(formTimes),
    form_p95: p95(formTimes),
    save_p50: median(saveTimes),
    save_p95: p95(saveTimes),
    contacts: 100_000,
    clock_uncertainty: Math.round(uncertainty * 100) / 100,
  })
} finally {
  await bench.close()
}
