/** What stands where a list would be: nothing yet, nothing found, or still loading. */
import type { ReactNode } from 'react'
import classes from './EmptyState.module.css'

interface Props {
  readonly icon: ReactNode
  readonly title?: string
  readonly text: string
  /** What can be done about it. */
  readonly children?: ReactNode
}

export function EmptyState({ icon, title, text, children }: Props) {
  return (
    <div className={classes.empty} role="status">
      <div className={classes.icon} aria-hidden>
        {icon}
      </div>
      {title && <h2 className={classes.title}>{title}</h2>}
      <p className={classes.text}>{text}</p>
      {children && <div className={classes.actions}>{children}</div>}
    </div>
  )
}
