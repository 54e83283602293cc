/** Every trouble that the program can raise has its sentence, and is given what the sentence needs to be filled. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'resources/locales/en/trouble')

const sentences = new Map<string, string>()
for (const file of readdirSync(folder)) {
  const found = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, string>
  for (const [key, sentence] of Object.entries(found)) sentences.set(`${file.replace('.json', '')}.${key}`, sentence)
}

interface Raised {
  code: string
  /** Names of the parameters, where they stand beside the code. */
  given: string[] | null
  where: string
}

function raised(): Raised[] {
  const found: Raised[] = []
  for (const tree of ['main', 'preload', 'renderer']) {
    for (const entry of readdirSync(join(root, tree), { recursive: true, withFileTypes: true })) {
      if (!/(?<!\.test)\.tsx?$/.test(entry.name)) continue
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
      const literal = /(?:new \w*Trouble\w*\(\s*|\bcode: |\btrouble\()'([\w-]+\.\w+)'(?:\s*,\s*(?:params: )?\{([^{}]*)\})?/g
      for (const [, code = '', params] of text.matchAll(literal)) {
        const names = params?.split(',').map((part) => /^\s*(\w+)/.exec(part)?.[1] ?? '')
        found.push({ code, given: params?.includes('...') ? null : (names ?? null), where: `${tree}/${entry.name}` })
      }
    }
  }
  return found
}

const all = raised()

test('is found in the sources', () => {
  expect(all.length).toBeGreaterThan(120)
})

test('has a sentence', () => {
  expect(all.filter(({ code }) => !sentences.has(code))).toEqual([])
})

test('is given what its sentence needs', () => {
  const lacking = all.flatMap(({ code, given, where }) => {
    const needed = [...(sentences.get(code) ?? '').matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name = '']) => name)
    const missing = given === null ? [] : needed.filter((name) => !given.includes(name))
    return missing.length > 0 ? [{ code, missing, where }] : []
  })
  expect(lacking).toEqual([])
})
