/** The screen-pop: a non-modal dialog that never takes the focus, with the keys that answer and decline. */
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { isIncomingRinging } from '../app/calls/words'
import { useAct, useApp, useAppStore } from '../app/context'
import { IncomingCall, useAnnouncement } from './IncomingCalls'
import styles from './IncomingDialog.module.css'
import { focusOf, popAction } from './keys'

/** The dialog in the page's corner; `whole` fills its own window instead. */
export function IncomingDialog({ whole = false }: { whole?: boolean }) {
  const { t } = useTranslation('pop')
  const calls = useApp((state) => state.calls)
  const incoming = calls.filter(isIncomingRinging)
  const box = useRef<HTMLDivElement>(null)
  const announcement = useAnnouncement(incoming)
  return (
    <>
      <div className="rb-only-read" role="status" aria-live="assertive">
        {announcement}
      </div>
      {incoming.length > 0 ? (
        <div
          ref={box}
          role="dialog"
          aria-modal="false"
          aria-label={t('incomingCall')}
          tabIndex={-1}
          className={whole ? styles.whole : styles.dialog}
          data-pop
          {...(whole ? { 'data-little': true } : {})}
        >
          {incoming.map((call, at) => (
            <IncomingCall key={call.id} call={call} several={incoming.length > 1} byKey={at === 0} />
          ))}
        </div>
      ) : null}
    </>
  )
}

/** The keys that answer and decline, for the whole of a window; used once for each. */
export function usePopKeys(target: Window = window): void {
  const store = useAppStore()
  const act = useAct()
  useEffect(() => {
    let lastKeyAt = Number.NEGATIVE_INFINITY
    const onKey = (event: KeyboardEvent) => {
      const sinceLastKey = event.timeStamp - lastKeyAt
      lastKeyAt = event.timeStamp
      const call = store.getState().calls.find(isIncomingRinging)
      if (!call) return
      const action = popAction({
        key: event.key,
        code: event.code,
        ctrl: event.ctrlKey,
        shift: event.shiftKey,
        alt: event.altKey,
        meta: event.metaKey,
        repeat: event.repeat,
        composing: event.isComposing,
        focus: focusOf(target.document, target.document.querySelector('[data-pop]')),
        sinceLastKey,
      })
      if (!action) return
      // The group with the focus is the one that is meant; otherwise the call that has rung longest.
      const group = target.document.activeElement?.closest('[data-call]')?.getAttribute('data-call')
      event.preventDefault()
      event.stopPropagation()
      void act(action === 'answer' ? 'call.answer' : 'call.decline', { callId: group ?? call.id })
    }
    // Captured, so that no control can hide from it that somebody is typing.
    target.addEventListener('keydown', onKey, { capture: true })
    return () => target.removeEventListener('keydown', onKey, { capture: true })
  }, [store, act, target])
}
