/** Sends a ringing call elsewhere: to a number, or to one of the first colleagues who are free. The rep opened it, so it takes the focus. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { numberIn } from '../app/calls/targets'
import { useAct, useApp } from '../app/context'
import { LineIcon } from '../app/phone/LineIcon'
import styles from './IncomingCalls.module.css'

/** Colleagues offered by name; more would push the buttons out of the window. */
const offered = 3

export function ForwardForm({ callId, onClose }: { callId: string; onClose: () => void }) {
  const { t } = useTranslation('calls')
  const act = useAct()
  const colleagues = useApp((state) => state.settings.colleagues)
  const lines = useApp((state) => state.colleagues)
  const [text, setText] = useState('')
  const number = numberIn(text)
  const free = colleagues.filter((each) => lines.find((line) => line.id === each.id)?.state === 'idle').slice(0, offered)
  const go = (target: string) => void act('call.forward', { callId, target: target.slice(0, 120) })
  return (
    <form
      className={styles.forward}
      data-forward
      aria-label={t('forward.button')}
      onSubmit={(event) => {
        event.preventDefault()
        if (number) go(number)
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.nativeEvent.isComposing) return
        event.preventDefault()
        onClose()
      }}
    >
      <input
        // biome-ignore lint/a11y/noAutofocus: the rep has just opened it to type here
        autoFocus
        type="text"
        aria-label={t('forward.to')}
        placeholder={t('forward.placeholder')}
        autoComplete="off"
        spellCheck={false}
        maxLength={120}
        dir="auto"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" disabled={number === null}>
        {t('forward.go')}
      </button>
      {free.length > 0 ? (
        <ul>
          {free.map((each) => (
            <li key={each.id}>
              <button type="button" onClick={() => go(each.number)}>
                <LineIcon state="idle" />
                <bdi>{each.name}</bdi>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </form>
  )
}
