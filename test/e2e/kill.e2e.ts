/**
 * Main is killed (SIGKILL) at a random moment of a call and of its form, also while it is saved or skipped, and started again
 * on the same profile: nothing that had been on the screen for more than half a second is lost, and the call's record never.
 */
import { rmSync } from 'node:fs'
import { type BrowserContext, expect, type Locator, type Page, test } from '@playwright/test'
import { openChromium, startMain, temporaryProfile } from '../fixtures/app'
import { type Did, judge, type Kept, keptCalls } from '../fixtures/killed-call'
import { watchScreen, whatWasSeen } from '../fixtures/seen'

const times = process.env.RINGBOOK_SOAK ? 50 : 5
const seed = Number(process.env.RINGBOOK_SEED ?? Date.now() % 1_000_000)
const outcomes = ['connected', 'left-message', 'voicemail', 'no-answer', 'busy', 'wrong-number']

test.skip(process.env.RINGBOOK_TEST_HOST === 'electron', 'main alone is killed, which is a process of its own in the browser host only')

let profile: string
let context: BrowserContext
test.beforeAll(async () => {
  profile = temporaryProfile()
  context = await openChromium()
  await watchScreen(context)
})
test.afterAll(async () => {
  await context.close()
  rmSync(profile, { recursive: true, force: true })
})

test(`nothing is lost when main is killed, ${times} times`, async () => {
  test.setTimeout(60_000 + times * 60_000)
  const page = context.pages()[0] ?? (await context.newPage())
  let earlier: Kept[] = []
  for (let time = 0; time < times; time++) {
    await test.step(`time ${time} of seed ${seed}`, async () => {
      earlier = await killOnce(page, planned(randomFrom(seed * 1_000 + time)), earlier)
    })
  }
})

type Random = (from: number, to: number) => number

/** Whole numbers from `from` up to but without `to` (mulberry32, public domain). */
function randomFrom(start: number): Random {
  let state = start | 0
  return (from, to) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return from + Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * (to - from))
  }
}

/** What happens in one round; `ms` are waits, `letters` are typed before the rep goes on. */
type Plan = ReturnType<typeof planned>
function planned(random: Random) {
  const call = (['incoming', '600', '604'] as const)[random(0, 3)] ?? 'incoming'
  const hangsUp = call !== '604' || random(0, 3) > 0
  const then = (['type', 'save', 'save', 'skip'] as const)[random(0, 4)] ?? 'type'
  // Main goes some time after one of the rep's steps: anywhere, and more often than by chance around hanging up, Save and Skip.
  const steps = ['begin', ...(hangsUp ? ['hangUp'] : []), ...(hangsUp && then !== 'type' ? ['close', 'close'] : [])]
  const killAfter = steps[random(0, steps.length)] ?? 'begin'
  const killMs = killAfter === 'begin' ? random(60, 5_000) : random(0, 2) ? random(0, 60) : random(0, 1_500)
  const letters = { inCall: random(0, 60), after: then === 'type' ? 400 : random(0, 30) }
  return { call, hangsUp, then, saveBy: random(0, 2) ? 'key' : 'button', killAfter, killMs, ringMs: random(0, 900), letters, random }
}

async function killOnce(page: Page, plan: Plan, earlier: Kept[]): Promise<Kept[]> {
  const did: Did = { call: plan.call, answerable: null, hungUp: null, typed: '', outcomes: [], closed: null }
  const main = await startMain(profile)
  let killedAt: number | null = null
  let killing: Promise<void> = Promise.resolve()
  const reached = (step: string) => {
    if (step !== plan.killAfter) return
    setTimeout(() => {
      killedAt = Date.now()
      killing = main.kill()
    }, plan.killMs)
  }
  let begunAt: number
  try {
    await page.goto(main.link)
    await expect(page.getByRole('button', { name: 'Practice incoming call' })).toBeEnabled()
    begunAt = Date.now()
    reached('begin')
    await aCall(page, plan, did, reached, () => killedAt !== null).catch((error: unknown) => {
      // What the rep was doing when main went may fail; before that nothing may.
      if (killedAt === null) throw error
    })
    while (killedAt === null) await page.waitForTimeout(20)
  } finally {
    await killing
    await main.kill()
  }
  const gone = killedAt ?? Date.now()
  const seen = (await whatWasSeen(page)).filter((each) => each.at >= begunAt && each.at <= gone)

  const again = await startMain(profile)
  try {
    const calls = keptCalls(profile)
    const kept = calls.find((call) => call.started_at >= begunAt - 5) ?? null
    const told = `after ${gone - begunAt} ms; kept ${JSON.stringify(kept)}; did ${JSON.stringify(did)}; seen last ${JSON.stringify(seen.at(-1))}`
    // One row for each call, and those of earlier times as they were.
    expect(
      calls.filter((call) => call !== kept),
      told,
    ).toEqual(earlier)
    judge(kept, { begunAt, killedAt: gone, seen, did }, told)
    await page.goto(again.link)
    await expectOnScreen(page, kept)
  } finally {
    await again.stop()
  }
  return keptCalls(profile)
}

/** One call as a rep makes or takes it, as far as it gets. */
async function aCall(page: Page, plan: Plan, did: Did, reached: (step: string) => void, over: () => boolean): Promise<void> {
  const form = page.getByRole('form', { name: 'Log call' })
  const notes = form.getByLabel('Notes')
  const hangUp = page.getByRole('button', { name: 'Hang up' })
  /** False when main is gone before it is so. */
  const until = async (element: Locator, visible: boolean) => {
    while (!over() && (await element.isVisible()) !== visible) await page.waitForTimeout(10)
    return !over()
  }
  const write = async (letters: number) => {
    await notes.click()
    await page.keyboard.press('Control+End')
    for (let count = 0; !over() && count < letters; count++) {
      const character = count % 6 === 5 ? ' ' : String.fromCharCode(97 + plan.random(0, 26))
      did.typed += character
      await page.keyboard.type(character)
      await page.waitForTimeout(plan.random(0, 60))
      if (plan.random(0, 25) > 0) continue
      const digit = plan.random(1, 7)
      did.outcomes.push({ at: Date.now(), value: outcomes[digit - 1] ?? '' })
      await page.keyboard.press(`Alt+Digit${digit}`)
    }
    return !over()
  }

  if (plan.call === 'incoming') {
    await page.getByRole('button', { name: 'Practice incoming call' }).click()
    const pop = page.getByRole('dialog', { name: 'Incoming call' })
    if (!(await until(pop, true))) return
    await page.waitForTimeout(plan.ringMs)
    if (over()) return
    did.answerable = Date.now()
    await pop.getByRole('button', { name: 'Answer' }).click()
  } else {
    const field = page.getByLabel('Number or name')
    await field.fill(plan.call)
    if (plan.call === '600') did.answerable = Date.now()
    await field.press('Enter')
    if (!(await until(hangUp, true))) return
  }
  if (plan.call === '604') await page.waitForTimeout(plan.ringMs)
  else if (!(await until(form, true)) || !(await write(plan.letters.inCall))) return
  if (!plan.hangsUp || over()) return

  did.hungUp = Date.now()
  reached('hangUp')
  await hangUp.click()
  if (!(await until(form, true)) || !(await write(plan.letters.after)) || plan.then === 'type') return

  did.closed = { as: plan.then === 'save' ? 'saved' : 'skipped', at: Date.now() }
  reached('close')
  if (plan.then === 'skip') await form.getByRole('button', { name: 'Skip' }).click()
  else if (plan.saveBy === 'key') await page.keyboard.press('Control+Enter')
  else await form.getByRole('button', { name: 'Save log' }).click()
  if (!(await until(form, false)) || plan.then === 'skip') return
  await until(page.getByText('Saved', { exact: true }).first(), true)
}

const startingWith = (text: string) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)

/** The rep sees it too: the draft is open with its text, and History tells how the call ended. */
async function expectOnScreen(page: Page, kept: Kept | null): Promise<void> {
  const form = page.getByRole('form', { name: 'Log call' })
  // The page lived on: what it had not been able to hand over may stand after what was kept.
  if (kept?.state === 'draft') await expect.poll(() => form.getByLabel('Notes').inputValue()).toMatch(startingWith(kept.notes ?? ''))
  if (kept) {
    await page.getByRole('navigation').getByText('History').click()
    const row = page
      .getByRole('row')
      .filter({ has: page.getByRole('gridcell') })
      .first()
    await expect(row).toContainText({ interrupted: /interrupted/i, cancelled: 'Cancelled' }[kept.result ?? ''] ?? /Incoming|Outgoing/)
    if (kept.notes) await expect(row).toContainText(kept.notes.trim().slice(0, 100))
    await page.getByRole('navigation').getByText('Phone').click()
  }
  if (kept?.state === 'draft') await form.getByRole('button', { name: 'Skip' }).click()
  await expect(form).toBeHidden()
}
