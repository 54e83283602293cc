/** Plants one violation of each layer rule in a small tree of its own and sees it refused, beside a tree that keeps them all. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { look } from './look.mjs'
import { rules } from './rules.mjs'

const project = resolve(import.meta.dirname, '../..')

/** Keeps every rule, and uses each exception that the rules make. */
const good: Record<string, string> = {
  'main/app.ts': "import { calls } from './calls/calls'\nexport const app = calls",
  'main/trouble.ts': 'export const trouble = 1',
  'main/calls/calls.ts':
    "import type { Telephony } from '../telephony/port'\nimport { trouble } from '../trouble'\nexport const calls = trouble\nexport type T = Telephony",
  'main/calls/calls.test.ts': "import { sip } from '../telephony/sip'\nexport const t = sip",
  'main/calls/export.jobs.ts': 'export const job = 1',
  'main/telephony/port.ts': 'export interface Telephony { dial(): void }',
  'main/telephony/sip.ts': "import { UserAgent } from 'sip.js'\nimport { WebSocket } from 'ws'\nexport const sip = [UserAgent, WebSocket]",
  'main/telephony/index.ts': "export type * from './port'\nexport { sip } from './sip'",
  'main/practice/line.ts': "import { sip } from '../telephony'\nexport const line = sip",
  'main/practice/server.ts': "import { WebSocketServer } from 'ws'\nexport const server = WebSocketServer",
  'main/store/store.ts': 'export interface Store { close(): void }',
  'main/store/worker.ts': "import { job } from '../calls/export.jobs'\nexport const jobs = [job]",
  'main/hosts/host.ts': 'export interface Host { quit(): void }',
  'main/hosts/electron/start.ts':
    "import { ipcMain } from 'electron'\nimport { app } from '../../app'\nexport const start = [ipcMain, app]",
  'main/hosts/browser/start.ts':
    "import { WebSocketServer } from 'ws'\nimport { app } from '../../app'\nexport const start = [WebSocketServer, app]",
  'main/cli/start.ts': "import { calls } from '../calls/calls'\nexport const cli = calls",
  'preload/contract.ts': "import { z } from 'zod'\nexport const contract = z.string()",
  'preload/bridge.ts': "import { ipcRenderer } from 'electron'\nexport const bridge = ipcRenderer",
  'renderer/app/page.tsx':
    "import { useState } from 'react'\nimport { contract } from '../../preload/contract'\nexport const page = <p>{[contract, useState].length}</p>",
  'renderer/app/list.ts': 'export const first = <T>(list: T[]): T | undefined => list[0]',
  'test/e2e/first.e2e.ts': "import { start } from '../../main/hosts/browser/start'\nexport const s = start",
}

const planted: [rule: string, path: string, text: string][] = [
  ['electron-only-in-its-host', 'main/calls/notify.ts', "import type { Notification } from 'electron'\nexport type N = Notification"],
  [
    'electron-only-in-its-host',
    'main/hosts/browser/window.ts',
    "import { BrowserWindow } from 'electron/main'\nexport const w = BrowserWindow",
  ],
  ['electron-only-in-its-host', 'preload/other.ts', "import { ipcRenderer } from 'electron'\nexport const i = ipcRenderer"],
  ['electron-only-in-its-host', 'renderer/app/raw.ts', "export const e = () => import('electron')"],
  ['inline-type-import', 'main/calls/sly.ts', "export type W = import('electron').BrowserWindow"],
  ['sip-only-in-telephony', 'main/calls/session.ts', "import type { Session } from 'sip.js'\nexport type S = Session"],
  ['sip-only-in-telephony', 'main/practice/core.ts', "export { Grammar } from 'sip.js/lib/grammar'"],
  ['ws-only-on-the-wires', 'main/calls/socket.ts', "import { WebSocket } from 'ws'\nexport const s = WebSocket"],
  [
    'renderer-imports-only-the-contract',
    'renderer/app/store.ts',
    "import type { Store } from '../../main/store/store'\nexport type S = Store",
  ],
  [
    'renderer-imports-only-the-contract',
    'renderer/app/sly.tsx',
    "import { trouble } from '../../main/trouble'\nexport const T = () => <p>{trouble}</p>",
  ],
  ['renderer-imports-only-the-contract', 'renderer/app/bridge.ts', "export { bridge } from '../../preload/bridge'"],
  ['renderer-has-no-node', 'renderer/app/file.ts', "import { readFileSync } from 'node:fs'\nexport const r = readFileSync"],
  ['main-never-imports-renderer', 'main/calls/view.ts', "import type { page } from '../../renderer/app/page'\nexport type P = typeof page"],
  ['preload-imports-nothing-of-ours', 'preload/extra.ts', "export { trouble } from '../main/trouble'"],
  ['subjects-keep-to-themselves', 'main/calls/inside.ts', "export { sip } from '../telephony/sip'"],
  ['subjects-keep-to-themselves', 'main/calls/browser.ts', "export { start } from '../hosts/browser/start'"],
  ['subjects-keep-to-themselves', 'main/store/other.ts', "export { job } from '../calls/export.jobs'"],
  ['practice-stands-on-telephony', 'main/practice/inside.ts', "export { sip } from '../telephony/sip'"],
  ['worker-loads-only-jobs', 'main/store/worker.ts', "export { calls } from '../calls/calls'"],
  ['subjects-do-not-import-the-app', 'main/practice/up.ts', "export { app } from '../app'"],
  ['product-imports-no-tests-or-scripts', 'main/calls/fixture.ts', "export { t } from './calls.test'"],
  ['main-has-no-development-packages', 'main/calls/tool.ts', "export { chromium } from '@playwright/test'"],
  ['no-cycles', 'main/trouble.ts', "import type { T } from './calls/calls'\nexport const trouble = 1 as unknown as T"],
  ['everything-resolves', 'main/calls/gone.ts', "export { gone } from './no-such-file'"],
]

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringbook-layers-'))
  for (const [path, text] of Object.entries(good)) put(path, text)
  cpSync(join(project, 'package.json'), join(root, 'package.json'))
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'), 'junction')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string) {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

test('a tree that keeps the rules is accepted, and all of it was read', async () => {
  expect(await look(root)).toEqual({ files: Object.keys(good).length, violations: [] })
})

test.each(planted)('%s is seen in %s', async (rule, path, text) => {
  put(path, text)
  const { violations } = await look(root)
  expect(violations.map((line) => line.split(':')[0])).toContain(rule)
})

test('each rule has a violation planted here', () => {
  const seen = new Set(planted.map(([rule]) => rule))
  expect(rules.map(({ name }) => name).filter((name) => !seen.has(name ?? ''))).toEqual([])
})

test('a file that was not read is a violation', async () => {
  put('main/calls/broken.ts', 'export const = = =')
  const outcome = await look(root).then(
    ({ violations }) => violations.join('\n'),
    (error: Error) => error.message,
  )
  expect(outcome).toMatch(/broken\.ts|Syntax|Expression expected/i)
})
