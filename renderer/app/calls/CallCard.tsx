/** One call: who it is, what state it is in, what can be done. Calls on hold are small and quiet while another one is spoken on. */
import { IconPhone, IconPhoneOff, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { WhoIsIt } from '../../pop/WhoIsIt'
import { Initials } from '../contact/Initials'
import { useAct, useApp } from '../context'
import type { ShownCall } from '../state'
import { AccountMark } from './AccountMark'
import { CallButtons } from './CallButtons'
import styles from './CallCard.module.css'
import { CallNotes, HeldFor, RecordingMark } from './CallNotes'
import { CallTimer } from './CallTimer'
import { ConsultBar } from './ConsultBar'
import controls from './Control.module.css'
import { QualityMark } from './Quality'
import { isGuess, isIncomingRinging, partyName, stateWords } from './words'

export function CallCard({ call, compact }: { call: ShownCall; compact: boolean }) {
  const { t } = useTranslation('phone')
  const name = partyName(call.caller, t)
  const contact = call.caller.match === 'none' ? undefined : call.caller.contacts[0]
  const ended = call.phase === 'ended'
  const number = call.caller.display || call.caller.raw
  return (
    <div
      role="group"
      aria-label={name}
      tabIndex={-1}
      className={styles.call}
      data-call={call.id}
      data-phase={call.phase}
      data-hold={call.hold}
      data-compact={compact ? 'yes' : 'no'}
      data-result={call.result ?? ''}
    >
      <div className={styles.mark}>
        <Initials name={contact ? name : ''} />
      </div>
      <div className={styles.who}>
        <div className={styles.name} title={name}>
          <bdi>{name}</bdi>
        </div>
        <div className={styles.about}>
          {isGuess(call.caller) ? <span>{t('pop:possibly')}</span> : null}
          {contact?.organization ? <bdi className={styles.organization}>{contact.organization}</bdi> : null}
          {number && number !== name ? <bdi className="rb-figures">{number}</bdi> : null}
          {call.calledLine ? <bdi>{t('history:onLine', { line: call.calledLine })}</bdi> : null}
          <AccountMark accountId={call.accountId} label={call.accountLabel} />
        </div>
      </div>
      <div className={styles.state}>
        {compact || (ended && call.answeredAt === null) ? null : <CallTimer call={call} className={styles.timer} />}
        <div className={styles.words}>
          <span role="status">{stateWords(call, t)}</span>
          <HeldFor call={call} />
        </div>
      </div>
      {ended ? null : (
        <div className={styles.signs}>
          <RecordingMark call={call} />
          {compact ? null : <QualityMark callId={call.id} />}
        </div>
      )}
      <div className={styles.buttons}>
        <CardButtons call={call} compact={compact} name={name} />
      </div>
      <div className={styles.notes}>
        {ended ? null : <ConsultBar call={call} />}
        {ended || compact ? null : <WhoIsIt caller={call.caller} callId={call.id} alone />}
        <CallNotes call={call} />
      </div>
    </div>
  )
}

function CardButtons({ call, compact, name }: { call: ShownCall; compact: boolean; name: string }) {
  const { t } = useTranslation('phone')
  const act = useAct()
  const several = useApp((state) => state.calls.filter((other) => other.phase === 'connected').length > 1)
  if (call.phase === 'ended')
    return (
      <button type="button" className={controls.button} onClick={() => void act('call.dismiss', { callId: call.id })}>
        <IconX size={18} aria-hidden />
        <span>{t('shell:dismiss')}</span>
      </button>
    )
  if (isIncomingRinging(call))
    return (
      <>
        <button
          type="button"
          className={`${controls.button} ${controls.stop}`}
          onClick={() => void act('call.decline', { callId: call.id })}
        >
          <IconPhoneOff size={18} aria-hidden />
          <span>{t('pop:decline')}</span>
        </button>
        <button type="button" className={`${controls.button} ${controls.go}`} onClick={() => void act('call.answer', { callId: call.id })}>
          <IconPhone size={18} aria-hidden />
          <span>{t('pop:answer')}</span>
        </button>
      </>
    )
  return <CallButtons call={call} compact={compact} name={name} several={several} />
}
