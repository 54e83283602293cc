import { describe, expect, it } from 'vitest'
import { type KeyPress, popAction, typingPauseMs } from './keys'

const press = (over: Partial<KeyPress>): KeyPress => ({
  key: 'Enter',
  code: 'Enter',
  ctrl: false,
  shift: false,
  alt: false,
  meta: false,
  repeat: false,
  composing: false,
  focus: 'nothing',
  sinceLastKey: Number.POSITIVE_INFINITY,
  ...over,
})
const escapeKey = { key: 'Escape', code: 'Escape' }

describe('a key while a call comes in', () => {
  it('answers or declines when the focus is on no control and nobody is typing', () => {
    expect(popAction(press({}))).toBe('answer')
    expect(popAction(press(escapeKey))).toBe('decline')
    expect(popAction(press({ sinceLastKey: typingPauseMs }))).toBe('answer')
  })
  it('means nothing on no control within 700 ms of another key', () => {
    expect(popAction(press({ sinceLastKey: typingPauseMs - 1 }))).toBeNull()
    expect(popAction(press({ ...escapeKey, sinceLastKey: 0 }))).toBeNull()
  })
  it('means nothing while any other control has the focus', () => {
    expect(popAction(press({ focus: 'elsewhere' }))).toBeNull()
    expect(popAction(press({ ...escapeKey, focus: 'elsewhere' }))).toBeNull()
  })
  it('acts inside the pop, but leaves Enter on a button to the button', () => {
    expect(popAction(press({ focus: 'pop', sinceLastKey: 10 }))).toBe('answer')
    expect(popAction(press({ focus: 'button' }))).toBeNull()
    expect(popAction(press({ ...escapeKey, focus: 'button', sinceLastKey: 10 }))).toBe('decline')
  })
  it('answers and declines from everywhere with Ctrl+Shift, also while typing', () => {
    const everywhere = { ctrl: true, shift: true, focus: 'elsewhere', sinceLastKey: 5 } as const
    expect(popAction(press({ ...everywhere, key: 'A', code: 'KeyA' }))).toBe('answer')
    expect(popAction(press({ ...everywhere, key: 'D', code: 'KeyD' }))).toBe('decline')
    expect(popAction(press({ ...everywhere, key: 'S', code: 'KeyS' }))).toBeNull()
  })
  it('ignores a held key, an input method and other modifiers', () => {
    expect(popAction(press({ repeat: true }))).toBeNull()
    expect(popAction(press({ composing: true }))).toBeNull()
    expect(popAction(press({ ctrl: true }))).toBeNull()
    expect(popAction(press({ alt: true, ctrl: true, shift: true, code: 'KeyA' }))).toBeNull()
  })
})
