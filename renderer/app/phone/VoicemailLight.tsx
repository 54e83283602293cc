/** The message light: how many new voicemail messages wait (RFC 3842), one click from hearing them. Nothing while none wait. */
import { Menu } from '@mantine/core'
import { IconRecordMail } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Voicemail } from '../../../preload/contract'
import { AccountDot } from '../calls/AccountMark'
import { useAct, useApp } from '../context'
import styles from './Signs.module.css'

export function VoicemailLight() {
  const { t } = useTranslation('phone')
  const act = useAct()
  const voicemail = useApp((state) => state.voicemail)
  const accounts = useApp((state) => state.accounts)
  const waiting = voicemail.filter((box) => box.waiting && accounts.some((account) => account.id === box.accountId))
  const only = waiting[0]
  if (!only) return null
  const listen = (box: Voicemail) => void act('voicemail.listen', { accountId: box.accountId })
  // One that does not count its messages makes the sum unknown.
  const count = waiting.every((box) => box.fresh !== null) ? waiting.reduce((sum, box) => sum + (box.fresh ?? 0), 0) : null
  const label = count === null || count === 0 ? t('voicemail.some') : t('voicemail.light', { count })
  const button = (onClick?: () => void) => (
    <button type="button" className={styles.sign} data-tone="new" aria-label={label} title={label} {...(onClick ? { onClick } : {})}>
      <IconRecordMail size={20} stroke={1.7} aria-hidden />
      {count ? <span className={`rb-figures ${styles.count}`}>{count}</span> : null}
    </button>
  )
  if (waiting.length === 1) return button(() => listen(only))
  return (
    <Menu position="bottom-end" shadow="md" transitionProps={{ duration: 0 }} returnFocus>
      <Menu.Target>{button()}</Menu.Target>
      <Menu.Dropdown>
        {waiting.map((box) => {
          const account = accounts.find((each) => each.id === box.accountId)
          const params = { label: account?.label ?? '' }
          return (
            <Menu.Item key={box.accountId} leftSection={<AccountDot color={account?.color ?? 'grey'} />} onClick={() => listen(box)}>
              <bdi>{box.fresh ? t('voicemail.of', { ...params, count: box.fresh }) : t('voicemail.ofSome', params)}</bdi>
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}
