/** Which account a call is on: a dot in its colour, always beside its label. Nothing where there is only one account. */
import type { ReactNode } from 'react'
import { useApp } from '../context'
import styles from './AccountMark.module.css'

export function AccountMark({ accountId, label }: { accountId: string; label: string }) {
  const several = useApp((state) => state.accounts.length > 1)
  const color = useApp((state) => state.accounts.find((account) => account.id === accountId)?.color)
  if (!several) return null
  return (
    <span className={styles.mark}>
      <AccountDot color={color ?? 'grey'} />
      <bdi className={styles.label}>{label}</bdi>
    </span>
  )
}

/** The dot alone, for places that write the label themselves; `large` has room for a tick. */
export function AccountDot({ color, large, children }: { color: string; large?: boolean; children?: ReactNode }) {
  return (
    <span className={styles.dot} data-color={color} data-large={large ? 'yes' : undefined} aria-hidden>
      {children}
    </span>
  )
}
