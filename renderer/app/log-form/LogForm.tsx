/**
 * What the rep says of a call. What is known is filled in; saving takes one keystroke; every change is kept at once; nothing
 * that happens elsewhere touches what is being typed.
 */
import { IconAlertTriangle } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type CallLogFields,
  type CallRecord,
  type FollowUp,
  type Outcome,
  outcome as outcomes,
  type Trouble,
} from '../../../preload/contract'
import { CallTimer } from '../calls/CallTimer'
import { recordName } from '../calls/words'
import { addNotice, troubleOf, useAct, useApp, useAppStore, useBridge, useDraftKeeper } from '../context'
import { formatDate, formatDuration, formatWhen } from '../format'
import type { LoggedCall } from '../state'
import { TroubleText } from '../trouble'
import { choiceFor, dueOn, type FollowUpChoice, followUpChoices } from './follow-up'
import { LinkField } from './LinkField'
import styles from './LogForm.module.css'

/** The outcome that is most likely from how the call went, until the rep says otherwise. */
export function likelyOutcome(record: CallRecord): Outcome | null {
  if (record.answeredAt !== null) return 'connected'
  if (record.result === 'busy') return 'busy'
  return record.direction === 'outgoing' && record.result !== null ? 'no-answer' : null
}

export function LogForm({ logged }: { logged: LoggedCall }) {
  const { t } = useTranslation('log-form')
  const { record, log } = logged
  const callId = record.id
  const store = useAppStore()
  const bridge = useBridge()
  const act = useAct()
  const keeper = useDraftKeeper()
  const kept = useSyncExternalStore(
    (listener) => keeper.onChange(listener),
    () => keeper.get(callId),
  )
  const call = useApp((state) => state.calls.find((each) => each.id === callId))
  const [saving, setSaving] = useState(false)
  const [problem, setProblem] = useState<Trouble | null>(null)
  const form = useRef<HTMLFormElement>(null)
  useEffect(
    () => () => {
      keeper.flush(callId)
      store.setState({ writing: false })
    },
    [keeper, callId, store],
  )
  const current: CallLogFields = kept?.fields ?? log
  const fields: CallLogFields = {
    outcome: current.outcome ?? likelyOutcome(record),
    notes: current.notes,
    followUp: current.followUp,
    contactId: current.contactId,
    dealId: current.dealId,
  }
  const edit = (change: Partial<CallLogFields>) => {
    setProblem(null)
    keeper.edit(callId, change)
  }
  const name = recordName(record, t('pop:withheld'))

  const close = () => store.setState((state) => ({ opened: state.opened.filter((each) => each.record.id !== callId) }))
  const save = async () => {
    if (saving) return
    setSaving(true)
    setProblem(null)
    try {
      await bridge.send('log.save', { callId, fields })
      store.setState({ savedLog: { callId, name, contactId: fields.contactId } })
      close()
    } catch (error) {
      // Where the form has gone because main holds the log in memory, the word about it must not go with it.
      if (form.current) setProblem(troubleOf(error))
      else addNotice(store, troubleOf(error))
    }
    setSaving(false)
  }
  const skip = async () => {
    keeper.flush(callId)
    if (log.state === 'saved' || (await act('log.skip', { callId }))) close()
  }
  const onKeyDown = (event: KeyboardEvent<HTMLFormElement>) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter') {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
        event.preventDefault()
        if (!event.repeat) void save()
      } else if (!(event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLButtonElement)) {
        // Enter in a single field would submit the form: saving takes Ctrl+Enter or the button.
        event.preventDefault()
      }
      return
    }
    const digit = /^Digit([1-6])$/.exec(event.code)?.[1] ?? (/^[1-6]$/.test(event.key) ? event.key : undefined)
    if (digit === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return
    const inOutcome = (event.target as HTMLElement).closest('[data-field="outcome"]') !== null
    if (!event.altKey && !inOutcome) return
    event.preventDefault()
    const value = outcomes.options[Number(digit) - 1]
    if (!value) return
    edit({ outcome: value })
    if (inOutcome) form.current?.querySelector<HTMLInputElement>(`input[value="${value}"]`)?.focus()
  }
  return (
    <form
      ref={form}
      className={styles.form}
      aria-label={t('logCall')}
      onKeyDown={onKeyDown}
      onFocus={() => store.setState({ writing: true, chosenLog: callId })}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) store.setState({ writing: false })
      }}
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <header className={styles.head}>
        <div className={styles.name} dir="auto">
          {name}
        </div>
        <div className={styles.about}>
          {t(`direction.${record.direction}`)}
          {' · '}
          {call ? (
            <>
              {call.phase === 'ended' && call.result && call.answeredAt === null ? (
                t(`call:result.${call.result}`)
              ) : (
                <CallTimer call={call} />
              )}
              {' · '}
            </>
          ) : record.talkMs > 0 ? (
            <span className="rb-figures">{formatDuration(record.talkMs)} · </span>
          ) : record.result ? (
            `${t(`call:result.${record.result}`)} · `
          ) : null}
          <span className="rb-figures">{formatWhen(record.startedAt)}</span>
        </div>
      </header>
      <LinkField record={record} fields={fields} onChange={edit} />
      <div role="radiogroup" aria-label={t('outcome')} className={styles.field} data-field="outcome">
        <div className={styles.label} aria-hidden>
          {t('outcome')} <span className={styles.hint}>{t('outcomeHint')}</span>
        </div>
        <div className={styles.chips}>
          {outcomes.options.map((value, at) => (
            <label key={value} className={styles.chip}>
              <input
                type="radio"
                name={`outcome-${callId}`}
                value={value}
                aria-label={t(`call:outcome.${value}`)}
                checked={fields.outcome === value}
                onChange={() => edit({ outcome: value })}
              />
              <span aria-hidden className={styles.digit}>
                {at + 1}
              </span>
              <span aria-hidden>{t(`call:outcome.${value}`)}</span>
            </label>
          ))}
        </div>
      </div>
      <label className={styles.field}>
        <span className={styles.label}>{t('notes')}</span>
        <textarea
          className={styles.notes}
          rows={4}
          maxLength={20_000}
          dir="auto"
          value={fields.notes}
          onChange={(event) => edit({ notes: event.currentTarget.value })}
        />
      </label>
      <FollowUpField callId={callId} value={fields.followUp} onChange={(followUp) => edit({ followUp })} />
      {problem || kept?.status === 'failed' ? (
        <div role="alert" className={styles.problem}>
          <IconAlertTriangle size={17} aria-hidden />
          <div>
            <TroubleText trouble={problem ?? (kept?.trouble as Trouble)} />
            <button type="button" className={styles.retry} onClick={() => (problem ? void save() : keeper.retry())}>
              {t('shell:retry')}
            </button>
          </div>
        </div>
      ) : null}
      <footer className={styles.foot}>
        <span className={styles.kept}>
          {kept && kept.status !== 'failed' && kept.revision > 0 && log.state !== 'saved' ? t('kept') : ''}
        </span>
        <button type="button" className={styles.skip} onClick={() => void skip()}>
          {t(log.state === 'saved' ? 'close' : 'skip')}
        </button>
        <button type="submit" className={styles.save} aria-label={t('save')} disabled={saving}>
          {t('save')} <kbd aria-hidden>Ctrl ⏎</kbd>
        </button>
      </footer>
    </form>
  )
}

function FollowUpField({
  callId,
  value,
  onChange,
}: {
  callId: string
  value: FollowUp | null
  onChange: (value: FollowUp | null) => void
}) {
  const { t } = useTranslation('log-form')
  const [picking, setPicking] = useState(false)
  const today = new Date()
  const choice = picking ? 'pick' : choiceFor(value?.dueOn ?? null, today)
  const kind = value?.kind ?? 'call'
  const choose = (next: FollowUpChoice) => {
    setPicking(next === 'pick')
    const day = dueOn(next, today)
    if (next === 'none') onChange(null)
    else if (day !== null) onChange({ kind, dueOn: day })
  }
  return (
    <div role="radiogroup" aria-label={t('followUp')} className={styles.field}>
      <div className={styles.label} aria-hidden>
        {t('followUp')}
        {value ? <span className={styles.hint}>{formatDate(value.dueOn)}</span> : null}
      </div>
      <div className={styles.chips}>
        {followUpChoices.map((each) => (
          <label key={each} className={styles.chip}>
            <input
              type="radio"
              name={`follow-up-${callId}`}
              value={each}
              aria-label={t(`due.${each}`)}
              checked={choice === each}
              onChange={() => choose(each)}
            />
            <span aria-hidden>{t(`due.${each}`)}</span>
          </label>
        ))}
      </div>
      {choice === 'none' ? null : (
        <div className={styles.due}>
          {choice === 'pick' ? (
            <input
              type="date"
              className={styles.input}
              aria-label={t('dueOn')}
              min={dueOn('tomorrow', new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1)) ?? undefined}
              value={value?.dueOn ?? ''}
              onChange={(event) => {
                const day = event.currentTarget.value
                if (/^\d{4}-\d{2}-\d{2}$/.test(day)) onChange({ kind, dueOn: day })
              }}
            />
          ) : null}
          <select
            className={styles.input}
            aria-label={t('kindLabel')}
            value={kind}
            disabled={!value}
            onChange={(event) => value && onChange({ ...value, kind: event.currentTarget.value as FollowUp['kind'] })}
          >
            {(['call', 'task', 'meeting'] as const).map((each) => (
              <option key={each} value={each}>
                {t(`call:followUpKind.${each}`)}
              </option>
            ))}
          </select>
        </div>
      )}
    </div>
  )
}
