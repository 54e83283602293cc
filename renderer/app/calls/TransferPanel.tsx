/**
 * Hands a call over: to somebody found by name, to a number, or to the party of another call. «Ask first» is what Enter
 * does, because it can be taken back; «Transfer now» is a choice of its own.
 */
import { IconArrowsJoin2, IconHistory, IconUser } from '@tabler/icons-react'
import { type RefObject, useEffect, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallRecord, ContactSummary } from '../../../preload/contract'
import { useAct, useApp, useBridge } from '../context'
import { cleanDialText } from '../phone/dialling'
import { LineIcon } from '../phone/LineIcon'
import type { ShownCall } from '../state'
import { Control } from './Control'
import { Flyout } from './Flyout'
import styles from './TransferPanel.module.css'
import { numberIn, type Target, targetsOf } from './targets'
import { isUp, partyName } from './words'

/** Contacts for the text, and the latest calls while there is none. */
function useFound(text: string): { contacts: ContactSummary[]; recent: CallRecord[] } {
  const bridge = useBridge()
  const [contacts, setContacts] = useState<ContactSummary[]>([])
  const [recent, setRecent] = useState<CallRecord[]>([])
  const asked = cleanDialText(text)
  useEffect(() => {
    let current = true
    // Without an answer a number can still be typed; main's absence has its own banner.
    bridge.send('history.list', { filter: {}, limit: 12 }).then(
      ({ rows }) => current && setRecent(rows.filter((record) => record.result !== null)),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [bridge])
  useEffect(() => {
    let current = true
    if (asked === '') return setContacts([])
    const timer = setTimeout(() => {
      bridge.send('contacts.suggest', { text: asked.slice(0, 120) }).then(
        (found) => current && setContacts(found),
        () => current && setContacts([]),
      )
    }, 50)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [bridge, asked])
  return { contacts, recent }
}

export function TransferPanel({ call, opener, onClose }: { call: ShownCall; opener: RefObject<HTMLElement | null>; onClose: () => void }) {
  const { t } = useTranslation('calls')
  const act = useAct()
  const name = partyName(call.caller, t)
  const others = useApp((state) => state.calls).filter((other) => other.id !== call.id && isUp(other) && other.transfer === null)
  const colleagues = useApp((state) => state.settings.colleagues)
  const states = useApp((state) => state.colleagues)
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<Target | null>(null)
  const [highlighted, setHighlighted] = useState(-1)
  const list = useId()
  const found = useFound(text)
  const targets = targetsOf(text, { colleagues, states, ...found })
  const number = chosen ? chosen.number : numberIn(text)
  const pick = (target: Target) => {
    setChosen(target)
    setText(target.name)
    setHighlighted(-1)
  }
  const go = (command: 'call.transfer' | 'call.consult') => {
    if (!number) return
    onClose()
    void act(command, { callId: call.id, target: number.slice(0, 120) })
  }
  return (
    <Flyout label={t('transfer.title', { name })} opener={opener} onClose={onClose} className={styles.panel}>
      {others.map((other) => (
        <Control
          key={other.id}
          Icon={IconArrowsJoin2}
          label={t('transfer.connectTwo', { name: partyName(other.caller, t) })}
          title={t('transfer.connectTwoHint')}
          onClick={() => {
            onClose()
            void act('call.connect', { callId: call.id, withCallId: other.id })
          }}
        />
      ))}
      <input
        data-first
        className={`rb-figures ${styles.input}`}
        type="text"
        role="combobox"
        aria-label={t('transfer.to')}
        aria-autocomplete="list"
        aria-expanded={targets.length > 0}
        aria-controls={list}
        aria-activedescendant={targets[highlighted] ? `${list}-${highlighted}` : undefined}
        placeholder={t('transfer.placeholder')}
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        maxLength={120}
        dir="auto"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setChosen(null)
          setHighlighted(-1)
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          const target = targets[highlighted]
          if (event.key === 'Enter') {
            event.preventDefault()
            if (event.repeat) return
            if (target) pick(target)
            else go('call.consult')
          } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            const step = event.key === 'ArrowDown' ? 1 : -1
            setHighlighted((now) => ((now + 1 + step + targets.length + 1) % (targets.length + 1)) - 1)
          }
        }}
      />
      <div id={list} role="listbox" aria-label={t('phone:suggestions')} className={styles.list} hidden={targets.length === 0}>
        {targets.map((target, at) => (
          <div
            key={target.key}
            id={`${list}-${at}`}
            role="option"
            aria-selected={at === highlighted || target.key === chosen?.key}
            className={styles.line}
            // The field keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => pick(target)}
            onMouseMove={() => setHighlighted(at)}
          >
            {target.state ? (
              <LineIcon state={target.state} />
            ) : target.kind === 'recent' ? (
              <IconHistory size={17} aria-label={t('transfer.recent')} />
            ) : (
              <IconUser size={17} aria-hidden />
            )}
            <span className={styles.who}>
              <bdi>{target.name}</bdi>
            </span>
            <span className={styles.quiet}>
              {target.state ? `${t(`phone:line.${target.state}`)} · ` : ''}
              <bdi className="rb-figures">{target.display}</bdi>
            </span>
          </div>
        ))}
      </div>
      <div role="status" className={targets.length === 0 ? styles.none : undefined}>
        {targets.length > 0 || number !== null ? null : t(text.trim() === '' ? 'transfer.start' : 'transfer.noMatch')}
      </div>
      <div className={styles.actions}>
        <button type="button" disabled={number === null} title={t('transfer.nowHint')} onClick={() => go('call.transfer')}>
          {t('transfer.now')}
        </button>
        <button
          type="button"
          data-main
          disabled={number === null}
          title={t('transfer.askHint', { name })}
          onClick={() => go('call.consult')}
        >
          {t('transfer.ask')}
          <kbd aria-hidden>⏎</kbd>
        </button>
      </div>
    </Flyout>
  )
}
