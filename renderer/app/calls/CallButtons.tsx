/** What the rep does with a call. Nothing comes or goes while it lasts: what cannot be done now is disabled. */
import {
  IconArrowForwardUp,
  IconDialpad,
  IconMicrophone,
  IconMicrophoneOff,
  IconPhoneOff,
  IconPlayerPause,
  IconPlayerPlay,
} from '@tabler/icons-react'
import { useCallback, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct } from '../context'
import type { ShownCall } from '../state'
import { Control } from './Control'
import { Keypad } from './Keypad'
import { MoreMenu } from './MoreMenu'
import { TransferPanel } from './TransferPanel'
import { isUp } from './words'

/** `several`: another call is up too, so that taking this one back puts that on hold. */
export function CallButtons({ call, compact, name, several }: { call: ShownCall; compact: boolean; name: string; several: boolean }) {
  const { t } = useTranslation('calls')
  const act = useAct()
  const [open, setOpen] = useState<'keypad' | 'transfer' | null>(null)
  const keypad = useRef<HTMLButtonElement>(null)
  const transfer = useRef<HTMLButtonElement>(null)
  const closeKeypad = useCallback(() => {
    setOpen(null)
    keypad.current?.focus()
  }, [])
  const closeTransfer = useCallback(() => {
    setOpen(null)
    transfer.current?.focus()
  }, [])
  const callId = call.id
  const up = isUp(call)
  const changing = call.hold === 'holding' || call.hold === 'resuming'
  const held = call.hold === 'held' || call.hold === 'holding'
  const mayKey = (up && call.hold === 'none') || call.phase === 'early'
  const toggleHold = () => void act('call.hold', { callId, held: !held })
  return (
    <>
      <Control
        Icon={call.muted ? IconMicrophoneOff : IconMicrophone}
        label={t('phone:mute')}
        title={t(call.muted ? 'phone:unmuteHint' : 'phone:muteHint')}
        pressed={call.muted}
        what="mute"
        onClick={() => void act('call.mute', { callId, muted: !call.muted })}
      />
      <Control
        Icon={IconPlayerPause}
        label={t('hold.button')}
        title={t(held ? 'hold.resumeHint' : 'hold.hint')}
        pressed={held}
        disabled={!up || changing}
        what="hold"
        onClick={toggleHold}
      />
      {/* A call on hold has both: the mark that it is held, and the word for what comes next. */}
      {compact ? (
        <Control
          Icon={IconPlayerPlay}
          label={t('hold.resume')}
          title={several ? t('hold.swapHint', { name }) : t('hold.resumeHint')}
          tone="main"
          what="resume"
          disabled={!up || changing}
          onClick={toggleHold}
        />
      ) : null}
      <Control
        ref={keypad}
        Icon={IconDialpad}
        label={t('phone:keypad')}
        expanded={open === 'keypad' && mayKey}
        disabled={!mayKey}
        what="keypad"
        onClick={() => setOpen((now) => (now === 'keypad' ? null : 'keypad'))}
      />
      <Control
        ref={transfer}
        Icon={IconArrowForwardUp}
        label={t('transfer.button')}
        expanded={open === 'transfer' && up}
        disabled={!up || call.transfer !== null}
        what="transfer"
        onClick={() => setOpen((now) => (now === 'transfer' ? null : 'transfer'))}
      />
      <MoreMenu call={call} />
      <Control
        Icon={IconPhoneOff}
        label={t('phone:hangUp')}
        tone="stop"
        what="hangUp"
        onClick={() => void act('call.hangUp', { callId })}
      />
      {open === 'keypad' && mayKey ? <Keypad callId={callId} opener={keypad} onClose={closeKeypad} /> : null}
      {open === 'transfer' && up ? <TransferPanel call={call} opener={transfer} onClose={closeTransfer} /> : null}
    </>
  )
}
