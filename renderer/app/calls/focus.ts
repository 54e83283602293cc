/**
 * The focus after a call's button went away under it: pressing Answer takes the screen-pop away, pressing Hang up the whole
 * row. The browser would leave the focus nowhere; here it goes to what the rep does next. A focus that is anywhere else
 * is never touched.
 */
import { useEffect } from 'react'
import { useAppStore } from '../context'

/** Parts of the page whose buttons come and go with calls, and the menus that hang on those. */
const parts = '[data-pop], [data-calls], [role="menu"]'

/** The first of these that is there and can be seen. */
function firstShown(selectors: readonly string[]): HTMLElement | null {
  for (const selector of selectors) {
    for (const found of document.querySelectorAll<HTMLElement>(selector)) if (found.getClientRects().length > 0) return found
  }
  return null
}

/** Where the focus belongs: a further caller, the call that is on, alone or as a conference, a call on hold, the log that waits, the dial field. */
const places = [
  '[data-pop] [data-call]',
  '[data-calls] [data-hold="none"]:not([data-compact="yes"], [data-phase="ended"])',
  '[data-calls] [role="group"]:not([data-compact="yes"], [data-phase="ended"])',
  '[data-calls] [data-call]:not([data-phase="ended"])',
  'form textarea',
  'header input[role="combobox"]',
]

/** Watches the focus for the whole of a page; used once for each. */
export function useKeptFocus(): void {
  const store = useAppStore()
  useEffect(() => {
    /** The focus was last in one of the parts. */
    let within = false
    /** Where it was. Weakly: an element keeps all that was taken off the screen with it, a whole form. */
    let last: WeakRef<Element> | null = null
    let frame = 0
    const onFocus = (event: FocusEvent) => {
      const target = event.target instanceof Element ? event.target : null
      last = target && new WeakRef(target)
      within = target !== null && target.closest(parts) !== null
    }
    const onPointer = (event: PointerEvent) => {
      // A click beside everything means that the rep wants the focus nowhere.
      if (event.target instanceof Element && !event.target.closest(parts)) within = false
    }
    const look = () => {
      const active = document.activeElement
      const lost = active === null || active === document.body
      if (!lost || !within || last === null) return
      const was = last.deref()
      const gone = !was?.isConnected || was.getClientRects().length === 0 || (was as HTMLButtonElement).disabled === true
      if (!gone) return
      firstShown(places)?.focus({ preventScroll: true })
    }
    const stop = store.subscribe((state, before) => {
      if (state.calls === before.calls) return
      // After React has drawn the change.
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(() => setTimeout(look, 0))
    })
    document.addEventListener('focusin', onFocus)
    document.addEventListener('pointerdown', onPointer)
    return () => {
      cancelAnimationFrame(frame)
      stop()
      document.removeEventListener('focusin', onFocus)
      document.removeEventListener('pointerdown', onPointer)
    }
  }, [store])
}
