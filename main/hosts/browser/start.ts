/**
 * The browser host's entry: claims the profile, composes the app, serves it and opens a window. Standard output carries
 * one line, the address; everything else is on standard error.
 */
import { join } from 'node:path'
import { version } from '../../../package.json' with { type: 'json' }
import { createApp } from '../../app'
import { systemClock } from '../../clock'
import { type Claim, claimProfile, type HolderAnswer, tellHolder } from '../../profile/claim'
import { defaultProfileFolder, openProfile, type Profile } from '../../profile/folder'
import { openLog } from '../../profile/log-file'
import { TroubleError, troubleOf } from '../../trouble'
import { troubleWords, words } from '../../words'
import { BrowserHost } from './host'
import { readOptions } from './options'

const say = (text: string) => process.stderr.write(`${text}\n`)
const printAddress = (address: string) => process.stdout.write(`Ringbook is ready at ${address}\n`)

async function start(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if ('usage' in options) {
    say(`${words('host', 'usage.wrong', { what: options.usage })}\n${words('host', 'usage.options')}`)
    process.exit(2)
  }
  const profile = openProfile(options.profile ?? defaultProfileFolder())
  if (options.printLink) {
    const said = await tellHolder(profile, 'print-link')
    if (!said) {
      say(words('host', 'notRunning', { folder: profile.folder }))
      process.exit(1)
    }
    reportAndExit(said, true)
  }
  // A holder that is just leaving frees the profile between the two questions.
  for (;;) {
    const claim = await claimProfile(profile)
    if (claim) return await run(profile, claim, options)
    const said = await tellHolder(profile, options.open ? 'show' : 'print-link')
    if (said) reportAndExit(said, !options.open)
  }
}

/** Another main has the profile and has been told what is wanted; this one ends. */
function reportAndExit(said: HolderAnswer, isAddress: boolean): never {
  if (said.ok && isAddress) printAddress(said.text)
  else say(said.text)
  process.exit(said.ok ? 0 : 1)
}

async function run(profile: Profile, claim: Claim, options: { port: number | null; open: boolean }): Promise<void> {
  const log = openLog(profile)
  if (!profile.writable) say(words('host', 'readOnly', { folder: profile.folder }))
  const host = new BrowserHost({
    profile,
    log,
    clock: systemClock,
    pages: join(import.meta.dirname, '../renderer'),
    port: options.port,
    exit: () => void claim.release().finally(() => process.exit()),
  })
  const app = await createApp({ profile, host, log, version })
  let ending = false
  const end = (why: string) => {
    if (ending) return
    ending = true
    log.info({ why }, 'ending')
    void app
      .shutdown()
      .catch((error) => log.error({ err: error }, 'shutting down failed'))
      .finally(() => host.quit())
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(signal))
  // A fault in one place must not hang up the rep's call: it is written down, and the call goes on.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody looked'))
  process.on('uncaughtException', (error) => log.error({ err: error }, 'an error that nobody caught'))

  await host.serve(app)
  claim.onMessage(async (message) => {
    if (message === 'print-link') return host.link()
    app.showScreen('phone', null)
    const why = await host.openWindow()
    return why ? `${why}\n${words('host', 'openByHand', { address: host.link() })}` : words('host', 'alreadyRunning')
  })
  printAddress(host.link())
  if (!options.open) return
  const why = await host.openWindow()
  if (why) say(`${why}\n${words('host', 'openYourself')}`)
}

start().catch((error) => {
  const trouble = troubleOf(error)
  say(troubleWords(trouble))
  if (trouble.detail) say(trouble.detail)
  if (!(error instanceof TroubleError) && error instanceof Error) say(error.stack ?? '')
  process.exit(1)
})
