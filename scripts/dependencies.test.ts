/** Every package has a line in docs/dependencies.md that says what it is for, an exact version, and no line outlives its package. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>
const packages = { ...dependencies, ...devDependencies }
const firstCells = readFileSync(join(root, 'docs/dependencies.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|')[1] ?? '')
const described = firstCells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]))

test('each package has its line, each line its package', () => {
  expect(described.toSorted()).toEqual(Object.keys(packages).toSorted())
})

test('each package is pinned to one version', () => {
  expect(Object.entries(packages).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
})

/** `npm ci` refuses a lockfile that leaves any of them out; npm does leave out those that it could not look up when it wrote it. */
test('the lockfile has an entry for each build for another platform', () => {
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const missing = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        !`${path}/`
          .split('node_modules/')
          .some((_, depth, parts) => `${parts.slice(0, depth + 1).join('node_modules/')}node_modules/${name}` in locked),
    ),
  )
  expect(missing).toEqual([])
})
