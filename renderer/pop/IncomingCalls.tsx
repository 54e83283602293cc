/**
 * Who is calling: one group for each call that rings, with all that helps to decide before the second ring. The same in the
 * page, in Electron's own window and on top. Everything it shows came with the call: nothing is fetched to paint it.
 */
import { IconArrowForwardUp, IconPhone, IconPhoneOff } from '@tabler/icons-react'
import { Fragment, memo, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { AccountMark } from '../app/calls/AccountMark'
import { CallTimer } from '../app/calls/CallTimer'
import { callInHand, isGuess, partyName } from '../app/calls/words'
import { CreateContact } from '../app/contact/Composer'
import { Initials } from '../app/contact/Initials'
import { useAct, useApp } from '../app/context'
import { countryName } from '../app/format'
import type { ShownCall } from '../app/state'
import { CallerFacts } from './CallerFacts'
import { ForwardForm } from './ForwardForm'
import styles from './IncomingCalls.module.css'

export interface IncomingCallProps {
  call: ShownCall
  /** It shares the place with others and is drawn smaller. */
  several: boolean
  /** Enter and Escape are for this one: the one that has rung longest. */
  byKey: boolean
}

export const IncomingCall = memo(function IncomingCall({ call, several, byKey }: IncomingCallProps) {
  const { t } = useTranslation('pop')
  const act = useAct()
  const [forwarding, setForwarding] = useState(false)
  // A string, so that the timers of the other calls draw nothing here.
  const inHand = useApp((state) => {
    const other = callInHand(state.calls)
    return other ? partyName(other.caller, t) : null
  })
  const holds = useId()
  const looksUp = useApp((state) => state.settings.callerId)
  const { caller } = call
  const contact = caller.match === 'none' ? undefined : caller.contacts[0]
  const organization = caller.match === 'none' || contact ? null : caller.organization
  const known = contact ?? organization
  const name = partyName(caller, t)
  const roles = contact ? [contact.organization, contact.jobTitle].filter((part) => part !== null && part !== '') : []
  const place = countryName(caller.country)
  const number = caller.display || caller.raw
  return (
    <div
      role="group"
      aria-label={name}
      data-call={call.id}
      className={styles.call}
      data-several={several ? 'yes' : 'no'}
      {...(several ? { 'data-little': true } : {})}
    >
      <div className={styles.line}>
        <span className={styles.called}>
          <CalledLine call={call} />
        </span>
        <span className={styles.timer}>
          <IconPhone size={14} aria-hidden /> <CallTimer call={call} />
        </span>
      </div>
      <div className={styles.head}>
        <Initials name={known ? known.name : ''} size="lg" />
        <div className={styles.who}>
          {isGuess(caller) ? <div className={styles.possibly}>{t('possibly')}</div> : null}
          <h2 className={styles.name} title={name}>
            <bdi>{name}</bdi>
          </h2>
          {roles.length > 0 ? (
            <div className={styles.role} title={roles.join(' · ')}>
              {roles.map((part, at) => (
                <Fragment key={part}>
                  {at > 0 ? ' · ' : ''}
                  <bdi>{part}</bdi>
                </Fragment>
              ))}
            </div>
          ) : null}
          {organization ? <div className={styles.role}>{t('organizationNumber')}</div> : null}
          {number && number !== name ? (
            <div className={styles.number}>
              <span className="rb-figures">{number}</span>
              {place && !known ? ` · ${place}` : ''}
            </div>
          ) : place && !known ? (
            <div className={styles.number}>{place}</div>
          ) : null}
          {caller.asking ? (
            <div className={styles.asking}>{t('asking')}</div>
          ) : looksUp && !known && !caller.withheld && number === name ? (
            <div className={styles.asking}>{t('notInContacts')}</div>
          ) : null}
          {!known && !caller.withheld && caller.raw !== '' ? (
            <CreateContact call={{ callId: call.id, number, name: caller.networkName ?? '' }} />
          ) : null}
        </div>
      </div>
      <CallerFacts caller={caller} />
      {forwarding ? <ForwardForm callId={call.id} onClose={() => setForwarding(false)} /> : null}
      <div className={styles.buttons}>
        <button
          type="button"
          className={styles.more}
          aria-label={t('calls:forward.button')}
          aria-expanded={forwarding}
          title={t('calls:forward.button')}
          onClick={() => setForwarding((now) => !now)}
        >
          <IconArrowForwardUp size={18} aria-hidden />
        </button>
        <button
          type="button"
          className={`${styles.button} ${styles.decline}`}
          aria-label={t('decline')}
          onClick={() => void act('call.decline', { callId: call.id })}
        >
          <IconPhoneOff size={18} aria-hidden />
          <span>{t('decline')}</span>
          {byKey ? <kbd aria-hidden>Esc</kbd> : null}
        </button>
        <button
          type="button"
          className={`${styles.button} ${styles.answer}`}
          aria-label={t('answer')}
          aria-describedby={inHand ? holds : undefined}
          onClick={() => void act('call.answer', { callId: call.id })}
        >
          <IconPhone size={18} aria-hidden />
          <span className={styles.answerWords}>
            {t('answer')}
            {inHand ? (
              <small id={holds}>
                <bdi>{t('calls:answerHolds', { name: inHand })}</bdi>
              </small>
            ) : null}
          </span>
          {byKey ? <kbd aria-hidden>⏎</kbd> : null}
        </button>
      </div>
    </div>
  )
})

/** The line that was called, and the account it came in on where there is more than one. */
function CalledLine({ call }: { call: ShownCall }) {
  const several = useApp((state) => state.accounts.length > 1)
  if (!several) {
    return (
      <>
        {call.calledLine ? <bdi>{call.calledLine}</bdi> : null}
        {call.calledLine ? ' · ' : null}
        <bdi>{call.accountLabel}</bdi>
      </>
    )
  }
  return (
    <>
      {call.calledLine ? <bdi className={styles.calledLine}>{call.calledLine}</bdi> : null}
      <AccountMark accountId={call.accountId} label={call.accountLabel} />
    </>
  )
}

/** What the live region says of a call. */
export function useAnnouncement(calls: readonly ShownCall[]): string {
  const { t } = useTranslation('pop')
  const first = calls[0]
  if (!first) return ''
  const contact = first.caller.match === 'none' ? undefined : first.caller.contacts[0]
  const who = [isGuess(first.caller) ? t('possibly') : null, partyName(first.caller, t), contact?.organization].filter(Boolean).join(', ')
  return calls.length === 1 ? t('announce', { who }) : t('announceSeveral', { who, count: calls.length })
}
