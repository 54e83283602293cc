/**
 * A small dialog that hangs under the button that opened it, in the page's top layer. The rep opened it, so it takes the
 * focus; Escape closes it and nothing else hears of that.
 */
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, type RefObject, useLayoutEffect, useRef } from 'react'
import styles from './Flyout.module.css'

export interface FlyoutProps {
  label: string
  /** The button it hangs under. */
  opener: RefObject<HTMLElement | null>
  onClose: () => void
  className?: string | undefined
  /** Keys but Escape. */
  onKeyDown?: (event: KeyboardEvent<HTMLDivElement>) => void
  onPaste?: (event: ClipboardEvent<HTMLDivElement>) => void
  children: ReactNode
}

export function Flyout({ label, opener, onClose, className, onKeyDown, onPaste, children }: FlyoutProps) {
  const box = useRef<HTMLDivElement>(null)
  // At once, not after a transition: the next key the rep presses is meant for it.
  useLayoutEffect(() => {
    box.current?.showPopover(opener.current ? { source: opener.current } : undefined)
    const first = box.current?.querySelector<HTMLElement>('[data-first]')
    ;(first ?? box.current)?.focus()
  }, [opener])
  return (
    <div
      ref={box}
      role="dialog"
      aria-label={label}
      tabIndex={-1}
      popover="manual"
      className={`${styles.flyout} ${className ?? ''}`}
      onPaste={onPaste}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return
        if (event.key === 'Escape') {
          event.preventDefault()
          event.stopPropagation()
          onClose()
        } else onKeyDown?.(event)
      }}
    >
      {children}
    </div>
  )
}
