/** The tones of some countries as Chromium renders them: pitch and cadence, measured, against the figures of asterisk-config. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { build } from 'vite'
import { openChromium } from '../fixtures/app'

const root = join(import.meta.dirname, '../..')
const table = JSON.parse(readFileSync(join(root, 'resources/tones/indications.json'), 'utf8')) as {
  countries: Record<string, Record<string, string>>
}

/** Hz and ms by hand from the source's text, for countries that differ much. */
const expected = [
  { country: 'US', tone: 'ringback', hz: [440, 480], on: [2000], off: [4000] },
  { country: 'US', tone: 'busy', hz: [480, 620], on: [500], off: [500] },
  { country: 'CA', tone: 'ringback', hz: [440, 480], on: [2000], off: [4000] },
  { country: 'GB', tone: 'ringback', hz: [400, 450], on: [400, 400], off: [200, 2000] },
  { country: 'GB', tone: 'busy', hz: [400], on: [375], off: [375] },
  { country: 'DE', tone: 'ringback', hz: [425], on: [1000], off: [4000] },
  { country: 'DE', tone: 'busy', hz: [425], on: [480], off: [480] },
  { country: 'SE', tone: 'ringback', hz: [425], on: [1000], off: [5000] },
  { country: 'SE', tone: 'error', hz: [425], on: [250], off: [750] },
  { country: 'AU', tone: 'ringback', hz: [413, 438], on: [400, 400], off: [200, 2000] },
  { country: 'AU', tone: 'busy', hz: [425], on: [375], off: [375] },
  { country: 'AU', tone: 'waiting', hz: [425], on: [180, 180], off: [180, 3500] },
  { country: 'AQ', tone: 'busy', hz: [425], on: [500], off: [500] },
] as const

test('pitch and cadence are the country’s own', async () => {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      lib: { entry: join(root, 'renderer/media/tones.ts'), formats: ['iife'], name: 'tones', fileName: 'tones' },
    },
  })
  const [bundle] = Array.isArray(built) ? built : [built]
  const code = bundle && 'output' in bundle ? bundle.output[0].code : ''
  const context = await openChromium()
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    await page.evaluate(`${code}; globalThis.tones = tones`)
    for (const { country, tone, hz, on, off } of expected) {
      const samples = await page.evaluate(
        async ([country, tone]) => {
          const { tones } = globalThis as unknown as {
            tones: {
              renderedOf(tone: string, country: string): unknown
              startTones(context: BaseAudioContext, rendered: unknown, into: AudioNode): void
            }
          }
          const context = new OfflineAudioContext(1, 8000 * 13, 8000)
          tones.startTones(context, tones.renderedOf(tone, country), context.destination)
          return [...(await context.startRendering()).getChannelData(0)]
        },
        [country, tone] as const,
      )
      const heard = cadenceOf(samples, 8000)
      for (let round = 0; round < 2; round++) {
        for (const [index, ms] of on.entries()) {
          expect(Math.abs((heard[(round * on.length + index) * 2] ?? 0) - ms), `${country} ${tone} on`).toBeLessThan(30)
          expect(Math.abs((heard[(round * on.length + index) * 2 + 1] ?? 0) - (off[index] ?? 0)), `${country} ${tone} off`).toBeLessThan(30)
        }
      }
      // The pitch: those frequencies stand out in the first burst, and a neighbour of each does not.
      const burst = samples.slice(0, Math.round(Math.min(on[0], 400) * 8))
      const strongest = Math.max(...hz.map((one) => power(burst, one, 8000)))
      for (const one of hz) expect(power(burst, one, 8000), `${country} ${tone} ${one} Hz`).toBeGreaterThan(strongest / 3)
      for (const other of [350, 525, 700].filter((one) => hz.every((pitch) => Math.abs(pitch - one) > 30))) {
        expect(power(burst, other, 8000), `${country} ${tone} no ${other} Hz`).toBeLessThan(strongest / 20)
      }
    }
    console.log(`${expected.length} tones measured; ${Object.keys(table.countries).length} countries in the table`)
  } finally {
    await context.close()
  }
})

/** Milliseconds of sound and silence in turn, from the first sound. */
function cadenceOf(samples: readonly number[], rate: number): number[] {
  const step = rate / 100
  const loud = Array.from({ length: Math.floor(samples.length / step) }, (_, n) =>
    samples.slice(n * step, (n + 1) * step).some((value) => Math.abs(value) > 0.1),
  )
  const runs: number[] = []
  for (const [at, now] of loud.entries()) {
    if (at === 0 || now !== loud[at - 1]) runs.push(0)
    runs.push((runs.pop() ?? 0) + 10)
  }
  return loud[0] ? runs : runs.slice(1)
}

/** Goertzel: the power at that frequency. */
function power(samples: readonly number[], hz: number, rate: number): number {
  const k = 2 * Math.cos((2 * Math.PI * hz) / rate)
  let [before, last] = [0, 0]
  for (const value of samples) [before, last] = [last, value + k * last - before]
  return (before * before + last * last - k * before * last) / samples.length ** 2
}
