/**
 * The calls that are on, on every screen: large on Phone, a strip elsewhere. Each is a group named for its party. Calls
 * that still ring are the screen-pop's affair, except where that is a window of its own.
 */
import { IconDialpad, IconMicrophone, IconMicrophoneOff, IconPhone, IconPhoneOff, IconX } from '@tabler/icons-react'
import { useCallback, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Initials } from '../contact/Initials'
import { useAct, useApp } from '../context'
import type { ShownCall } from '../state'
import { TroubleText } from '../trouble'
import styles from './ActiveCalls.module.css'
import { CallTimer } from './CallTimer'
import { Keypad } from './Keypad'
import { isIncomingRinging, partyName, stateWords } from './words'

export function ActiveCalls({ large }: { large: boolean }) {
  const { t } = useTranslation('phone')
  const calls = useApp((state) => state.calls)
  const popInPage = useApp((state) => state.host.kind === 'browser')
  const shown = calls.filter((call) => !(popInPage && isIncomingRinging(call)))
  if (shown.length === 0) return null
  const on = shown.filter((call) => call.phase !== 'ended')
  const ended = shown.filter((call) => call.phase === 'ended')
  return (
    <section className={styles.calls} data-calls aria-label={t('activeCalls')} data-large={large && on.length === 1 ? 'yes' : 'no'}>
      {[...on, ...ended].map((call) => (
        <ActiveCall key={call.id} call={call} />
      ))}
    </section>
  )
}

export function ActiveCall({ call }: { call: ShownCall }) {
  const { t } = useTranslation('phone')
  const act = useAct()
  const [keypad, setKeypad] = useState(false)
  const keypadButton = useRef<HTMLButtonElement>(null)
  const closeKeypad = useCallback(() => {
    setKeypad(false)
    keypadButton.current?.focus()
  }, [])
  const name = partyName(call.caller, t)
  const contact = call.caller.contacts[0]
  const organization = contact && call.caller.match !== 'none' ? contact.organization : null
  const ended = call.phase === 'ended'
  const ringing = isIncomingRinging(call)
  const up = call.phase === 'connected' || call.phase === 'early'
  const number = call.caller.display || call.caller.raw
  return (
    <div role="group" aria-label={name} className={styles.call} data-phase={call.phase} data-result={call.result ?? ''}>
      <div className={styles.mark}>
        <Initials name={contact ? name : ''} />
      </div>
      <div className={styles.who}>
        <div className={styles.name} title={name}>
          <bdi>{name}</bdi>
        </div>
        <div className={styles.about}>
          {organization ? <span className={styles.organization}>{organization}</span> : null}
          {number && number !== name ? <span className="rb-figures">{number}</span> : null}
        </div>
      </div>
      <div className={styles.state}>
        {ended && call.answeredAt === null ? null : <CallTimer call={call} className={styles.timer} />}
        <span role="status" className={styles.words}>
          {stateWords(call, t)}
        </span>
      </div>
      <div className={styles.buttons}>
        {ended ? (
          <button type="button" className={styles.button} onClick={() => void act('call.dismiss', { callId: call.id })}>
            <IconX size={18} aria-hidden />
            <span>{t('shell:dismiss')}</span>
          </button>
        ) : ringing ? (
          <>
            <button
              type="button"
              className={`${styles.button} ${styles.stop}`}
              onClick={() => void act('call.decline', { callId: call.id })}
            >
              <IconPhoneOff size={18} aria-hidden />
              <span>{t('pop:decline')}</span>
            </button>
            <button type="button" className={`${styles.button} ${styles.go}`} onClick={() => void act('call.answer', { callId: call.id })}>
              <IconPhone size={18} aria-hidden />
              <span>{t('pop:answer')}</span>
            </button>
          </>
        ) : (
          <>
            <button
              type="button"
              className={styles.button}
              aria-pressed={call.muted}
              title={t(call.muted ? 'unmuteHint' : 'muteHint')}
              onClick={() => void act('call.mute', { callId: call.id, muted: !call.muted })}
            >
              {call.muted ? <IconMicrophoneOff size={18} aria-hidden /> : <IconMicrophone size={18} aria-hidden />}
              <span>{t('mute')}</span>
            </button>
            <button
              ref={keypadButton}
              type="button"
              className={styles.button}
              aria-expanded={keypad && up}
              disabled={!up}
              onClick={() => setKeypad((now) => !now)}
            >
              <IconDialpad size={18} aria-hidden />
              <span>{t('keypad')}</span>
            </button>
            {keypad && up ? <Keypad callId={call.id} opener={keypadButton} onClose={closeKeypad} /> : null}
            <button
              type="button"
              className={`${styles.button} ${styles.stop}`}
              onClick={() => void act('call.hangUp', { callId: call.id })}
            >
              <IconPhoneOff size={18} aria-hidden />
              <span>{t('hangUp')}</span>
            </button>
          </>
        )}
      </div>
      {call.trouble ? (
        <div className={styles.trouble} role="alert">
          <TroubleText trouble={call.trouble} />
        </div>
      ) : null}
    </div>
  )
}
