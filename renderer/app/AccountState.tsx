/** The state of the accounts in words: the default account always, the others under it in a menu. */
import { Popover, UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconBellOff, IconChevronDown, IconCircleCheckFilled, IconCircleXFilled, IconLoader } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Account } from '../../preload/contract'
import styles from './AccountState.module.css'
import { useAct, useApp } from './context'
import { formatTime } from './format'
import { TroubleText, useDescribeTrouble } from './trouble'

function Mark({ account }: { account: Account }) {
  switch (account.status) {
    case 'registered':
      return <IconCircleCheckFilled className={styles.ready} size={16} aria-hidden />
    case 'connecting':
      return <IconLoader className={styles.waiting} size={16} aria-hidden />
    case 'offline':
      return <IconAlertTriangle className={styles.waiting} size={16} aria-hidden />
    case 'refused':
      return <IconCircleXFilled className={styles.refused} size={16} aria-hidden />
  }
}

export function AccountState() {
  const { t } = useTranslation('shell')
  const accounts = useApp((state) => state.accounts)
  const ready = useApp((state) => state.ready)
  const connected = useApp((state) => state.connected)
  const undisturbed = useApp((state) => state.settings.doNotDisturb !== 'off')
  const describe = useDescribeTrouble()
  const act = useAct()
  const [open, setOpen] = useState(false)
  const shown = accounts.find((account) => account.isDefault) ?? accounts[0]
  if (!shown) {
    return (
      <div className={styles.state} role="status">
        {ready ? t('account.none') : t('starting')}
      </div>
    )
  }
  // While main is away nothing it last said about an account can be trusted.
  const asKnown = (account: Account): Account => (connected ? account : { ...account, status: 'connecting', trouble: null, retryAt: null })
  const account = asKnown(shown)
  return (
    // Outside the button: a live region inside would take the button's name away.
    <div role="status" className={styles.place}>
      <Popover opened={open} onChange={setOpen} position="bottom-start" width={320} shadow="md" trapFocus returnFocus>
        <Popover.Target>
          <UnstyledButton className={styles.state} onClick={() => setOpen((now) => !now)} aria-expanded={open}>
            {account.status === 'registered' && undisturbed ? (
              <IconBellOff className={styles.refused} size={16} aria-hidden />
            ) : (
              <Mark account={account} />
            )}
            <span className={styles.words}>
              <strong>{account.status === 'registered' && undisturbed ? t('phone:disturb.on') : t(`account.${account.status}`)}</strong>
              <span className={styles.label}> · {account.label}</span>
              {account.trouble ? <span className={styles.why}>{describe(account.trouble)}</span> : null}
            </span>
            <IconChevronDown className={styles.more} size={14} aria-hidden />
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown className={styles.menu}>
          {accounts.map(asKnown).map((each) => (
            <div key={each.id} className={styles.entry}>
              <Mark account={each} />
              <div className={styles.entryWords}>
                <div>
                  <strong>{each.label}</strong> · {t(`account.${each.status}`)}
                </div>
                <div className={styles.quiet}>{each.address}</div>
                {each.trouble ? <TroubleText trouble={each.trouble} /> : null}
                {each.retryAt ? <div className={styles.quiet}>{t('account.retrySoon', { time: formatTime(each.retryAt) })}</div> : null}
                <div className={styles.actions}>
                  {each.status === 'offline' || each.status === 'refused' ? (
                    <UnstyledButton className={styles.action} onClick={() => void act('accounts.reconnect', { accountId: each.id })}>
                      {t('account.retryNow')}
                    </UnstyledButton>
                  ) : null}
                  {each.isDefault ? (
                    accounts.length > 1 ? (
                      <span className={styles.quiet}>{t('account.callsWith', { label: each.label })}</span>
                    ) : null
                  ) : (
                    <UnstyledButton className={styles.action} onClick={() => void act('accounts.setDefault', { accountId: each.id })}>
                      {t('account.use')}
                    </UnstyledButton>
                  )}
                </div>
              </div>
            </div>
          ))}
        </Popover.Dropdown>
      </Popover>
    </div>
  )
}
