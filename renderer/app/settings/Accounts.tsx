/** The accounts: how each stands, in words, and what can be done about it. */
import { Button } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheckFilled, IconCircleXFilled, IconLoader, IconPlus } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Account, SipAccountView } from '../../../preload/contract'
import { AccountDot } from '../calls/AccountMark'
import { useAct, useApp } from '../context'
import { readerLocale } from '../format'
import { TroubleText } from '../trouble'
import { AccountForm } from './AccountForm'
import { Section } from './Section'
import classes from './settings.module.css'

const marks = { registered: IconCircleCheckFilled, connecting: IconLoader, offline: IconAlertTriangle, refused: IconCircleXFilled }

function clock(instant: number): string {
  return new Intl.DateTimeFormat(readerLocale(), { timeStyle: 'medium' }).format(instant)
}

export function Accounts() {
  const { t } = useTranslation('settings')
  const act = useAct()
  const accounts = useApp((state) => state.accounts)
  const [open, setOpen] = useState<'new' | SipAccountView | null>(null)
  const add = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)
  // The form took the focus and has gone with it.
  useEffect(() => {
    if (open === null && wasOpen.current && document.activeElement === document.body) add.current?.focus()
    wasOpen.current = open !== null
  }, [open])
  const edit = async (account: Account) => {
    const view = await act('accounts.details', { accountId: account.id })
    if (view) setOpen(view)
  }
  return (
    <Section title={t('account.title')} text={t('account.text')}>
      {accounts.map((account) =>
        open !== null && open !== 'new' && open.id === account.id ? (
          <AccountForm key={account.id} view={open} onDone={() => setOpen(null)} />
        ) : (
          <AccountCard key={account.id} account={account} only={accounts.length === 1} onEdit={() => void edit(account)} />
        ),
      )}
      {open === 'new' ? (
        <AccountForm view={null} onDone={() => setOpen(null)} />
      ) : (
        <div>
          <Button ref={add} size="xs" variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setOpen('new')}>
            {t('account.add')}
          </Button>
        </div>
      )}
    </Section>
  )
}

function AccountCard({ account, only, onEdit }: { readonly account: Account; readonly only: boolean; readonly onEdit: () => void }) {
  const { t } = useTranslation('settings')
  const act = useAct()
  const [removing, setRemoving] = useState(false)
  const Mark = marks[account.status]
  const accountId = account.id
  const down = account.status === 'offline' || account.status === 'refused'
  return (
    <div className={classes.account} role="group" aria-label={account.label}>
      <div className={classes.accountHead}>
        {account.kind === 'sip' && !only && <AccountDot color={account.color} />}
        <strong dir="auto">{account.label}</strong>
        {account.isDefault && !only && <span className={classes.badge}>{t('account.default')}</span>}
        <span className={classes.state} data-status={account.status} role="status">
          <Mark size={15} aria-hidden />
          {t(`account.status.${account.status}`)}
        </span>
      </div>
      <div className={classes.hint}>{account.kind === 'practice' ? t('account.practice') : account.address}</div>
      {account.server !== null && <div className={classes.hint}>{t('account.through', { server: account.server })}</div>}
      {account.trouble && (
        <div className={classes.why}>
          <TroubleText trouble={account.trouble} />
        </div>
      )}
      {account.retryAt !== null && <div className={classes.hint}>{t('account.retryAt', { time: clock(account.retryAt) })}</div>}
      <div className={classes.accountButtons}>
        {removing ? (
          <>
            <span>{t('account.removeSure')}</span>
            <Button size="xs" color="red" onClick={() => void act('accounts.remove', { accountId })}>
              {t('account.remove')}
            </Button>
            <Button size="xs" variant="default" autoFocus onClick={() => setRemoving(false)}>
              {t('account.keep')}
            </Button>
          </>
        ) : (
          <>
            {down && (
              <Button size="xs" variant="light" onClick={() => void act('accounts.reconnect', { accountId })}>
                {t('account.reconnect')}
              </Button>
            )}
            {!account.isDefault && (
              <Button size="xs" variant="default" onClick={() => void act('accounts.setDefault', { accountId })}>
                {t('account.makeDefault')}
              </Button>
            )}
            {account.kind === 'sip' && (
              <>
                <Button size="xs" variant="default" onClick={onEdit}>
                  {t('account.change')}
                </Button>
                <Button size="xs" variant="subtle" color="gray" onClick={() => setRemoving(true)}>
                  {t('account.remove')}
                </Button>
              </>
            )}
          </>
        )}
      </div>
    </div>
  )
}
