/**
 * The one field to call from: a number or a name, with suggestions. Enter dials what is a number or a highlighted suggestion;
 * a bare name only opens the suggestions; while a call comes in Enter dials nothing, because it may have been meant for that.
 * Enter in the empty field brings back the number dialled last; a second Enter calls it.
 */
import { IconBuilding, IconClipboardText, IconPhone, IconRotateClockwise } from '@tabler/icons-react'
import { useCallback, useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isIncomingRinging } from '../calls/words'
import { Initials } from '../contact/Initials'
import { useAct, useApp, useAppStore } from '../context'
import { AccountChoice, accountsInOrder, dialAccountOf } from './AccountChoice'
import styles from './DialField.module.css'
import { cleanDialText, type DialOrigin, enterMeaning, isDialable } from './dialling'
import { useClipboardCall } from './use-clipboard-call'
import { useSuggestions } from './use-suggestions'

/** After a call stopped coming in, Enter still means nothing to the dial field for this long, ms. */
const settleMs = 700

type Hint = 'wait' | 'noMatch' | 'redial' | 'noRedial' | 'noNumber' | 'clipboardRefused'

export function DialField() {
  const { t } = useTranslation('phone')
  const act = useAct()
  const store = useAppStore()
  const text = useApp((state) => state.dialText)
  const comesIn = useApp((state) => state.calls.some(isIncomingRinging))
  const microphone = useApp((state) => state.media.microphone)
  const [open, setOpen] = useState(false)
  const [highlighted, setHighlighted] = useState(-1)
  const [hint, setHint] = useState<Hint | null>(null)
  const { lines, postpone } = useSuggestions(text)
  const input = useRef<HTMLInputElement>(null)
  const list = useId()
  const cameInAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    if (!comesIn) return
    return () => {
      cameInAt.current = performance.now()
    }
  }, [comesIn])
  /** Where the text came from, and whom it belongs to when main said so. */
  const source = useRef<{ origin: DialOrigin; contactId: number | null }>({ origin: 'typed', contactId: null })
  const setText = (value: string) => store.setState({ dialText: value })
  const noNumber = useCallback(() => setHint('noNumber'), [])
  const callFromClipboard = useClipboardCall(noNumber)
  const shown = open && lines.length > 0
  const chosen = shown ? (lines[highlighted] ?? null) : null

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase()
      const toField =
        (key === 'k' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) ||
        (key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !inField(event.target))
      if (!toField || event.isComposing) return
      event.preventDefault()
      input.current?.focus()
      input.current?.select()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])

  const dial = async (number: string, contactId: number | null, origin: DialOrigin) => {
    const account = dialAccountOf(store.getState())
    postpone()
    const started = await act('call.dial', {
      number: number.slice(0, 120),
      origin,
      ...(contactId ? { contactId } : {}),
      ...(account ? { accountId: account.id } : {}),
    })
    if (!started) return
    setOpen(false)
    setHighlighted(-1)
    setHint(null)
    // Only what was dialled is cleared: the rep may have typed on meanwhile.
    if (store.getState().dialText !== text) return
    setText('')
    source.current = { origin: 'typed', contactId: null }
  }
  const redial = async () => {
    input.current?.focus()
    const last = await act('call.last', {})
    // The rep may have begun to type while main was looking.
    if (cleanDialText(store.getState().dialText) !== '') return
    if (!last) return setHint('noRedial')
    source.current = { origin: 'redial', contactId: last.contactId }
    setText(last.number)
    setHint('redial')
  }
  const fromClipboard = async () => {
    const outcome = await callFromClipboard()
    if (outcome === 'done') return setHint(null)
    input.current?.focus()
    setHint(outcome === 'refused' ? 'clipboardRefused' : 'noNumber')
  }
  const enter = (asked: boolean) => {
    const settling = comesIn || performance.now() - cameInAt.current < settleMs
    const meaning = enterMeaning(text, chosen, settling && !asked)
    switch (meaning.kind) {
      case 'dial':
        setHint(null)
        return void dial(meaning.number, meaning.contactId ?? source.current.contactId, chosen ? 'click' : source.current.origin)
      case 'wait':
        return setHint('wait')
      case 'suggest':
        setOpen(true)
        return setHint('noMatch')
      case 'nothing':
        return void redial()
    }
  }
  const noMatch = hint === 'noMatch' && !isDialable(text) && lines.length === 0
  const told = hint === 'noMatch' ? (noMatch ? t('dialHint.noMatch') : null) : hint ? t(`dialHint.${hint}`) : null
  return (
    <div className={styles.dial}>
      <div className={styles.box}>
        <AccountChoice />
        <input
          ref={input}
          className={`rb-figures ${styles.input}`}
          type="text"
          role="combobox"
          aria-label={t('numberOrName')}
          aria-autocomplete="list"
          aria-expanded={shown}
          aria-controls={list}
          aria-activedescendant={chosen ? `${list}-${highlighted}` : undefined}
          placeholder={t('numberOrName')}
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          maxLength={120}
          dir="auto"
          value={text}
          onPaste={() => {
            source.current = { origin: 'clipboard', contactId: null }
          }}
          onChange={(event) => {
            const value = event.currentTarget.value
            // What was pasted stays so until the field is empty; another number is no redial.
            if (value === '' || source.current.origin === 'redial') source.current = { origin: 'typed', contactId: null }
            setText(value)
            setOpen(true)
            setHighlighted(-1)
            setHint(null)
          }}
          onBlur={() => {
            setOpen(false)
            setHint(null)
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return
            if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
              const account = accountsInOrder(store.getState().accounts)[Number(event.code.slice(5)) - 1]
              if (!account) return
              event.preventDefault()
              store.setState({ dialAccount: account.id })
            } else if (event.key === 'Enter') {
              event.preventDefault()
              if (!event.repeat) enter(false)
            } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
              if (lines.length === 0) {
                // They may be on their way: then the first one is meant.
                setOpen(true)
                setHighlighted(0)
                return
              }
              event.preventDefault()
              setOpen(true)
              const step = event.key === 'ArrowDown' ? 1 : -1
              // -1 is the typed text itself, between the last line and the first.
              setHighlighted((now) => ((now + 1 + step + lines.length + 1) % (lines.length + 1)) - 1)
            } else if (event.key === 'Escape') {
              // Puts the suggestions away; what was typed stays, and no call hears of it.
              setOpen(false)
              setHighlighted(-1)
              setHint(null)
            }
          }}
        />
        <kbd className={styles.key} aria-hidden>
          Ctrl K
        </kbd>
        <button
          type="button"
          className={styles.tool}
          aria-label={t('fromClipboard')}
          title={t('fromClipboardHint')}
          onClick={() => void fromClipboard()}
        >
          <IconClipboardText size={18} stroke={1.7} aria-hidden />
        </button>
        <button
          type="button"
          className={styles.tool}
          aria-label={t('redial')}
          title={t('redialHint')}
          disabled={cleanDialText(text) !== ''}
          onClick={() => void redial()}
        >
          <IconRotateClockwise size={18} stroke={1.7} aria-hidden />
        </button>
        <button type="button" className={styles.call} disabled={cleanDialText(text) === ''} onClick={() => enter(true)}>
          <IconPhone size={17} aria-hidden />
          <span>{t('call')}</span>
        </button>
      </div>
      <div className={styles.below} data-shown={shown || told ? 'yes' : 'no'}>
        <div id={list} role="listbox" aria-label={t('suggestions')} className={styles.list} hidden={!shown}>
          {shown
            ? lines.map((line, at) => (
                <div
                  key={line.key}
                  id={`${list}-${at}`}
                  role="option"
                  aria-selected={at === highlighted}
                  className={styles.line}
                  // The field keeps the focus; the click dials.
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => void dial(line.phone.e164 ?? line.phone.raw, line.contactId, 'click')}
                  onMouseMove={() => setHighlighted(at)}
                >
                  {line.contactId === null ? <IconBuilding size={18} stroke={1.6} aria-hidden /> : <Initials name={line.name} size="sm" />}
                  <span className={styles.lineWho}>
                    <bdi>{line.name}</bdi>
                    {line.organization ? (
                      <span className={styles.quiet}>
                        {' '}
                        · <bdi>{line.organization}</bdi>
                      </span>
                    ) : null}
                  </span>
                  <span className={`rb-figures ${styles.quiet}`}>{line.phone.display}</span>
                </div>
              ))
            : null}
        </div>
        <div role="status" className={styles.hint}>
          {told}
          {told === null && shown && (microphone === 'denied' || microphone === 'missing') ? t('dialNoMicrophone') : null}
        </div>
      </div>
    </div>
  )
}

function inField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select, [role="dialog"]') !== null)
}
