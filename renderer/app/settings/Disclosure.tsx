/** A part of a form that is opened when it is needed. */
import { Button, Collapse } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { type ReactNode, useId } from 'react'
import classes from './settings.module.css'

interface Props {
  readonly title: string
  readonly open: boolean
  readonly onToggle: () => void
  readonly children: ReactNode
}

export function Disclosure({ title, open, onToggle, children }: Props) {
  const id = useId()
  return (
    <div>
      <Button
        size="xs"
        variant="subtle"
        className={classes.moreButton}
        leftSection={<IconChevronDown size={14} className={classes.chevron} data-open={open || undefined} aria-hidden />}
        aria-expanded={open}
        aria-controls={id}
        onClick={onToggle}
      >
        {title}
      </Button>
      <Collapse expanded={open} id={id} transitionDuration={0}>
        <div className={classes.moreFields}>{children}</div>
      </Collapse>
    </div>
  )
}
