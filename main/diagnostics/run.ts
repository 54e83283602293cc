/** Carries out checks: as many at once as do not depend on each other, each bounded in time, all of them cancellable. */
import type { SelfCheck, Trouble } from '../../preload/contract'
import { troubleOf } from '../trouble'

export interface Found {
  state: 'ok' | 'warning' | 'failed' | 'skipped'
  finding: Trouble
}

export interface Check {
  id: string
  /** A key in resources/locales/en/help.json, under `check`. */
  title: string
  params: SelfCheck['params']
  /** Checks without whose success this one says nothing: when one failed, it is skipped. They stand before it. */
  needs?: readonly string[]
  /** Checks that must have ended before this one begins, whatever came of them. */
  after?: readonly string[]
  /** Ends with the signal. What it throws is told as a failure. */
  run(signal: AbortSignal): Promise<Found>
}

/** The longest that one check may take, in ms. */
export const checkLimitMs = 10_000

export const ok = (code: string, params: Trouble['params'] = {}, detail?: string): Found => found('ok', code, params, detail)
export const warning = (code: string, params: Trouble['params'] = {}, detail?: string): Found => found('warning', code, params, detail)
export const failed = (code: string, params: Trouble['params'] = {}, detail?: string): Found => found('failed', code, params, detail)
export const skipped = (code: string, params: Trouble['params'] = {}): Found => found('skipped', code, params)
/** A failure that already has its words. */
export const failedWith = (finding: Trouble): Found => ({ state: 'failed', finding })

function found(state: Found['state'], code: string, params: Trouble['params'], detail?: string): Found {
  return { state, finding: detail ? { code, params, detail: detail.slice(0, 4000) } : { code, params } }
}

/**
 * Resolves, when all have ended, to what was found, in the order given; never rejects. `onChange` hears the whole list each
 * time that one begins or ends.
 */
export async function runChecks(
  checks: readonly Check[],
  options: { signal: AbortSignal; onChange: (list: SelfCheck[]) => void; limitMs?: number },
): Promise<SelfCheck[]> {
  const { signal, onChange, limitMs = checkLimitMs } = options
  const list: SelfCheck[] = checks.map(({ id, title, params }) => ({ id, title, params, state: 'waiting', finding: null }))
  const numbers = new Map(checks.map(({ id }, index) => [id, index]))
  const ended = new Map<string, Promise<void>>()
  const set = (index: number, change: Partial<SelfCheck>) => {
    const before = list[index]
    if (before) list[index] = { ...before, ...change }
    onChange([...list])
  }

  /** Why a check cannot be made: which earlier one it failed with. */
  const missing = (needs: readonly string[]): Found | null => {
    for (const id of needs) {
      const number = numbers.get(id)
      const needed = number === undefined ? undefined : list[number]
      if (needed?.state === 'failed') return skipped('help.afterFailed', { number: (number ?? 0) + 1 })
      if (needed?.state === 'skipped' && needed.finding?.code === 'help.afterFailed') return { state: 'skipped', finding: needed.finding }
    }
    return null
  }

  const one = async (check: Check, index: number) => {
    await Promise.all([...(check.needs ?? []), ...(check.after ?? [])].map((id) => ended.get(id)))
    if (signal.aborted) return set(index, skipped('help.cancelled'))
    const without = missing(check.needs ?? [])
    if (without) return set(index, without)
    set(index, { state: 'running' })
    set(index, await bounded(check, signal, limitMs))
  }
  // A check waits only for earlier ones, whose promises are there already.
  checks.forEach((check, index) => ended.set(check.id, one(check, index)))
  await Promise.all(ended.values())
  return list
}

/** Ends in time even where what is checked does not. */
async function bounded(check: Check, signal: AbortSignal, limitMs: number): Promise<Found> {
  const own = new AbortController()
  const cancel = () => own.abort(signal.reason)
  signal.addEventListener('abort', cancel, { once: true })
  let timer: NodeJS.Timeout | undefined
  const cut = new Promise<Found>((done) => {
    own.signal.addEventListener('abort', () => done(signal.aborted ? skipped('help.cancelled') : tooSlow(limitMs)), { once: true })
    timer = setTimeout(() => own.abort(new Error('too slow')), limitMs)
  })
  try {
    const made = check.run(own.signal).catch((error: unknown): Found => {
      if (own.signal.aborted) return signal.aborted ? skipped('help.cancelled') : tooSlow(limitMs)
      return failedWith(troubleOf(error))
    })
    return await Promise.race([made, cut])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', cancel)
  }
}

const tooSlow = (limitMs: number) => failed('help.tooSlow', { seconds: Math.round(limitMs / 1000) })
