/**
 * What a key means for an incoming call. Answering or declining by accident is worse than one more key press, so plain
 * keys count only where nothing else can have been meant.
 */

/** After any key, Enter and Escape on no control mean nothing to a call for this long: somebody is typing. */
export const typingPauseMs = 700

export interface KeyPress {
  key: string
  code: string
  ctrl: boolean
  shift: boolean
  alt: boolean
  meta: boolean
  repeat: boolean
  /** An input method is composing a character: Enter belongs to it. */
  composing: boolean
  /** `button`: a button inside the pop, which a key presses by itself. `pop`: elsewhere inside it. `nothing`: no control at all. */
  focus: 'pop' | 'button' | 'nothing' | 'elsewhere'
  /** Since the key press before this one, ms. */
  sinceLastKey: number
}

/** `answer` or `decline` for the call that rings, or null when the key is not for it. */
export function popAction(press: KeyPress): 'answer' | 'decline' | null {
  if (press.repeat || press.composing || press.meta || press.alt) return null
  if (press.ctrl && press.shift) {
    if (press.code === 'KeyA') return 'answer'
    if (press.code === 'KeyD') return 'decline'
    return null
  }
  if (press.ctrl || press.shift) return null
  if (press.key !== 'Enter' && press.key !== 'Escape') return null
  if (press.focus === 'elsewhere') return null
  if (press.focus === 'nothing' && press.sinceLastKey < typingPauseMs) return null
  if (press.key === 'Escape') return 'decline'
  return press.focus === 'button' ? null : 'answer'
}

/** Where the focus is, as `popAction` asks it. `pop` null: no pop is shown. */
export function focusOf(page: Document, pop: Element | null, active: Element | null = page.activeElement): KeyPress['focus'] {
  if (!active || active === page.body || active === page.documentElement) return 'nothing'
  if (!pop?.contains(active)) return 'elsewhere'
  // Somebody types where the call shall go, or says who it is: Enter and Escape belong to that.
  if (active.closest('[data-forward], [data-choosing]')) return 'elsewhere'
  return active.closest('button, a, input, select, textarea') ? 'button' : 'pop'
}
