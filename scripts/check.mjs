/** `npm run check`: types, Biome and the layer rules, side by side; every complaint is shown, and any makes it fail. */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { look } from './layers/look.mjs'

const root = resolve(import.meta.dirname, '..')
const bin = join(root, 'node_modules')

/**
 * @param {string} name
 * @param {string} file
 * @param {string[]} args
 * @returns {Promise<boolean>}
 */
function tool(name, file, args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(bin, file), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    child.once('close', (code) => {
      tell(name, code === 0, output)
      done(code === 0)
    })
  })
}

/** @param {string} name @param {boolean} good @param {string} output */
function tell(name, good, output) {
  process.stderr.write(`${good ? '✓' : '✗'} ${name}\n`)
  if (!good) process.stderr.write(`${output.trimEnd()}\n`)
}

async function layers() {
  const { files, violations } = await look(root)
  tell(`layers (${files} files)`, violations.length === 0, violations.join('\n'))
  return violations.length === 0
}

const types = ['node', 'web', 'test', 'scripts'].map((part) =>
  tool(`types of tsconfig.${part}.json`, 'typescript/bin/tsc', [
    '-p',
    `tsconfig.${part}.json`,
    '--pretty',
    String(process.stderr.isTTY ?? false),
  ]),
)
const style = tool('Biome', '@biomejs/biome/bin/biome', [
  'check',
  '--error-on-warnings',
  ...(process.stderr.isTTY ? ['--colors=force'] : ['--colors=off']),
  '.',
])
const results = await Promise.all([...types, style, layers()])
process.exitCode = results.every(Boolean) ? 0 : 1
