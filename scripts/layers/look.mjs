/**
 * Reads every source file with dependency-cruiser and tells what breaks the rules. A tool that silently reads nothing would
 * approve of everything, so the files it read are compared with those on disk.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import swc from '@swc/core'
import { cruise } from 'dependency-cruiser'
import { rules } from './rules.mjs'

// dependency-cruiser gives SWC one set of options for all files, and these know no JSX. In `.ts` files it must stay off: there
// `<T>(x: T) => x` is a function.
const { parseFileSync } = swc
Object.assign(swc, {
  /** @type {(path: string, options?: import('@swc/core').ParseOptions) => import('@swc/core').Module} */
  parseFileSync: (path, options) =>
    parseFileSync(path, options?.syntax === 'typescript' ? { ...options, tsx: path.endsWith('.tsx') } : options),
})

const folders = ['main', 'preload', 'renderer', 'test']

/**
 * @param {string} root
 * @returns {Promise<{ files: number, violations: string[] }>} each violation as one line
 */
export async function look(root) {
  const onDisk = sourcesBelow(root)
  const { output } = await cruise(
    folders.filter((folder) => onDisk.some((path) => path.startsWith(`${folder}/`))),
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: rules },
      // TypeScript 7 has no API that dependency-cruiser could parse with. SWC's parser also sees what is imported as a type only.
      parser: 'swc',
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '\\.(css|html|svg|wav|csv)$' },
      enhancedResolveOptions: {
        extensions: ['.ts', '.tsx', '.d.ts', '.mjs', '.js', '.json'],
        conditionNames: ['import', 'node', 'default', 'types'],
        exportsFields: ['exports'],
      },
    },
  )
  if (typeof output === 'string') throw new Error('dependency-cruiser gave no result')
  const read = new Set(output.modules.map((module) => module.source))
  const violations = output.summary.violations.map(({ rule, from, to, cycle }) => {
    const way = cycle ? [from, ...cycle.map((step) => step.name)].join(' → ') : `${from} → ${to}`
    const comment = rules.find((one) => one.name === rule.name)?.comment
    return `${rule.name}: ${way}${comment ? `\n    ${comment}` : ''}`
  })
  for (const path of onDisk) {
    if (!read.has(path)) violations.push(`not-read: ${path} is on disk, but dependency-cruiser did not read it`)
    // SWC's visitor passes over these, and so would every rule.
    const inline = /(?<!await\s)\bimport\(\s*(['"])[^'"]+\1\s*\)\s*\.\s*(?!then|catch)\w/.exec(readFileSync(join(root, path), 'utf8'))
    if (inline) violations.push(`inline-type-import: ${path} has «${inline[0]}…»; write it as «import type … from»`)
  }
  return { files: onDisk.length, violations }
}

/** @param {string} root @returns {string[]} paths with `/`, relative to the root */
function sourcesBelow(root) {
  return folders.flatMap((folder) => {
    try {
      return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
        .filter((path) => /\.tsx?$/.test(path) && !path.includes('/node_modules/'))
    } catch {
      return []
    }
  })
}
