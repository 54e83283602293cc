/**
 * Draws the PNGs of the icon from `resources/icons/icon.svg` in the Chromium that tests use. Run by hand after the drawing has
 * changed: `node scripts/icons.mjs`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from '@playwright/test'
import { findChromium } from './test/chromium.mjs'

/** Edge in pixels, by file: the packages' own icon, and what windows and notifications show. */
const files = { 'icon.png': 1024, 'icon-256.png': 256, 'icon-64.png': 64, 'icon-32.png': 32 }

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'resources', 'icons')
const found = await findChromium(root)
if ('reason' in found) throw new Error(found.reason)
const browser = await chromium.launch({ executablePath: found.path, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
const svg = readFileSync(join(folder, 'icon.svg'), 'utf8')
for (const [name, edge] of Object.entries(files)) {
  const page = await browser.newPage({ viewport: { width: edge, height: edge } })
  await page.setContent(`<style>*{margin:0}svg{display:block;width:${edge}px;height:${edge}px}</style>${svg}`)
  writeFileSync(join(folder, name), await page.screenshot({ omitBackground: true }))
  await page.close()
}
await browser.close()
