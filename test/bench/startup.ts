/**
 * From process start to the printed address (`ready`) and to the practice line's registration (`registered`), and the memory
 * then held; browser host, built tree, without Chromium. Medians, in ms and MB.
 */
import { readFileSync, rmSync } from 'node:fs'
import { startMain, temporaryProfile } from '../fixtures/app'
import { count, median, p95, progress, result } from '../fixtures/bench'
import { connectPage } from '../fixtures/page-client'

const runs = count(15)
const ready: number[] = []
const registered: number[] = []
const rss: number[] = []
for (let run = 0; run < runs; run++) {
  const profile = temporaryProfile()
  const began = performance.now()
  const main = await startMain(profile)
  ready.push(performance.now() - began)
  const page = await connectPage(main.link)
  const up = new Promise<void>((done) => {
    page.on('accounts.changed', (accounts) => accounts.some(({ status }) => status === 'registered') && done())
  })
  const { state } = await page.send('app.snapshot', {})
  if (!state.accounts.some(({ status }) => status === 'registered')) await up
  registered.push(performance.now() - began)
  const status = readFileSync(`/proc/${main.process.pid}/status`, 'utf8')
  rss.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024)
  progress(`run ${run + 1}: ready ${ready.at(-1)?.toFixed(0)} ms, registered ${registered.at(-1)?.toFixed(0)} ms`)
  page.close()
  await main.stop()
  rmSync(profile, { recursive: true, force: true })
}
result('startup', runs, { ready: median(ready), registered: median(registered), registered_p95: p95(registered), rss: median(rss) })
