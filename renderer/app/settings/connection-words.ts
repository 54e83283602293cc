/** How a CRM connection stands, in the rep's words: what the page says of its state, its sync and what it holds. */
import type { TFunction } from 'i18next'
import type { Connection, SyncObject, SyncProgress } from '../../../preload/contract'
import { formatNumber, formatTime, formatWhen, readerLocale } from '../format'

/** What stands beside the state's word, and its colour. */
export type Tone = 'good' | 'busy' | 'wait' | 'warn' | 'stop'

/** Only the CRM's next day helps against these. */
const daily: ReadonlySet<string> = new Set(['crm.dailyShare', 'crm.dailyLimit'])
/** Nothing but a new token helps against these. */
const tokenCodes: ReadonlySet<string> = new Set(['crm.refused', 'crm.noToken'])
/** Not tried again at the usual time. */
const notSoon: ReadonlySet<string> = new Set([...tokenCodes, 'crm.endlessPages', 'crm.unknownKind', 'crm.badDomain'])
/** A look for changes is over in a moment: only one that finds so many is worth a bar. */
const manyChanges = 500
const kept: readonly (keyof Connection['counts'])[] = ['contacts', 'organizations', 'deals', 'leads']

/** The connection can do nothing until the rep enters a token. */
export function needsToken({ status, trouble }: Pick<Connection, 'status' | 'trouble'>): boolean {
  return status !== 'syncing' && trouble !== null && tokenCodes.has(trouble.code)
}

/** It failed for now, and is tried again at the usual time. */
export function triesAgain({ status, trouble }: Pick<Connection, 'status' | 'trouble'>): boolean {
  return status === 'failed' && trouble !== null && !notSoon.has(trouble.code)
}

/** `crm` namespace. `crm`: the CRM's name. `now`: wall ms. */
export function stateOf(connection: Connection, crm: string, t: TFunction<'crm'>, now = Date.now()): { tone: Tone; words: string } {
  const { status, trouble, progress, resumesAt, complete, syncedAt } = connection
  if (needsToken(connection)) return { tone: 'stop', words: t('status.refused') }
  if (status === 'failed' || status === 'refused') return { tone: 'warn', words: t('status.failed') }
  if (status === 'waiting') {
    const until = resumesAt === null ? '' : untilWords(resumesAt, now)
    return { tone: 'wait', words: t(trouble && daily.has(trouble.code) ? 'status.paused' : 'status.waiting', { crm, time: until }) }
  }
  if (status === 'syncing') {
    const quiet = complete && progress && progress.mode !== 'full' ? progress.mode : 'syncing'
    return { tone: 'busy', words: t(`status.${quiet}`) }
  }
  if (!complete) return { tone: 'wait', words: t(syncedAt === null && isEmpty(connection) ? 'status.never' : 'status.partly') }
  return { tone: 'good', words: t('status.good') }
}

/** A moment to come: `14:20`, or with its day when that is another. */
function untilWords(instant: number, now: number): string {
  const sameDay = new Date(instant).toDateString() === new Date(now).toDateString()
  return sameDay ? formatTime(instant) : formatWhen(instant, now)
}

/** How far a running sync is, where that is worth a bar, which moves what stands below it; null where it is not. */
export function shownProgress({ status, complete, progress }: Connection): SyncProgress | null {
  if (status !== 'syncing' || progress === null) return null
  const { mode, total, done } = progress
  return !complete || mode === 'full' || (mode === 'sweep' && total !== null) || done >= manyChanges ? progress : null
}

/** «Contacts: 48,200 of 100,000, about 3 min left». */
export function progressWords({ object, done, total, leftMs }: SyncProgress, t: TFunction<'crm'>): string {
  const params = { object: objectWord(object, t), done: formatNumber(done), total: total === null ? '' : formatNumber(total) }
  const progress = t(total !== null ? 'progress.of' : done > 0 ? 'progress.some' : 'progress.begin', params)
  return leftMs === null ? progress : t('progress.left', { progress, left: leftWords(leftMs, t) })
}

function objectWord(object: SyncObject, t: TFunction<'crm'>): string {
  return t(`object.${object}`)
}

/** «about 3 min», rounded up so that it is not promised too early. `ms`: a duration. */
export function leftWords(ms: number, t: TFunction<'crm'>): string {
  const minutes = Math.ceil(ms / 60_000)
  if (ms < 45_000) return t('left.moment')
  if (minutes < 60) return t('left.minutes', { count: minutes })
  const hours = Math.ceil(ms / 3_600_000)
  if (hours < 36) return t('left.hours', { count: hours })
  return t('left.days', { count: Math.ceil(ms / 86_400_000) })
}

function isEmpty({ counts }: Connection): boolean {
  return kept.every((object) => counts[object] === 0)
}

/** «100,000 contacts, 8,000 organizations and 12,000 deals»; null when there is nothing. Contacts are counted always, others where there are some. */
export function countsWords(connection: Connection, t: TFunction<'crm'>, locale = readerLocale()): string | null {
  if (isEmpty(connection)) return null
  const words = kept
    .filter((object) => object === 'contacts' || connection.counts[object] > 0)
    .map((object) => t(`count.${object}`, { count: connection.counts[object], number: formatNumber(connection.counts[object], locale) }))
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(words)
}

/** Minutes of the choice «sync every», with the one that is in force. */
export function everyChoices(current: number): number[] {
  const usual = [5, 10, 15, 30, 60, 120, 240, 480, 720, 1440]
  return usual.includes(current) ? usual : [...usual, current].sort((a, b) => a - b)
}

export function everyWords(minutes: number, t: TFunction<'crm'>): string {
  return minutes % 60 === 0 ? t('everyHours', { count: minutes / 60 }) : t('everyMinutes', { count: minutes })
}
