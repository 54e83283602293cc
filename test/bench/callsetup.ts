/**
 * From a click on Call to the first remote audio packet (`out_*`; `out_invite` to the INVITE at the PBX's socket), and from a
 * click on Answer to the first remote audio packet (`answer_*`), in ms, against Asterisk on loopback. The microphone is opened
 * within every call.
 */
import { firstPacketAt } from '../fixtures/audio'
import { count, median, p95, progress, quantile, result } from '../fixtures/bench'
import { clockOffset, lastClick } from '../fixtures/paint'
import { startPbxBench } from '../fixtures/pbx-bench'

const calls = count(40)
const bench = await startPbxBench(100_000)
const { asterisk, relay, page, client, numberOf } = bench
try {
  const firstPacket = async () => {
    for (;;) {
      const at = await firstPacketAt(page)
      if (at !== null) return at
      await page.waitForTimeout(30)
    }
  }
  const hangUp = async () => {
    await page.waitForTimeout(300)
    const { state } = await client.send('app.snapshot', {})
    for (const { id, phase } of state.calls) if (phase !== 'ended') await client.send('call.hangUp', { callId: id })
    for (const { record } of (await client.send('app.snapshot', {})).state.drafts) await client.send('log.skip', { callId: record.id })
    // Until the microphone is let go and a fresh offer is in reserve, as between a rep's calls.
    await page.waitForTimeout(1500)
  }
  let sent = 0
  relay.onMessage = (message, towards, at) => {
    if (towards === 'pbx' && message.startsWith('INVITE ')) sent ||= at
  }
  const out: number[] = []
  const invite: number[] = []
  const field = page.getByRole('combobox', { name: 'Number or name' })
  for (let call = 0; call < calls; call++) {
    const { offset } = await clockOffset(page)
    sent = 0
    await field.fill('601')
    await page.getByRole('banner').getByRole('button', { name: 'Call', exact: true }).click()
    const first = await firstPacket()
    const clicked = await lastClick(page)
    out.push(first - clicked)
    invite.push(sent - (clicked + offset))
    await hangUp()
    if (call % 10 === 9) progress(`out ${call + 1}: first ${out[0]?.toFixed(0)} ms, median ${median(out.slice(1))} ms`)
  }
  const answer: number[] = []
  for (let call = 0; call < calls; call++) {
    await asterisk.callFrom(numberOf(call * 997), 'Somebody', '100')
    const button = page.getByRole('dialog', { name: 'Incoming call' }).getByRole('button', { name: 'Answer' })
    await button.waitFor()
    // As long as a quick rep takes to look.
    await page.waitForTimeout(700)
    await button.click()
    answer.push((await firstPacket()) - (await lastClick(page)))
    await hangUp()
    if (call % 10 === 9) progress(`answered ${call + 1}: median ${median(answer)} ms`)
  }
  const warm = out.slice(1)
  result('callsetup', warm.length, {
    out_first: quantile(out.slice(0, 1), 1),
    out_p50: median(warm),
    out_p95: p95(warm),
    out_invite_first: quantile(invite.slice(0, 1), 1),
    out_invite_p50: median(invite.slice(1)),
    answer_p50: median(answer),
    answer_p95: p95(answer),
  })
} finally {
  await bench.close()
}
