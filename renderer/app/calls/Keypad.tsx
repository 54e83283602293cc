/** The keypad of a call. Keys are sent only while it is open and has the focus; Escape closes it and nothing else. */
import { type RefObject, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Trouble } from '../../../preload/contract'
import { troubleOf, useBridge } from '../context'
import { TroubleText } from '../trouble'
import styles from './Keypad.module.css'

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const
const letters: Record<string, string> = { 2: 'ABC', 3: 'DEF', 4: 'GHI', 5: 'JKL', 6: 'MNO', 7: 'PQRS', 8: 'TUV', 9: 'WXYZ', 0: '+' }

/** `opener` is the button it hangs under. */
export function Keypad({ callId, opener, onClose }: { callId: string; opener: RefObject<HTMLElement | null>; onClose: () => void }) {
  const { t } = useTranslation('phone')
  const bridge = useBridge()
  const box = useRef<HTMLDivElement>(null)
  const [sent, setSent] = useState('')
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  // At once, not after a transition: the next key the rep presses is meant for it. The rep opened it, so it may take the focus.
  useLayoutEffect(() => {
    box.current?.showPopover(opener.current ? { source: opener.current } : undefined)
    box.current?.focus()
  }, [opener])
  const press = (tone: string) => {
    setSent((before) => (before + tone).slice(-64))
    bridge.send('call.dtmf', { callId, tones: tone }).then(
      () => setTrouble(null),
      (error) => setTrouble(troubleOf(error)),
    )
  }
  return (
    <div
      ref={box}
      role="dialog"
      aria-label={t('keypadOf')}
      tabIndex={-1}
      popover="manual"
      className={styles.keypad}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.nativeEvent.isComposing) return
        if (event.key === 'Escape') {
          event.preventDefault()
          event.stopPropagation()
          onClose()
        } else if (/^[0-9*#]$/.test(event.key)) {
          event.preventDefault()
          if (!event.repeat) press(event.key)
        }
      }}
    >
      <output className={`rb-figures ${styles.sent}`} aria-label={t('keypadSent')}>
        {sent || <span className={styles.hint}>{t('keypadHint')}</span>}
      </output>
      <div className={styles.keys}>
        {keys.map((key) => (
          <button key={key} type="button" className={styles.key} aria-label={key} onClick={() => press(key)}>
            <span>{key}</span>
            <small aria-hidden>{letters[key] ?? ''}</small>
          </button>
        ))}
      </div>
      {trouble ? <TroubleText trouble={trouble} /> : null}
    </div>
  )
}
