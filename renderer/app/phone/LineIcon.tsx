/** The state of a colleague's line as an icon; the word always stands beside it. */
import { IconCircleCheck, IconCircleDashed, IconCircleMinus, IconCircleX, IconPhoneRinging } from '@tabler/icons-react'
import type { ColleagueState } from '../../../preload/contract'
import styles from './Colleagues.module.css'

const icons = {
  idle: IconCircleCheck,
  busy: IconCircleMinus,
  ringing: IconPhoneRinging,
  offline: IconCircleX,
  unknown: IconCircleDashed,
}

export function LineIcon({ state }: { state: ColleagueState['state'] }) {
  const Icon = icons[state]
  return <Icon className={styles.icon} data-state={state} size={17} stroke={2} aria-hidden />
}
