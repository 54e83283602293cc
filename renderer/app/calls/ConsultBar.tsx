/** While the rep asks somebody on behalf of a caller: join the two, go back, or speak all three. */
import { IconArrowBackUp, IconArrowsJoin2, IconUsers } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct, useApp } from '../context'
import type { ShownCall } from '../state'
import styles from './ConsultBar.module.css'
import { Control } from './Control'
import { isUp, partyName } from './words'

export function ConsultBar({ call }: { call: ShownCall }) {
  const { t } = useTranslation('calls')
  const act = useAct()
  const waiting = useApp((state) => state.calls.find((other) => other.id === call.consultsFor && other.phase !== 'ended'))
  const [busy, setBusy] = useState(false)
  if (!waiting || call.inConference) return null
  const name = partyName(waiting.caller, t)
  const doing = async (what: () => Promise<unknown>) => {
    setBusy(true)
    await what()
    setBusy(false)
  }
  const cannot = !isUp(call) || !isUp(waiting) || call.transfer !== null || waiting.transfer !== null || busy
  return (
    <div className={styles.consult}>
      <p>
        <bdi>{t('consult.about', { name })}</bdi>
      </p>
      <div className={styles.choices}>
        <Control
          Icon={IconArrowsJoin2}
          label={t('consult.connect')}
          title={t(isUp(call) ? 'transfer.connectTwoHint' : 'consult.wait')}
          tone="main"
          disabled={cannot}
          onClick={() => void doing(() => act('call.connect', { callId: waiting.id, withCallId: call.id }))}
        />
        {/* Main drops back to the one who waits when a consultation ends. */}
        <Control
          Icon={IconArrowBackUp}
          label={t('consult.back', { name })}
          disabled={busy}
          onClick={() => void doing(() => act('call.hangUp', { callId: call.id }))}
        />
        <Control
          Icon={IconUsers}
          label={t('consult.conference')}
          disabled={cannot}
          onClick={() => void doing(() => act('conference.start', { callIds: [waiting.id, call.id] }))}
        />
      </div>
    </div>
  )
}
