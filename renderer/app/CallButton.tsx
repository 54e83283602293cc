/** A number that can be called: a button with the accessible name «Call +46 …». */
import { UnstyledButton } from '@mantine/core'
import { IconPhone } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import styles from './CallButton.module.css'
import { useAct } from './context'

export interface CallButtonProps {
  /** What is dialled: E.164 where known, else as written. */
  number: string
  /** As it is shown and read out. */
  display: string
  contactId?: number | null | undefined
  /** The deal or lead that the call is about. */
  dealId?: number | undefined
  accountId?: string | undefined
  /** The icon alone, for rows that already show the number. */
  compact?: boolean
  /** -1 where a list puts only one row into the tab order. */
  tabIndex?: number
}

export function CallButton({ number, display, contactId, dealId, accountId, compact, tabIndex }: CallButtonProps) {
  const { t } = useTranslation('shell')
  const act = useAct()
  const about = { ...(contactId ? { contactId } : {}), ...(dealId ? { dealId } : {}) }
  const dial = () => void act('call.dial', { number, ...about, ...(accountId ? { accountId } : {}) })
  return (
    <UnstyledButton
      className={compact ? styles.compact : styles.number}
      tabIndex={tabIndex}
      aria-label={t('callNumber', { number: display })}
      title={compact ? t('callNumber', { number: display }) : undefined}
      onClick={(event) => {
        event.stopPropagation()
        dial()
      }}
    >
      <IconPhone size={compact ? 17 : 15} stroke={1.7} aria-hidden />
      {compact ? null : <span className="rb-figures">{display}</span>}
    </UnstyledButton>
  )
}
