/**
 * The keypad of a call. Keys are sent only while it is open and has the focus; Escape closes it and nothing else. A whole
 * sequence may be pasted, `,` waits two seconds, letters are the digits they stand on. What was sent may be a PIN: all but
 * the last key is shown as a dot.
 */
import { type RefObject, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Trouble } from '../../../preload/contract'
import { troubleOf, useBridge } from '../context'
import { keyLetters, tonesOf } from '../phone/letters'
import { TroubleText } from '../trouble'
import { Flyout } from './Flyout'
import styles from './Keypad.module.css'

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const
/** Signs that one command may carry (preload/contract.ts, `call.dtmf`). */
const longest = 200

/** `opener` is the button it hangs under. */
export function Keypad({ callId, opener, onClose }: { callId: string; opener: RefObject<HTMLElement | null>; onClose: () => void }) {
  const { t } = useTranslation('calls')
  const bridge = useBridge()
  const [sent, setSent] = useState('')
  const [sending, setSending] = useState(0)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const [refused, setRefused] = useState(false)
  const send = (text: string) => {
    const tones = tonesOf(text)
    setRefused(tones === null || tones.length > longest)
    if (!tones || tones.length > longest) return
    setSent((before) => (before + tones).slice(-18))
    setSending((now) => now + 1)
    bridge
      .send('call.dtmf', { callId, tones })
      .then(
        () => setTrouble(null),
        (error) => setTrouble(troubleOf(error)),
      )
      .finally(() => setSending((now) => now - 1))
  }
  return (
    <Flyout
      label={t('phone:keypadOf')}
      opener={opener}
      onClose={onClose}
      className={styles.keypad}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9*#,a-z]$/i.test(event.key)) return
        event.preventDefault()
        if (!event.repeat) send(event.key)
      }}
      onPaste={(event) => {
        event.preventDefault()
        send(event.clipboardData.getData('text'))
      }}
    >
      <output className={`rb-figures ${styles.sent}`} aria-label={t('phone:keypadSent')}>
        {sent ? `${'•'.repeat(sent.length - 1)}${sent.at(-1)}` : <span className={styles.hint}>{t('keypad.hint')}</span>}
      </output>
      <div className={styles.keys}>
        {keys.map((key) => (
          <button key={key} type="button" className={styles.key} aria-label={key} onClick={() => send(key)}>
            <span>{key}</span>
            <small aria-hidden>{keyLetters[key] ?? ''}</small>
          </button>
        ))}
      </div>
      <div role="status" className={styles.below}>
        {refused ? t('keypad.refused') : sending > 0 && sent.includes(',') ? t('keypad.sending') : null}
      </div>
      {trouble ? <TroubleText trouble={trouble} /> : null}
    </Flyout>
  )
}
