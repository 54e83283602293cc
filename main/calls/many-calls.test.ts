/**
 * Four calls and a rep who presses anything at any time, while far ends accept, refuse and die as they like: at every moment at
 * most one call hears him, or the conference, and when all have ended nothing is left.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type CallRig, callRig } from '../../test/fixtures/call-rig'
import type { ScriptedCall } from '../../test/fixtures/scripted-account'
import { TroubleError } from '../trouble'

const rounds = 16
const steps = 150

let rig: CallRig
const stray: unknown[] = []
const onStray = (reason: unknown) => void stray.push(reason)
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] })
  rig = await callRig()
  rig.callLimit = 4
  process.on('unhandledRejection', onStray)
})
afterEach(async () => {
  process.off('unhandledRejection', onStray)
  vi.useRealTimers()
  await rig.close()
})
const quiet = () => new Promise((done) => setImmediate(done))

/** Mulberry32: the same course for the same seed. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test('at every moment one call hears the rep, or the conference, or nobody; and at the end nothing is left', async () => {
  const { push } = rig.seen
  const calls = new Map<string, ScriptedCall>()
  let course: string[] = []
  let conferences = 0
  let transferred = 0
  const check = () => {
    const shown = new Map(rig.calls.live().map((call) => [call.id, call]))
    const hearing = [...calls.values()].filter((call) => call.hearsRep)
    const conference = hearing.filter(({ id }) => shown.get(id)?.inConference)
    if (conference.length > 0) conferences++
    const rest = hearing.length - conference.length
    if (rest > 1 || (rest > 0 && conference.length > 0)) throw new Error(`${hearing.length} calls hear the rep after ${course.join(', ')}`)
  }
  let failure: unknown = null
  rig.seen.push = (...events) => {
    try {
      check()
    } catch (error) {
      failure ??= error
    }
    return push.apply(rig.seen, events)
  }
  // The store's own, of which some end by themselves.
  let idle = vi.getTimerCount()
  for (let seed = 1; seed <= rounds; seed++) {
    const roll = dice(seed)
    const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(roll() * from.length)]
    const pending: (() => void)[] = []
    const perhaps = (code: string) =>
      new Promise<void>((resolve, reject) => {
        pending.push(() => (roll() < 0.6 ? resolve() : reject(new TroubleError(code))))
      })
    const script = (call: ScriptedCall | undefined) => {
      if (!call) return
      calls.set(call.id, call)
      call.holding = () => perhaps('sip.holdRefused')
      call.transferring = () => perhaps(roll() < 0.5 ? 'transfer.refused' : 'transfer.timeout')
    }
    const refer = (call: ScriptedCall | undefined) => {
      const referral = call?.refer('702')
      if (!referral) return
      const { accept } = referral
      referral.accept = () => {
        const accepted = accept.call(referral)
        script(accepted)
        return accepted
      }
    }
    const { receive, dial } = rig.line
    rig.line.receive = (...input) => {
      const call = receive.apply(rig.line, input)
      script(call)
      return call
    }
    rig.line.dial = (target) => {
      const call = dial.call(rig.line, target)
      script(call)
      return call
    }
    rig.mixing = () => perhaps('media.failed')
    course = [`seed ${seed}`]
    const live = () => rig.calls.live().filter((call) => call.phase !== 'ended')
    const wanted = (name: string, act: () => unknown) => {
      course.push(name)
      // Most of what is pressed at random cannot be done: that is answered in words, and nothing else.
      const refusedInWords = (error: unknown) => {
        if (error instanceof TroubleError) return
        failure ??= error
      }
      try {
        Promise.resolve(act())
          .then(() => name === 'transfer' && transferred++)
          .catch(refusedInWords)
      } catch (error) {
        refusedInWords(error)
      }
    }
    const acts: [string, () => unknown][] = [
      ['receive', () => rig.line.receive(`+${Math.floor(roll() * 1e6)}`)],
      ['dial', () => rig.calls.dial({ number: '600' })],
      ['replace', () => rig.line.receive('+7', { replaces: pick(live())?.id ?? '' })],
      ['answer', () => rig.calls.answer(pick(live().filter(({ phase }) => phase === 'ringing'))?.id ?? '')],
      ['picked up', () => calls.get(pick(live().filter(({ phase }) => phase === 'calling'))?.id ?? '')?.connect()],
      ['hold', () => rig.calls.hold(pick(live())?.id ?? '', true)],
      ['resume', () => rig.calls.hold(pick(live())?.id ?? '', false)],
      ['resume', () => rig.calls.hold(pick(live())?.id ?? '', false)],
      ['mute', () => rig.calls.mute(pick(live())?.id ?? '', roll() < 0.5)],
      ['consult', () => rig.calls.consult(pick(live())?.id ?? '', '700')],
      ['transfer', () => rig.calls.transfer(pick(live())?.id ?? '', '701')],
      ['connect', () => rig.calls.connect(pick(live())?.id ?? '', pick(live())?.id ?? '')],
      ['conference', () => rig.calls.startConference(pick(live())?.id ?? '', pick(live())?.id ?? '')],
      ['party', () => rig.calls.muteParty(pick(live())?.id ?? '', roll() < 0.5)],
      ['split', () => rig.calls.splitConference(pick(live())?.id ?? '')],
      ['leave', () => rig.calls.leaveConference()],
      ['page', () => rig.page(roll() < 0.8)],
      ['tones', () => rig.calls.dtmf(pick(live())?.id ?? '', '1,2')],
      ['refer', () => refer(calls.get(pick(live())?.id ?? ''))],
      ['accept referral', () => rig.calls.referral(pick(live())?.id ?? '', roll() < 0.7)],
      ['hang up', () => roll() < 0.4 && rig.calls.hangUp(pick(live())?.id ?? '')],
      ['gone', () => roll() < 0.4 && calls.get(pick(live())?.id ?? '')?.end({ by: roll() < 0.5 ? 'remote' : 'network' })],
    ]
    for (let step = 0; step < steps && !failure; step++) {
      const act = pick(acts)
      if (act) wanted(...act)
      if (roll() < 0.5) pending.splice(Math.floor(roll() * pending.length), 1)[0]?.()
      if (roll() < 0.2) await vi.advanceTimersByTimeAsync(700)
      await quiet()
      check()
      expect(live().length, course.join(', ')).toBeLessThanOrEqual(5)
    }
    if (failure) throw failure
    rig.page(true)
    for (const call of calls.values()) call.end()
    for (const settle of pending) settle()
    await quiet()
    await vi.advanceTimersByTimeAsync(15_000)
    rig.line.receive = receive
    rig.line.dial = dial
    expect(rig.calls.live(), course.join(', ')).toEqual([])
    expect(rig.tones.size).toBe(0)
    const timers = vi.getTimerCount()
    expect(timers, course.join(', ')).toBeLessThanOrEqual(idle)
    idle = timers
    expect(rig.store.db.prepare('SELECT count(*) FROM calls WHERE result IS NULL').pluck().get()).toBe(0)
    calls.clear()
  }
  expect(stray).toEqual([])
  expect(conferences).toBeGreaterThan(rounds)
  expect(transferred).toBeGreaterThan(5)
}, 120_000)
