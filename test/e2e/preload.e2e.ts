/**
 * Electron's preload as it is built, run in a real Chromium page over a stand-in for `contextBridge` and `ipcRenderer`:
 * what a page sees of it, and what it lets through. It proves nothing of Electron's own isolation.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Browser, chromium, expect, type Page, test } from '@playwright/test'
import { commands, events, frameChannel, helloChannel, type PreloadBridge, type WindowKind } from '../../preload/contract'
import { chromiumPath, testSwitches } from '../fixtures/app'

const source = readFileSync(resolve(import.meta.dirname, '../../out/preload/preload.cjs'), 'utf8')
let browser: Browser

interface StandIn {
  sent: unknown[][]
  exposed: string[]
  required: string[]
  deliver(frame: object): void
}
/** What the page's scripts see, and the stand-in's own notes. */
type Scene = typeof globalThis & { ringbook: PreloadBridge; standIn: StandIn }

test.beforeAll(async () => {
  browser = await chromium.launch({ executablePath: chromiumPath, args: testSwitches })
})
test.afterAll(() => browser.close())

async function load(window: WindowKind | 'other'): Promise<Page> {
  const page = await browser.newPage()
  await page.setContent('<!doctype html>')
  await page.evaluate(
    ([code, kind]) => {
      let listener: ((event: object, frame: object) => void) | null = null
      const standIn: StandIn = { sent: [], exposed: [], required: [], deliver: (frame) => listener?.({}, frame) }
      const electron = {
        ipcRenderer: {
          send: (...values: unknown[]) => void standIn.sent.push(values),
          on: (_channel: string, given: typeof listener) => {
            listener = given
          },
        },
        contextBridge: {
          exposeInMainWorld: (name: string, value: object) => {
            standIn.exposed.push(name)
            Object.defineProperty(globalThis, name, { value: Object.freeze(value) })
          },
        },
      }
      const require = (name: string) => {
        standIn.required.push(name)
        if (name !== 'electron') throw new Error(`a sandboxed preload has no ${name}`)
        return electron
      }
      Object.assign(globalThis, { standIn })
      new Function('require', 'module', 'exports', 'process', code)(
        require,
        { exports: {} },
        {},
        { argv: ['x', `--ringbook-window=${kind}`, 'y'] },
      )
    },
    [source, window] as const,
  )
  return page
}

test('is one file that needs nothing but electron, says hello and puts one name on the page', async () => {
  const page = await load('app')
  expect(await page.evaluate(() => (globalThis as unknown as Scene).standIn)).toMatchObject({
    sent: [[helloChannel]],
    exposed: ['ringbook'],
    required: ['electron'],
  })
  expect(await page.evaluate(() => Object.keys((globalThis as unknown as Scene).ringbook).sort())).toEqual(['on', 'send', 'window'])
  expect(await page.evaluate(() => (globalThis as unknown as Scene).ringbook.window)).toBe('app')
})

test('does not start for a window that does not exist', async () => {
  await expect(load('other')).rejects.toThrow()
})

for (const kind of ['app', 'pop', 'media'] as const)
  test(`lets through exactly what the contract gives the ${kind} window`, async () => {
    const page = await load(kind)
    const names = [...Object.keys(commands), 'toString', '__proto__', 'constructor', 'ipc', '']
    const refused = await page.evaluate(async (all) => {
      const { ringbook } = globalThis as unknown as Scene
      const late = new Promise((done) => setTimeout(() => done('sent'), 100))
      const answers = await Promise.all(all.map((name) => Promise.race([ringbook.send(name as 'call.dial', { number: '1' }), late])))
      return all.filter((_, index) => answers[index] !== 'sent')
    }, names)
    const allowed = Object.entries(commands)
      .filter(([, { from }]) => (from as readonly WindowKind[]).includes(kind))
      .map(([name]) => name)
    expect(allowed.length).toBeGreaterThan(0)
    expect(names.filter((name) => !refused.includes(name))).toEqual(allowed)
    const sent = await page.evaluate(() => (globalThis as unknown as Scene).standIn.sent)
    expect(sent.slice(1).map(([channel, frame]) => [channel, (frame as { command: string }).command])).toEqual(
      allowed.map((name) => [frameChannel, name]),
    )

    const heard = await page.evaluate(
      (all) => {
        const { ringbook, standIn } = globalThis as unknown as Scene
        const notes: string[] = []
        for (const name of all) ringbook.on(name as 'window.show', () => notes.push(name))
        for (const event of all) standIn.deliver({ seq: 1, event, payload: {} })
        return notes
      },
      [...Object.keys(events), 'toString', '__proto__'],
    )
    expect(heard).toEqual(
      Object.entries(events)
        .filter(([, { to }]) => (to as readonly WindowKind[]).includes(kind))
        .map(([name]) => name),
    )
  })

test('matches answers to what was asked, in any order, and stops listening when told', async () => {
  const page = await load('app')
  const seen = await page.evaluate(async () => {
    const { ringbook, standIn } = globalThis as unknown as Scene
    const asked = [ringbook.send('window.online', {}), ringbook.send('call.answer', { callId: 'x' })]
    const [first, second] = standIn.sent.slice(1).map(([, frame]) => (frame as { id: number }).id)
    standIn.deliver({ id: second, ok: false, trouble: { code: 'media.absent', params: {} } })
    standIn.deliver({ id: first, ok: true, output: { a: 1 } })
    standIn.deliver({ id: 99, ok: true })
    const payloads: unknown[] = []
    const stop = ringbook.on('window.show', (payload, seq) => payloads.push([payload.screen, seq]))
    standIn.deliver({ seq: 4, event: 'window.show', payload: { screen: 'history', callId: null } })
    stop()
    standIn.deliver({ seq: 5, event: 'window.show', payload: { screen: 'phone', callId: null } })
    return { answers: await Promise.all(asked), payloads }
  })
  expect(seen).toEqual({
    answers: [
      { ok: true, output: { a: 1 } },
      { ok: false, trouble: { code: 'media.absent', params: {} } },
    ],
    payloads: [['history', 4]],
  })
})
