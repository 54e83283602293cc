/** Which account the next call is made with, beside the dial field. Only where there is a choice. */
import { Menu } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Account } from '../../../preload/contract'
import { AccountDot } from '../calls/AccountMark'
import { useApp, useAppStore } from '../context'
import type { AppState } from '../state'
import styles from './DialField.module.css'

/** The accounts in the order that Alt+digit counts them: the default one first. */
export function accountsInOrder(accounts: readonly Account[]): Account[] {
  return [...accounts].sort((a, b) => Number(b.isDefault) - Number(a.isDefault))
}

/** The account that a typed number is dialled with: the rep's choice for this session while it exists, else the default. */
export function dialAccountOf(state: Pick<AppState, 'accounts' | 'dialAccount'>): Account | undefined {
  return state.accounts.find((account) => account.id === state.dialAccount) ?? accountsInOrder(state.accounts)[0]
}

export function AccountChoice() {
  const { t } = useTranslation('phone')
  const store = useAppStore()
  const accounts = useApp((state) => state.accounts)
  const chosen = useApp(dialAccountOf)
  if (accounts.length < 2 || !chosen) return null
  return (
    <Menu position="bottom-start" shadow="md" transitionProps={{ duration: 0 }} returnFocus>
      <Menu.Target>
        <button type="button" className={styles.account} aria-label={t('callWith', { label: chosen.label })} title={t('callWithHint')}>
          <AccountDot color={chosen.color} />
          <bdi className={styles.accountLabel}>{chosen.label}</bdi>
          <IconChevronDown size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={chosen.id} onChange={(id) => store.setState({ dialAccount: id })}>
          {accountsInOrder(accounts).map((account, at) => (
            <Menu.RadioItem
              key={account.id}
              value={account.id}
              closeMenuOnClick
              rightSection={at < 9 ? <kbd className={styles.accountKey} aria-hidden>{`Alt ${at + 1}`}</kbd> : null}
            >
              <span className={styles.accountLine}>
                <AccountDot color={account.color} />
                <bdi>{account.label}</bdi>
                {account.status === 'registered' ? null : <span className={styles.quiet}>{t(`shell:account.${account.status}`)}</span>}
              </span>
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  )
}
