/**
 * Where a run over one of Pipedrive's lists is. Pages are named by the time of the last row that was read, not by the service's
 * own cursors: it does not say what those do when rows change, move or go between two pages, or how long they are good for.
 *
 * A full run goes from the newest change back: each page asks for what was changed before the end of the second of the last row.
 * What changes meanwhile moves to the front, where the changes that follow find it. Changes and sweeps go forward: what changes
 * meanwhile moves to the end and is met there, so that a sweep never takes a row for deleted that is there. Rows of the second
 * at the border are read twice. Where one second fills a whole page, and only there, the service's own cursor goes on.
 *
 * Leads have neither: their list is paged by position, in the order of their ids, which never changes. Each page begins a few rows
 * before the end of the last one; when its first row is already behind that end, rows were taken away, and it goes back further.
 */
import { CrmTrouble } from '../crm'
import { overlapMs, serviceName } from './service'
import { badReply } from './shape'

/** `archived`: behind the list itself comes the list of what has been archived since. */
export type Phase = 'live' | 'archived'

export interface WindowCursor {
  by: 'time'
  phase: Phase
  mode: 'full' | 'changes' | 'sweep'
  /** Whole seconds since 1970: from here (included) … */
  since?: number
  /** … to there (excluded). */
  until?: number
  /** The service's own, within one second, and the id of the first row of the page before. */
  after?: string
  first?: string
  /** Where the run began, for the phase that follows. */
  from?: number
  /** Pages so far, and those of them in a row that brought it no further. */
  pages: number
  stuck: number
}
export interface PositionCursor {
  by: 'position'
  phase: Phase
  mode: 'full' | 'changes' | 'sweep'
  from?: number
  start: number
  /** The ids of the first and the last row of the page before. */
  first?: string
  last?: string
  pages: number
  /** How often it has gone back without coming further. */
  back: number
}
export interface OnceCursor {
  by: 'once'
}
export type Cursor = WindowCursor | PositionCursor | OnceCursor

/** Pages of one run, far beyond any company's. */
const mostPages = 200_000
/** So many pages of one second, or empty ones, are no list of rows any more. */
const mostStuck = 2_000
/** Rows by which a page of leads begins before the end of the last one. */
const overlapRows = 10
const mostBack = 3

export function write(cursor: Cursor): string {
  return JSON.stringify(cursor)
}

/** Our own words, kept in the database. */
export function read(text: string): Cursor {
  try {
    const cursor = JSON.parse(text) as Cursor
    if (cursor.by === 'once' || cursor.by === 'position' || cursor.by === 'time') return cursor
  } catch {
    // Falls through to the same answer.
  }
  throw new CrmTrouble('crm.badRequest', { crm: serviceName }, 'a cursor that is none')
}

/** `watermark`: ISO 8601 of the last change that is known; null: none is. */
export function begin(by: 'time' | 'position', mode: WindowCursor['mode'], watermark: string | null): string {
  const known = mode === 'changes' && watermark !== null ? Date.parse(watermark) - overlapMs : Number.NaN
  const from = Number.isFinite(known) ? { from: Math.floor(known / 1000) } : {}
  if (by === 'position') return write({ by, phase: 'live', mode, ...from, start: 0, pages: 0, back: 0 })
  return write(firstOf({ by, phase: 'live', mode, ...from, pages: 0, stuck: 0 }))
}

function firstOf(cursor: WindowCursor): WindowCursor {
  return cursor.from === undefined ? cursor : { ...cursor, since: cursor.from }
}

/** RFC 3339, as the lists take it. */
export function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
}

/** What `afterWindow` needs to know of a page. */
export interface WindowPage {
  /** The service's own cursor; null: this was the last page. */
  next: string | null
  /** Wall ms of the oldest and the latest row; null: there was none. */
  times: { oldest: number; latest: number } | null
  /** Of the first row. */
  first: string | null
}

/** The cursor behind a page; null at the end. `archived`: there is a second list. Throws `crm.badReply` for a list without end. */
export function afterWindow(cursor: WindowCursor, page: WindowPage, archived: boolean): WindowCursor | null {
  const { by, phase, mode, from, since, until } = cursor
  const pages = cursor.pages + 1
  const same = { by, phase, mode, ...(from === undefined ? {} : { from }), pages } as const
  if (page.next === null) {
    const again = archived && phase === 'live' && from !== undefined
    return again ? firstOf({ ...same, phase: 'archived', stuck: 0 }) : null
  }
  if (page.next === cursor.after) throw badReply('the same page follows itself')
  if (pages > mostPages) throw badReply('pages without end')
  if (page.times && mode === 'full') {
    const end = Math.floor(page.times.oldest / 1000) + 1
    if (until === undefined || end < until) return { ...same, until: end, stuck: 0 }
  } else if (page.times) {
    const start = Math.floor(page.times.latest / 1000)
    if (since === undefined || start > since) return { ...same, since: start, stuck: 0 }
  }
  const again = page.first !== null && page.first === cursor.first
  if (again || cursor.stuck >= mostStuck) throw badReply('pages without end')
  const window = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) }
  return { ...same, ...window, after: page.next, ...(page.first === null ? {} : { first: page.first }), stuck: cursor.stuck + 1 }
}

export interface PositionPage {
  more: boolean
  rows: number
  first: string | null
  last: string | null
  /** Wall ms of the oldest row. */
  oldest: number
}

/** The cursor behind a page of leads; null at the end. */
export function afterPosition(cursor: PositionCursor, page: PositionPage): PositionCursor | null {
  const { by, phase, mode, from, start } = cursor
  const pages = cursor.pages + 1
  const same = { by, phase, mode, ...(from === undefined ? {} : { from }), pages } as const
  if (pages > mostPages) throw badReply('pages without end')
  if (phase === 'archived') {
    // Newest change first: what was archived before is known.
    const done = !page.more || page.rows === 0 || page.oldest < (from ?? 0) * 1000
    return done ? null : { ...same, start: start + page.rows, back: 0 }
  }
  const { last } = cursor
  if (page.more && last !== undefined && page.first === cursor.first && page.last === last) throw badReply('the same page follows itself')
  const missed = last !== undefined && start > 0 && (page.first === null || page.first > last)
  if (missed && cursor.back < mostBack) {
    const back = cursor.back + 1
    return { ...same, start: Math.max(0, start - overlapRows * 10 ** back), last, back } satisfies PositionCursor
  }
  if (!page.more) return from === undefined ? null : { ...same, phase: 'archived', start: 0, back: 0 }
  if (page.rows === 0 || page.last === null) throw badReply('an empty page in the middle')
  const on = Math.max(1, page.rows - overlapRows)
  const further = missed || last === undefined || page.last > last
  return {
    ...same,
    start: start + on,
    ...(page.first === null ? {} : { first: page.first }),
    last: page.last,
    back: further ? 0 : cursor.back,
  }
}
