/**
 * «Keep on top»: a small Document Picture-in-Picture window, opened by the rep's click, that stays above other windows and
 * shows the calls. Only where the browser has it; on Electron the screen-pop is a window of its own.
 */
import { IconPictureInPictureTop } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { IncomingCall } from '../pop/IncomingCalls'
import { usePopKeys } from '../pop/IncomingDialog'
import { RecordingMark } from './calls/CallNotes'
import { CallTimer } from './calls/CallTimer'
import { isIncomingRinging, partyName, stateWords } from './calls/words'
import { useAct, useApp } from './context'
import styles from './KeepOnTop.module.css'
import { pageNonce } from './nonce'

interface DocumentPictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window>
}
declare global {
  interface Window {
    /** WICG Document Picture-in-Picture; Chromium has it. */
    readonly documentPictureInPicture?: DocumentPictureInPicture
  }
}

/** The page's styles in the other window: linked sheets again by link, made ones with the nonce, as the policy wants. */
function copyStyles(from: Document, to: Document): void {
  for (const link of from.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
    const copy = to.createElement('link')
    copy.rel = 'stylesheet'
    copy.href = link.href
    to.head.append(copy)
  }
  for (const style of from.querySelectorAll('style')) {
    const copy = to.createElement('style')
    copy.nonce = pageNonce(from)
    copy.textContent = style.textContent
    to.head.append(copy)
  }
}

export function KeepOnTop() {
  const { t } = useTranslation('pop')
  const inBrowser = useApp((state) => state.host.kind === 'browser')
  const [other, setOther] = useState<Window | null>(null)
  useEffect(() => () => other?.close(), [other])
  if (!inBrowser || !window.documentPictureInPicture) return null
  const open = async () => {
    const opened = await window.documentPictureInPicture?.requestWindow({ width: 380, height: 320 })
    if (!opened) return
    opened.document.title = document.title
    opened.document.documentElement.lang = document.documentElement.lang
    copyStyles(document, opened.document)
    opened.addEventListener('pagehide', () => setOther(null), { once: true })
    setOther(opened)
  }
  return (
    <>
      <button
        type="button"
        className={styles.open}
        aria-label={t('keepOnTop')}
        aria-pressed={other !== null}
        title={t('keepOnTopHint')}
        onClick={() => (other ? other.close() : void open())}
      >
        <IconPictureInPictureTop size={20} stroke={1.6} aria-hidden />
      </button>
      {other ? createPortal(<OnTop target={other} />, other.document.body) : null}
    </>
  )
}

function OnTop({ target }: { target: Window }) {
  usePopKeys(target)
  const { t } = useTranslation('pop')
  const act = useAct()
  const calls = useApp((state) => state.calls)
  const account = useApp((state) => state.accounts.find((each) => each.isDefault) ?? state.accounts[0])
  const connected = useApp((state) => state.connected)
  const undisturbed = useApp((state) => state.settings.doNotDisturb !== 'off')
  // The colour scheme is an attribute of the page's root, which follows the system and the settings.
  useEffect(() => {
    const name = 'data-mantine-color-scheme'
    const copy = () => target.document.documentElement.setAttribute(name, document.documentElement.getAttribute(name) ?? 'light')
    copy()
    const observer = new MutationObserver(copy)
    observer.observe(document.documentElement, { attributes: true, attributeFilter: [name] })
    return () => observer.disconnect()
  }, [target])
  const incoming = calls.filter(isIncomingRinging)
  const others = calls.filter((call) => !isIncomingRinging(call) && call.phase !== 'ended')
  return (
    <div className={styles.window} data-pop>
      {others.map((call) => (
        <div key={call.id} role="group" aria-label={partyName(call.caller, t)} className={styles.call}>
          <div className={styles.who}>
            <div className={styles.name} dir="auto">
              {partyName(call.caller, t)}
            </div>
            <div className={styles.quiet}>{stateWords(call, t)}</div>
            <RecordingMark call={call} />
          </div>
          <CallTimer call={call} className={styles.timer} />
          <div className={styles.buttons}>
            <button
              type="button"
              className={styles.button}
              aria-pressed={call.muted}
              onClick={() => void act('call.mute', { callId: call.id, muted: !call.muted })}
            >
              {t('phone:mute')}
            </button>
            <button
              type="button"
              className={styles.button}
              aria-pressed={call.hold === 'held' || call.hold === 'holding'}
              disabled={call.phase !== 'connected' || call.inConference || call.hold === 'holding' || call.hold === 'resuming'}
              onClick={() => void act('call.hold', { callId: call.id, held: call.hold !== 'held' })}
            >
              {t('calls:hold.button')}
            </button>
            <button type="button" className={styles.stop} onClick={() => void act('call.hangUp', { callId: call.id })}>
              {t('phone:hangUp')}
            </button>
          </div>
        </div>
      ))}
      {incoming.map((call, at) => (
        <IncomingCall key={call.id} call={call} several={incoming.length + others.length > 1} byKey={at === 0} />
      ))}
      {incoming.length + others.length === 0 ? (
        <div className={styles.idle}>
          <strong>
            {!account || !connected
              ? t('shell:account.connecting')
              : undisturbed && account.status === 'registered'
                ? t('phone:disturb.on')
                : t(`shell:account.${account.status}`)}
          </strong>
          {account ? <span className={styles.quiet}>{account.label}</span> : null}
          <span className={styles.quiet}>{t('onTopIdle')}</span>
        </div>
      ) : null}
    </div>
  )
}
