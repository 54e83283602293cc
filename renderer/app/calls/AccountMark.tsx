/** Which account a call is on: a dot in its colour, always beside its label. Nothing where there is only one account. */
import { useApp } from '../context'
import styles from './AccountMark.module.css'

export function AccountMark({ accountId, label }: { accountId: string; label: string }) {
  const several = useApp((state) => state.accounts.length > 1)
  const color = useApp((state) => state.accounts.find((account) => account.id === accountId)?.color)
  if (!several) return null
  return (
    <span className={styles.mark}>
      <span className={styles.dot} data-color={color ?? 'grey'} aria-hidden />
      <bdi className={styles.label}>{label}</bdi>
    </span>
  )
}

/** The dot alone, for places that write the label themselves. */
export function AccountDot({ color }: { color: string }) {
  return <span className={styles.dot} data-color={color} aria-hidden />
}
