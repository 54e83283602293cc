/** What a call has to say beyond its name and state: a transfer on its way, a recording, a weak network, a far end that asks something. */
import { IconArrowForwardUp, IconBolt, IconPointFilled } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isGuardQuestion, useAct, useApp } from '../context'
import { EmergencyNotice } from '../protection/EmergencyNotice'
import type { ShownCall } from '../state'
import { TroubleText } from '../trouble'
import styles from './CallNotes.module.css'
import { Counting } from './CallTimer'
import { QualityWarning } from './Quality'
import { partyName } from './words'

/** The red mark while a call is recorded. */
export function RecordingMark({ call }: { call: ShownCall }) {
  const { t } = useTranslation('calls')
  if (call.recording === 'off') return null
  return (
    <span className={styles.recording} role="status">
      <IconPointFilled size={18} aria-hidden />
      <span>{t(call.recording === 'on' ? 'recording.on' : 'recording.starting')}</span>
      {call.recordedSince === null ? null : (
        <span aria-hidden>
          <Counting base={0} since={call.recordedSince} />
        </span>
      )}
    </span>
  )
}

/** The time a held call has waited; nothing where its beginning was not seen. */
export function HeldFor({ call }: { call: ShownCall }) {
  if (call.hold !== 'held') return null
  return call.heldSince === null ? null : (
    <span aria-hidden>
      {' '}
      <Counting base={0} since={call.heldSince} />
    </span>
  )
}

function Referral({ call, referral }: { call: ShownCall; referral: NonNullable<ShownCall['referral']> }) {
  const { t } = useTranslation('calls')
  const act = useAct()
  const [asking, setAsking] = useState(false)
  const say = async (accept: boolean) => {
    setAsking(true)
    // A question of the guard that stands here already is answered by the click.
    const confirmed = accept && referral.warning !== null && isGuardQuestion(referral.warning)
    await act('call.referral', { callId: call.id, accept, ...(confirmed ? { confirmed } : {}) })
    setAsking(false)
  }
  const number = referral.display || referral.target
  return (
    <div className={styles.ask} role="alert">
      <IconArrowForwardUp size={18} aria-hidden />
      <div>
        <p>{t('referral.asks', { party: partyName(call.caller, t), number })}</p>
        {referral.warning ? (
          <p className={styles.warning}>
            <TroubleText trouble={referral.warning} />
          </p>
        ) : null}
        <div className={styles.answers}>
          <button type="button" disabled={asking || !referral.mayAccept} onClick={() => void say(true)}>
            {t('shell:callNumber', { number })}
          </button>
          <button type="button" disabled={asking} onClick={() => void say(false)}>
            {t('referral.refuse')}
          </button>
        </div>
      </div>
    </div>
  )
}

export function CallNotes({ call }: { call: ShownCall }) {
  const { t } = useTranslation('calls')
  // On hold nothing is heard, so that what was measured last says nothing of now.
  const heard = call.hold === 'none'
  const warned = useApp((state) => (state.quality[call.id]?.warning ?? null) !== null) && heard
  const on = call.phase !== 'ended'
  return (
    <>
      {on && call.emergency ? <EmergencyNotice compact={call.phase === 'connected'} /> : null}
      {on && call.autoAnswered && heard ? (
        <div className={styles.note}>
          <IconBolt size={15} aria-hidden />
          {t('autoAnswered')}
        </div>
      ) : null}
      {on && call.transfer ? (
        <div className={styles.note} role="status">
          <IconArrowForwardUp size={15} aria-hidden />
          {t(`transfer.state.${call.transfer.state}`, { target: call.transfer.target })}
        </div>
      ) : null}
      {on && call.phase === 'connected' ? (
        // The region is there before it speaks, or nobody would be told.
        <div role="status" className={warned ? styles.warning : undefined}>
          {warned ? <QualityWarning callId={call.id} /> : null}
        </div>
      ) : null}
      {on && call.referral ? <Referral call={call} referral={call.referral} /> : null}
      {call.trouble ? (
        <div className={styles.warning} role="alert">
          <TroubleText trouble={call.trouble} />
        </div>
      ) : null}
    </>
  )
}
