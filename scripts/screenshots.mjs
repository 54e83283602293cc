/**
 * Makes docs/images/*.png from the built program, with sample contacts and a few invented earlier calls. Run it after a build:
 * `node scripts/screenshots.mjs` (with the Node that `npm start` uses: node_modules/.bin/node).
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { chromium } from 'playwright-core'
import { findChromium } from './test/chromium.mjs'

const root = resolve(import.meta.dirname, '..')
const images = join(root, 'docs', 'images')
const profile = mkdtempSync(join(tmpdir(), 'ringbook-screenshots-'))
const minute = 60_000

/** Earlier calls: contact, minutes ago, incoming, result, talked for (s), outcome, notes. */
const earlier = /** @type {const} */ ([
  [
    'Anna Björk',
    3 * 24 * 60 + 95,
    true,
    'answered',
    252,
    'connected',
    'Call back after the board meeting. Wants the lease over 36 months.',
  ],
  ['Priya Raman', 22, false, 'answered', 418, 'connected', 'Sends the signed order today.'],
  ['Jürgen Weiß', 51, true, 'missed', 0, null, ''],
  ['Charlotte Winslow', 74, false, 'no-answer', 0, 'voicemail', 'Asked her to call back before noon.'],
  ['Dana Whitaker', 128, true, 'answered', 96, 'connected', 'Wrong invoice address; corrected.'],
  ['Bram van Dijk', 26 * 60, false, 'busy', 0, 'busy', ''],
  ['Zofia Krzyżanowska', 27 * 60, true, 'answered', 731, 'connected', 'Demo on Thursday at ten.'],
])

/** @returns {Promise<{ link: string, stop: () => Promise<void> }>} */
async function start() {
  const words = [join(root, 'out/main/browser.js'), '--host', 'browser', '--no-open', '--profile', profile]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise((done) => child.once('exit', done))
  for await (const line of createInterface({ input: child.stdout })) {
    const link = /^Ringbook is ready at (http:\S+)$/.exec(line)?.[1]
    if (!link) continue
    const stop = async () => {
      child.kill()
      await gone
    }
    return { link, stop }
  }
  throw new Error('Ringbook ended before it was ready.')
}

/** @param {(db: import('better-sqlite3').Database) => void} change */
function edit(change) {
  const db = new Database(join(profile, 'ringbook.sqlite'))
  change(db)
  db.close()
}

/** @param {import('better-sqlite3').Database} db */
function addEarlierCalls(db) {
  const who = db.prepare(
    `SELECT c.id, c.name, o.name AS organization, p.e164 FROM contacts c JOIN phones p ON p.contact_id = c.id
       LEFT JOIN organizations o ON o.id = c.organization_id WHERE c.name = ? ORDER BY p.id LIMIT 1`,
  )
  const account = db.prepare("SELECT id FROM accounts WHERE kind = 'practice'").pluck().get() ?? 'practice'
  const addCall = db.prepare(
    `INSERT INTO calls (id, account_id, account_label, direction, number, e164, contact_id, contact_name, organization, started_at,
       utc_offset, answered_at, ring_ms, talk_ms, result)
     VALUES (@id, @account, 'Practice line', @direction, @e164, @e164, @contact, @name, @organization, @at, 0, @answeredAt, 6000, @talkMs, @result)`,
  )
  const addLog = db.prepare(
    `INSERT INTO call_logs (call_id, state, outcome, notes, contact_id, revision, updated_at, saved_at)
     VALUES (?, 'saved', ?, ?, ?, 1, ?, ?)`,
  )
  for (const [name, minutesAgo, incoming, result, seconds, outcome, notes] of earlier) {
    const contact = /** @type {{ id: number, name: string, organization: string, e164: string } | undefined} */ (who.get(name))
    if (!contact) throw new Error(`There is no sample contact ${name}.`)
    const at = Date.now() - minutesAgo * minute
    const id = crypto.randomUUID()
    const call = { account, direction: incoming ? 'incoming' : 'outgoing', e164: contact.e164, contact: contact.id, name, result, id, at }
    const answeredAt = seconds > 0 ? at + 6000 : null
    addCall.run({ ...call, organization: contact.organization, answeredAt, talkMs: seconds * 1000 })
    if (outcome) addLog.run(id, outcome, notes, contact.id, at, at)
  }
}

const found = await findChromium(root)
if (!('path' in found)) throw new Error('There is no Chromium to take pictures with.')
const browser = await chromium.launch({
  executablePath: found.path,
  args: [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--allow-loopback-in-peer-connection',
    '--autoplay-policy=no-user-gesture-required',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
})

/**
 * @param {string} link
 * @param {'light' | 'dark'} colorScheme
 */
async function open(link, colorScheme) {
  const context = await browser.newContext({
    viewport: { width: 1000, height: 680 },
    colorScheme,
    locale: 'en-GB',
    permissions: ['microphone'],
  })
  const page = await context.newPage()
  await page.goto(link)
  await page.getByRole('button', { name: 'Practice incoming call', disabled: false }).waitFor()
  return page
}

mkdirSync(images, { recursive: true })
try {
  let main = await start()
  let page = await open(main.link, 'light')
  await page.getByRole('button', { name: 'Add sample contacts' }).click()
  await page.getByRole('button', { name: 'Add sample contacts' }).waitFor({ state: 'hidden' })
  const cards = page.getByRole('button', { name: /^Close «/ })
  for (let left = await cards.count(); left > 0; left--) {
    await cards.first().click()
    await cards.nth(left - 1).waitFor({ state: 'detached' })
  }
  await page.context().close()
  await main.stop()
  edit(addEarlierCalls)

  main = await start()
  page = await open(main.link, 'light')
  // One who waits, and one who is spoken with.
  for (const [name, whole] of [
    ['priya', 'Priya Raman'],
    ['anna bj', 'Anna Björk'],
  ]) {
    await page.getByLabel('Number or name').fill(name ?? '')
    await page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option').first().click()
    await page
      .getByRole('group', { name: whole ?? '', exact: true })
      .getByText('Connected', { exact: true })
      .waitFor()
  }
  const form = page.getByRole('form', { name: 'Log call' })
  await form.getByLabel('Notes').fill('Board said yes. Send the contract for 24 vans, delivery in March.')
  await form.getByRole('radio', { name: 'Tomorrow' }).check({ force: true })
  await page.mouse.move(999, 679)
  // Whoever is called on the practice line hangs up after a few seconds.
  await page.waitForTimeout(1000)
  await page.screenshot({ path: join(images, 'call.png') })
  await page.context().close()
  await main.stop()

  // Whoever calls on the practice line is chosen by chance among the contacts. The call of the first picture was never made.
  edit((db) => {
    db.prepare("DELETE FROM contacts WHERE name NOT IN ('Anna Björk', 'Erik Björk')").run()
    db.prepare('DELETE FROM calls WHERE started_at > ?').run(Date.now() - 10 * minute)
  })
  main = await start()
  page = await open(main.link, 'dark')
  for (;;) {
    await page.getByRole('button', { name: 'Practice incoming call' }).click()
    const pop = page.getByRole('dialog', { name: 'Incoming call' })
    await pop.waitFor()
    if ((await pop.getByRole('group', { name: 'Anna Björk' }).count()) > 0) break
    await pop.getByRole('button', { name: 'Decline' }).click()
    await pop.waitFor({ state: 'hidden' })
  }
  await page.mouse.move(999, 679)
  await page.waitForTimeout(1200)
  await page.screenshot({ path: join(images, 'pop-dark.png') })
  await page.context().close()
  await main.stop()
} finally {
  await browser.close()
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
}
