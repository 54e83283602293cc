/**
 * Who else it may be, where several share the number: named quietly, and on request a list in which the rep says who it is. What he
 * says is remembered for the number, and the call's name, record and form follow at once.
 */
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallerId, ContactSummary } from '../../preload/contract'
import { useAct, useDraftKeeper } from '../app/context'
import styles from './WhoIsIt.module.css'

/** Everyone it may be, the headline first. */
export function everybodyOf(caller: CallerId): ContactSummary[] {
  return caller.match === 'none' ? [] : [...caller.contacts, ...caller.people]
}

function intoView(list: HTMLUListElement | null): void {
  list?.scrollIntoView({ block: 'nearest' })
}

/** `alone`: without a heading beside it that says what the names are. */
export function WhoIsIt({ caller, callId, alone = false }: { caller: CallerId; callId?: string; alone?: boolean }) {
  const { t } = useTranslation('pop')
  const act = useAct()
  const keeper = useDraftKeeper()
  const [open, setOpen] = useState(false)
  const toggle = useRef<HTMLButtonElement>(null)
  const everybody = everybodyOf(caller)
  const headline = caller.contacts[0]
  const others = everybody.filter((each) => each !== headline)
  const [first] = others
  if (!first) return null
  const unseen = Math.max(caller.sharedBy, everybody.length) - everybody.length
  const choose = (contact: ContactSummary, byKey: boolean) => {
    setOpen(false)
    // The line that was pressed goes: with the focus on nothing the next Enter would answer the call.
    if (byKey) toggle.current?.focus()
    if (contact === headline && caller.match === 'exact') return
    // Main puts the choice into the form; what is being typed there this moment must not take it back.
    const typed = callId === undefined ? null : keeper.get(callId)
    if (callId !== undefined && typed && typed.status !== 'kept') keeper.edit(callId, { contactId: contact.id, dealId: null })
    void act('contacts.choose', { number: (caller.e164 ?? caller.raw).slice(0, 120), contactId: contact.id })
  }
  return (
    <div
      role="group"
      aria-label={t('whoIsIt')}
      className={styles.who}
      // Escape and Enter are for the list then, not for the call.
      {...(open ? { 'data-choosing': true } : {})}
      onKeyDown={(event) => {
        if (!open || event.key !== 'Escape' || event.nativeEvent.isComposing) return
        event.preventDefault()
        event.stopPropagation()
        setOpen(false)
        toggle.current?.focus()
      }}
    >
      <button ref={toggle} type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen((now) => !now)}>
        {alone ? <span>{t('also')}</span> : null}
        <span className={styles.cut}>
          <bdi>{first.name}</bdi>
          {first.organization && caller.contacts.length > 0 ? (
            <>
              , <bdi>{first.organization}</bdi>
            </>
          ) : null}
        </span>
        {others.length + unseen > 1 ? <span className={styles.more}>{t('alsoMore', { count: others.length + unseen - 1 })}</span> : null}
        <span className={styles.ask}>{t('whoIsIt')}</span>
        <IconChevronDown size={14} aria-hidden />
      </button>
      {open ? (
        <ul ref={intoView} className={styles.list} aria-label={t('whoIsIt')}>
          {everybody.map((each) => (
            <li key={each.id}>
              <button type="button" aria-pressed={each === headline} onClick={(event) => choose(each, event.detail === 0)}>
                <span className={styles.name}>
                  <bdi>{each.name}</bdi>
                </span>
                <span className={styles.role}>
                  {each.organization ? <bdi>{each.organization}</bdi> : null}
                  {each.organization && each.jobTitle ? ' · ' : null}
                  {each.jobTitle ? <bdi>{each.jobTitle}</bdi> : null}
                </span>
                {each === headline ? <IconCheck size={15} aria-hidden /> : null}
              </button>
            </li>
          ))}
          {unseen > 0 ? <li className={styles.unseen}>{t('andUnseen', { count: unseen })}</li> : null}
        </ul>
      ) : null}
    </div>
  )
}
