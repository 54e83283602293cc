/** The catalogue as main speaks it: on the terminal, on the entry page and in notifications. Renderers have their own reader (i18next). */
/// <reference types="vite/types/importMeta.d.ts" />
import type { Trouble } from '../preload/contract'

type Sentences = Record<string, unknown>
const files = import.meta.glob<Sentences>(['../resources/locales/en/*.json', '../resources/locales/en/trouble/*.json'], {
  eager: true,
  import: 'default',
})

/** The sentence `KEY` (dots lead into nested objects) of `resources/locales/en/FILE.json`, its placeholders filled; the key itself when it is missing. */
export function words(file: string, key: string, params: Trouble['params'] = {}): string {
  let found: unknown = files[`../resources/locales/en/${file}.json`]
  for (const part of key.split('.')) found = found && typeof found === 'object' ? (found as Sentences)[part] : undefined
  if (typeof found !== 'string') return `${file}.${key}`
  return found.replace(/\{\{\s*(\w+)\s*\}\}/g, (placeholder, name: string) => String(params[name] ?? placeholder))
}

/** A trouble as a sentence for the reader. */
export function troubleWords({ code, params }: Trouble): string {
  const dot = code.indexOf('.')
  return words(`trouble/${code.slice(0, dot)}`, code.slice(dot + 1), params)
}
