/**
 * Who else it may be, where several share the number: named quietly, and on request a list in which the rep says who it is. What he
 * says is remembered for the number, and the call's name, record and form follow at once.
 */
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallerId, ContactSummary } from '../../preload/contract'
import { useAct, useDraftKeeper } from '../app/context'
import styles from './WhoIsIt.module.css'

/** Everyone it may be, the headline first. */
export function everybodyOf(caller: CallerId): ContactSummary[] {
  return caller.match === 'none' ? [] : [...caller.contacts, ...caller.people]
}

export function WhoIsIt({ caller, callId }: { caller: CallerId; callId?: string }) {
  const { t } = useTranslation('pop')
  const act = useAct()
  const keeper = useDraftKeeper()
  const [open, setOpen] = useState(false)
  const everybody = everybodyOf(caller)
  const headline = caller.contacts[0]
  const others = everybody.filter((each) => each !== headline)
  const [first] = others
  if (!first) return null
  const unseen = Math.max(caller.sharedBy, everybody.length) - everybody.length
  const choose = (contact: ContactSummary) => {
    setOpen(false)
    if (contact === headline && caller.match === 'exact') return
    // Main puts the choice into the form; what is being typed there this moment must not take it back.
    const typed = callId === undefined ? null : keeper.get(callId)
    if (callId !== undefined && typed && typed.status !== 'kept') keeper.edit(callId, { contactId: contact.id, dealId: null })
    void act('contacts.choose', { number: (caller.e164 ?? caller.raw).slice(0, 120), contactId: contact.id })
  }
  return (
    <div className={styles.who}>
      <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen((now) => !now)}>
        <bdi className={styles.cut}>{[first.name, first.organization].filter(Boolean).join(', ')}</bdi>
        {others.length + unseen > 1 ? <span className={styles.more}>{t('alsoMore', { count: others.length + unseen - 1 })}</span> : null}
        <span className={styles.ask}>{t('whoIsIt')}</span>
        <IconChevronDown size={14} aria-hidden />
      </button>
      {open ? (
        <ul className={styles.list} aria-label={t('whoIsIt')}>
          {everybody.map((each) => (
            <li key={each.id}>
              <button type="button" aria-pressed={each === headline} onClick={() => choose(each)}>
                <bdi className={styles.name}>{each.name}</bdi>
                <bdi className={styles.role}>{[each.jobTitle, each.organization].filter(Boolean).join(' · ')}</bdi>
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
