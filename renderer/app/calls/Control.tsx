/** One button of a call, the same wherever it stands. */
import type { TablerIcon } from '@tabler/icons-react'
import type { Ref } from 'react'
import styles from './Control.module.css'

export interface ControlProps {
  Icon: TablerIcon
  label: string
  title?: string
  pressed?: boolean
  expanded?: boolean
  disabled?: boolean
  tone?: 'stop' | 'main' | 'plain'
  /** The name of what this is, for hiding it where a small call has no room. */
  what?: string
  onClick: () => void
  ref?: Ref<HTMLButtonElement>
}

/** One button of a call: an icon with its word. */
export function Control({ Icon, label, title, pressed, expanded, disabled, tone = 'plain', what, onClick, ref }: ControlProps) {
  return (
    <button
      ref={ref}
      type="button"
      className={`${styles.button} ${tone === 'stop' ? styles.stop : tone === 'main' ? styles.main : ''}`}
      data-tone={tone}
      data-what={what}
      aria-pressed={pressed}
      aria-expanded={expanded}
      disabled={disabled}
      title={title}
      onClick={onClick}
    >
      <Icon size={18} aria-hidden />
      <span>{label}</span>
    </button>
  )
}
