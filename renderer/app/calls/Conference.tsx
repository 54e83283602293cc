/** Three in one conversation: the rep's own buttons for all of it, then each party with what can be done about them alone. */
import { IconArrowsSplit2, IconDoorExit, IconMicrophone, IconMicrophoneOff, IconPhoneOff, IconUsers } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Initials } from '../contact/Initials'
import { useAct } from '../context'
import type { ShownCall } from '../state'
import { AccountMark } from './AccountMark'
import styles from './CallCard.module.css'
import { CallNotes, RecordingMark } from './CallNotes'
import { CallTimer } from './CallTimer'
import { Control } from './Control'
import { QualityMark } from './Quality'
import { partyName, stateWords } from './words'

export function Conference({ parties }: { parties: ShownCall[] }) {
  const { t } = useTranslation('calls')
  const act = useAct()
  const muted = parties.every((call) => call.muted)
  const muteAll = async () => {
    for (const call of parties) await act('call.mute', { callId: call.id, muted: !muted })
  }
  const endAll = async () => {
    for (const call of parties) await act('call.hangUp', { callId: call.id })
  }
  return (
    <div className={styles.conference}>
      <div role="group" aria-label={t('conference.title')} className={styles.call} data-phase="connected" tabIndex={-1}>
        <div className={styles.mark}>
          <IconUsers size={26} stroke={1.5} aria-hidden />
        </div>
        <div className={styles.who}>
          <div className={styles.name}>{t('conference.title')}</div>
          <div className={styles.about}>
            {parties.map((call) => (
              <bdi key={call.id} className={styles.organization}>
                {partyName(call.caller, t)}
              </bdi>
            ))}
          </div>
        </div>
        <div className={styles.state} />
        <div className={styles.buttons}>
          <Control
            Icon={muted ? IconMicrophoneOff : IconMicrophone}
            label={t('conference.mute')}
            title={t(muted ? 'conference.unmuteHint' : 'conference.muteHint')}
            pressed={muted}
            onClick={() => void muteAll()}
          />
          <Control
            Icon={IconDoorExit}
            label={t('conference.leave')}
            title={t('conference.leaveHint')}
            onClick={() => void act('conference.leave', {})}
          />
          <Control Icon={IconPhoneOff} label={t('conference.endAll')} tone="stop" onClick={() => void endAll()} />
        </div>
      </div>
      {parties.map((call) => (
        <Party key={call.id} call={call} />
      ))}
    </div>
  )
}

function Party({ call }: { call: ShownCall }) {
  const { t } = useTranslation('calls')
  const act = useAct()
  const name = partyName(call.caller, t)
  const callId = call.id
  return (
    <div
      role="group"
      aria-label={name}
      tabIndex={-1}
      className={styles.call}
      data-call={callId}
      data-phase={call.phase}
      data-party="yes"
      data-compact="yes"
    >
      <div className={styles.mark}>
        <Initials name={call.caller.match === 'none' ? '' : name} size="sm" />
      </div>
      <div className={styles.who}>
        <div className={styles.name} title={name}>
          <bdi>{name}</bdi>
        </div>
        <div className={styles.about}>
          <AccountMark accountId={call.accountId} label={call.accountLabel} />
        </div>
      </div>
      <div className={styles.state}>
        <div className={styles.words}>
          <span role="status">{call.partyMuted ? t('conference.partyMuted') : stateWords(call, t)}</span> <CallTimer call={call} />
        </div>
      </div>
      <div className={styles.signs}>
        <RecordingMark call={call} />
        <QualityMark callId={callId} />
      </div>
      <div className={styles.buttons}>
        <Control
          Icon={call.partyMuted ? IconMicrophoneOff : IconMicrophone}
          label={t('conference.mute')}
          title={t(call.partyMuted ? 'conference.unmutePartyHint' : 'conference.mutePartyHint', { name })}
          pressed={call.partyMuted}
          onClick={() => void act('conference.mute', { callId, muted: !call.partyMuted })}
        />
        <Control
          Icon={IconArrowsSplit2}
          label={t('conference.split')}
          title={t('conference.splitHint', { name })}
          onClick={() => void act('conference.split', { callId })}
        />
        <Control Icon={IconPhoneOff} label={t('phone:hangUp')} tone="stop" onClick={() => void act('call.hangUp', { callId })} />
      </div>
      <div className={styles.notes}>
        <CallNotes call={call} />
      </div>
    </div>
  )
}
