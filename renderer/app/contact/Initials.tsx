/** The round mark beside a name: initials, or a person's outline when there are none. */
import { IconUser } from '@tabler/icons-react'
import { initials } from '../format'
import styles from './Initials.module.css'

export function Initials({ name, size = 'md' }: { name: string; size?: 'sm' | 'md' | 'lg' }) {
  const letters = initials(name)
  return (
    <span className={styles.mark} data-size={size} aria-hidden>
      {letters || <IconUser size={size === 'sm' ? 16 : 20} stroke={1.6} />}
    </span>
  )
}
