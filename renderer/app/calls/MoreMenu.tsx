/** What is needed of a call now and then: recording it, and joining it with another. */
import { Menu } from '@mantine/core'
import { IconDots, IconPlayerRecordFilled, IconPlayerStop, IconUsers } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { askRep, useAct, useApp, useAppStore } from '../context'
import type { ShownCall } from '../state'
import styles from './Control.module.css'
import { isUp, partyName } from './words'

export function MoreMenu({ call }: { call: ShownCall }) {
  const { t } = useTranslation('calls')
  const act = useAct()
  const calls = useApp((state) => state.calls)
  const up = isUp(call)
  const others = calls.filter((other) => other.id !== call.id && isUp(other))
  const conference = calls.some((other) => other.inConference)
  const recording = call.recording !== 'off'
  const store = useAppStore()
  const record = async () => {
    if (recording) return void act('recording.stop', { callId: call.id })
    if (!store.getState().consentShown) {
      if ((await askRep(store, { kind: 'recording' })) === null) return
      store.setState({ consentShown: true })
    }
    await act('recording.start', { callId: call.id })
  }
  return (
    <Menu position="bottom-end" shadow="md" transitionProps={{ duration: 0 }} returnFocus>
      <Menu.Target>
        <button type="button" className={styles.button} data-what="more" disabled={!up}>
          <IconDots size={18} aria-hidden />
          <span>{t('more')}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.CheckboxItem
          checked={recording}
          disabled={!up || call.recording === 'starting'}
          rightSection={
            recording ? <IconPlayerStop size={16} aria-hidden /> : <IconPlayerRecordFilled size={16} color="var(--rb-stop)" aria-hidden />
          }
          closeMenuOnClick
          onChange={() => void record()}
        >
          {t('recording.record')}
        </Menu.CheckboxItem>
        {others.map((other) => (
          <Menu.Item
            key={other.id}
            disabled={conference || call.transfer !== null || other.transfer !== null}
            leftSection={<IconUsers size={16} aria-hidden />}
            onClick={() => void act('conference.start', { callIds: [call.id, other.id] })}
          >
            <bdi>{t('conference.start', { name: partyName(other.caller, t) })}</bdi>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
