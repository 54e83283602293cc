import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CallLogFields } from '../../../preload/contract'
import { DraftKeeper, keepEveryMs, retryAfterMs } from './draft-keeper'

const fields = (notes: string): CallLogFields => ({ outcome: null, notes, followUp: null, contactId: null, dealId: null })
const troubleOf = () => ({ code: 'bridge.lost', params: {} })

/** A main that keeps the newest revision, as the contract says. */
function recorder() {
  const disk = { revision: 0, notes: '' }
  const sent: { at: number; notes: string; revision: number }[] = []
  let away = false
  return {
    disk,
    sent,
    setAway: (now: boolean) => {
      away = now
    },
    send: async (_callId: string, draft: CallLogFields, revision: number) => {
      sent.push({ at: Date.now(), notes: draft.notes, revision })
      if (away) throw new Error('away')
      if (revision > disk.revision) Object.assign(disk, { revision, notes: draft.notes })
      return { revision: disk.revision }
    },
  }
}

describe('the draft keeper', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('keeps every change within 250 ms while typing goes on, with growing revisions', async () => {
    const main = recorder()
    const keeper = new DraftKeeper(main.send, troubleOf)
    keeper.reconcile([{ callId: 'a', fields: fields(''), revision: 0 }])
    const typedAt: number[] = []
    for (let i = 1; i <= 100; i++) {
      typedAt.push(Date.now())
      keeper.edit('a', { notes: 'x'.repeat(i) })
      await vi.advanceTimersByTimeAsync(37)
    }
    await vi.advanceTimersByTimeAsync(keepEveryMs)
    for (let i = 1; i <= 100; i++) {
      const kept = main.sent.find((each) => each.notes.length >= i)
      expect((kept?.at ?? Number.POSITIVE_INFINITY) - (typedAt[i - 1] ?? 0)).toBeLessThanOrEqual(200)
    }
    expect(main.sent.map((each) => each.revision)).toEqual(main.sent.map((_, i) => i + 1))
    expect(main.disk.notes).toHaveLength(100)
    expect(keeper.get('a')?.status).toBe('kept')
    expect(main.sent.length).toBeLessThan(40)
  })

  it('sends what is unsent at once when the page goes', () => {
    const main = recorder()
    const keeper = new DraftKeeper(main.send, troubleOf)
    keeper.reconcile([{ callId: 'a', fields: fields(''), revision: 4 }])
    keeper.edit('a', { notes: 'one' })
    keeper.edit('a', { notes: 'one two' })
    expect(main.sent.map((each) => each.notes)).toEqual(['one'])
    keeper.flush()
    expect(main.sent.map((each) => each.notes)).toEqual(['one', 'one two'])
    expect(main.sent.at(-1)?.revision).toBe(6)
  })

  it('never lets an event overwrite what is being typed', async () => {
    const main = recorder()
    const keeper = new DraftKeeper(main.send, troubleOf)
    keeper.reconcile([{ callId: 'a', fields: fields(''), revision: 0 }])
    keeper.edit('a', { notes: 'mine' })
    keeper.edit('a', { notes: 'mine, longer' })
    keeper.reconcile([{ callId: 'a', fields: fields('mine'), revision: 1 }])
    expect(keeper.get('a')?.fields.notes).toBe('mine, longer')
    keeper.reconcile([{ callId: 'a', fields: fields('from elsewhere'), revision: 9 }])
    expect(keeper.get('a')?.fields.notes).toBe('mine, longer')
    await vi.advanceTimersByTimeAsync(keepEveryMs * 2)
    expect(main.disk.notes).toBe('mine, longer')
    expect(main.disk.revision).toBeGreaterThan(9)
  })

  it('takes another window’s newer text when nothing here is unsent', async () => {
    const main = recorder()
    const keeper = new DraftKeeper(main.send, troubleOf)
    keeper.reconcile([{ callId: 'a', fields: fields('old'), revision: 2 }])
    keeper.reconcile([{ callId: 'a', fields: fields('newer'), revision: 3 }])
    expect(keeper.get('a')?.fields.notes).toBe('newer')
  })

  it('keeps the text through a failure, says so, and tries again by itself', async () => {
    const main = recorder()
    const keeper = new DraftKeeper(main.send, troubleOf)
    keeper.reconcile([{ callId: 'a', fields: fields(''), revision: 0 }])
    main.setAway(true)
    keeper.edit('a', { notes: 'typed while main was away' })
    await vi.advanceTimersByTimeAsync(10)
    expect(keeper.get('a')).toMatchObject({ status: 'failed', trouble: { code: 'bridge.lost' } })
    expect(keeper.leftovers()).toMatchObject({ a: { fields: { notes: 'typed while main was away' } } })
    main.setAway(false)
    await vi.advanceTimersByTimeAsync(retryAfterMs)
    expect(main.disk.notes).toBe('typed while main was away')
    expect(keeper.get('a')?.status).toBe('kept')
    expect(keeper.leftovers()).toEqual({})
  })

  it('brings unconfirmed text back after a reload, unless main has something newer', async () => {
    const main = recorder()
    const left = { a: { fields: fields('unconfirmed'), revision: 3 }, b: { fields: fields('older'), revision: 2 } }
    const keeper = new DraftKeeper(main.send, troubleOf, left)
    keeper.reconcile([
      { callId: 'a', fields: fields('unconf'), revision: 2 },
      { callId: 'b', fields: fields('newer'), revision: 7 },
    ])
    expect(keeper.get('a')?.fields.notes).toBe('unconfirmed')
    expect(keeper.get('b')?.fields.notes).toBe('newer')
    await vi.advanceTimersByTimeAsync(keepEveryMs)
    expect(main.disk.notes).toBe('unconfirmed')
  })

  it('forgets logs that no longer wait', () => {
    const keeper = new DraftKeeper(recorder().send, troubleOf)
    keeper.reconcile([{ callId: 'a', fields: fields(''), revision: 0 }])
    keeper.reconcile([])
    expect(keeper.get('a')).toBeNull()
  })
})
