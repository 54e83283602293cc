/** The text catalogue against the sources: every text that a screen asks for is there, and none is kept that nobody asks for. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'resources/locales/en')

function keysOf(texts: object, before = ''): string[] {
  return Object.entries(texts).flatMap(([key, text]) =>
    typeof text === 'object' && text !== null ? keysOf(text, `${before}${key}.`) : [`${before}${key}`.replace(/_(one|other)$/, '')],
  )
}
/** Keys by namespace; troubles are trouble.test.ts's affair. */
const catalogue = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file.replace('.json', ''), new Set(keysOf(JSON.parse(readFileSync(join(folder, file), 'utf8')) as object))] as const),
)
const sources = ['main', 'preload', 'renderer'].flatMap((tree) =>
  readdirSync(join(root, tree), { recursive: true, withFileTypes: true })
    .filter(({ name }) => /(?<!\.test)\.tsx?$/.test(name))
    .map(({ parentPath, name }) => ({ tree, name, text: readFileSync(join(parentPath, name), 'utf8') })),
)

interface Asked {
  /** Up to the first `${}` where it is put together. */
  key: string
  whole: boolean
  namespaces: string[]
  where: string
}
/** What `t(…)` is given in the renderer, ternaries and templates too; the sentences of troubles are another test's. */
const asked: Asked[] = sources
  .filter(({ tree, name }) => tree === 'renderer' && name !== 'trouble.tsx')
  .flatMap(({ name, text }) => {
    const spaces = [...text.matchAll(/(?:useTranslation\(|TFunction<|getFixedT\(null, )'([\w-]+)'/g)].map(([, space = '']) => space)
    return [...text.matchAll(/\bt\(((?:[^(){}]|\$\{[^{}]*\}|\([^()]*\))*)/g)].flatMap(([, given = '']) =>
      [...given.replace(/[!=]== '[^']*'/g, '').matchAll(/'([^'\s]+)'|`([^`$\s]*)([^`]*)`/g)].map(([, literal, start]) => {
        const key = literal ?? start ?? ''
        const [space, rest] = key.includes(':') ? (key.split(':') as [string, string]) : [null, key]
        return { key: rest, whole: literal !== undefined, namespaces: space === null ? [...spaces, 'shell'] : [space], where: name }
      }),
    )
  })

test('the catalogue and what is asked for are found', () => {
  expect(catalogue.size).toBeGreaterThan(12)
  expect(asked.length).toBeGreaterThan(400)
})

test('every text that a screen asks for is there', () => {
  const lacking = asked.filter(({ key, whole, namespaces }) =>
    namespaces.every((space) => ![...(catalogue.get(space) ?? [])].some((known) => (whole ? known === key : known.startsWith(key)))),
  )
  expect(lacking).toEqual([])
})

test('no text is kept that nobody asks for', () => {
  const all = sources.map(({ text }) => text).join('\n')
  const beginnings = [...all.matchAll(/`(?:[\w-]+:)?([\w-]+(?:\.[\w-]+)*\.)\$\{/g)].map(([, start = '']) => start)
  const endings = [...all.matchAll(/`\$\{\w+\}([\w.]+)`/g)].map(([, end = '']) => end)
  const dead = [...catalogue].flatMap(([space, keys]) =>
    [...keys]
      .filter((key) => !all.includes(`'${key}'`) && !all.includes(`${space}:${key}'`))
      .filter((key) => !beginnings.some((start) => key.startsWith(start)) && !endings.some((end) => key.endsWith(end)))
      .map((key) => `${space}:${key}`),
  )
  expect(dead).toEqual([])
})
