/** What stands in the way right now, one line each, above everything else; nothing when all is well. */
import { UnstyledButton } from '@mantine/core'
import { IconAlertTriangle, IconArrowForwardUp, IconInfoCircle, IconRoute, IconVolumeOff, IconX } from '@tabler/icons-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './Banners.module.css'
import { useAct, useApp, useAppStore } from './context'
import { needsToken } from './settings/connection-words'
import { TroubleText } from './trouble'

function Banner({
  tone,
  icon,
  children,
  action,
}: {
  tone: 'warn' | 'stop' | 'info'
  icon?: ReactNode
  children: ReactNode
  action?: ReactNode
}) {
  return (
    <div className={styles.banner} data-tone={tone} role={tone === 'info' ? 'status' : 'alert'}>
      {icon ?? (tone === 'info' ? <IconInfoCircle size={17} aria-hidden /> : <IconAlertTriangle size={17} aria-hidden />)}
      <div className={styles.words}>{children}</div>
      {action}
    </div>
  )
}

/** True once `now` has been so for `ms`: what mends itself at once is not worth a word. */
function useLasting(now: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false)
  useEffect(() => {
    if (!now) return setLasting(false)
    const timer = setTimeout(() => setLasting(true), ms)
    return () => clearTimeout(timer)
  }, [now, ms])
  return now && lasting
}

/** Calls go elsewhere: said for as long as it is so, and one click from off. */
function Forwarded() {
  const { t } = useTranslation('phone')
  const act = useAct()
  const { when, to, afterSeconds } = useApp((state) => state.settings.forwarding)
  if (when === 'never' || to === '') return null
  return (
    <Banner
      tone="info"
      icon={<IconArrowForwardUp size={17} aria-hidden />}
      action={
        <UnstyledButton
          className={styles.action}
          onClick={() => void act('settings.change', { forwarding: { when: 'never', to, afterSeconds } })}
        >
          {t('forwarding.off')}
        </UnstyledButton>
      }
    >
      {t(`forwarding.${when}`, { to, seconds: afterSeconds })}
    </Banner>
  )
}

/** A connection that waits for a token. What mends itself is said in Settings alone. */
function Refused() {
  const { t } = useTranslation('crm')
  const store = useAppStore()
  const connections = useApp((state) => state.connections)
  const shown = useApp((state) => state.screen === 'settings')
  if (shown) return null
  return connections.filter(needsToken).map(({ id, label, trouble }) => (
    <Banner
      key={id}
      tone="warn"
      action={
        <UnstyledButton className={styles.action} onClick={() => store.setState({ screen: 'settings', askedConnection: { id } })}>
          {t('newToken')}
        </UnstyledButton>
      }
    >
      <strong dir="auto">{label}</strong> {trouble && <TroubleText trouble={trouble} />}
    </Banner>
  ))
}

export function Banners() {
  const { t } = useTranslation('shell')
  const store = useAppStore()
  const ready = useApp((state) => state.ready)
  const connected = useApp((state) => state.connected)
  const troubles = useApp((state) => state.troubles)
  const notices = useApp((state) => state.notices)
  const media = useApp((state) => state.media)
  const away = useLasting(ready && connected && !media.present, 3000)
  const hasPractice = useApp((state) => state.accounts.some((account) => account.kind === 'practice'))
  // What a refused call has just been told of is not said twice.
  const said = (code: string) =>
    notices.some((notice) => notice.trouble.code === code) || media.troubles.some((trouble) => trouble.code === code)
  const traced = useApp((state) => state.traceSince !== null && state.screen !== 'help')
  const openSettings = (
    <UnstyledButton className={styles.action} onClick={() => store.setState({ screen: 'settings' })}>
      {t('banner.settings')}
    </UnstyledButton>
  )
  return (
    <div className={styles.banners}>
      {connected ? null : <Banner tone="stop">{t('banner.lost')}</Banner>}
      {troubles.map((trouble) => (
        <Banner key={trouble.code} tone="stop">
          <TroubleText trouble={trouble} />
        </Banner>
      ))}
      {notices.map((notice) => (
        <Banner
          key={notice.id}
          tone="warn"
          action={
            <UnstyledButton
              className={styles.close}
              aria-label={t('dismiss')}
              onClick={() => store.setState((state) => ({ notices: state.notices.filter((other) => other.id !== notice.id) }))}
            >
              <IconX size={16} />
            </UnstyledButton>
          }
        >
          <TroubleText trouble={notice.trouble} />
        </Banner>
      ))}
      {traced ? (
        <Banner
          tone="info"
          icon={<IconRoute size={17} aria-hidden />}
          action={
            <UnstyledButton className={styles.action} onClick={() => store.setState({ screen: 'help' })}>
              {t('banner.help')}
            </UnstyledButton>
          }
        >
          {t('banner.trace')}
        </Banner>
      ) : null}
      {ready ? <Forwarded /> : null}
      {ready ? <Refused /> : null}
      {away ? <Banner tone="warn">{t('banner.mediaAway')}</Banner> : null}
      {ready && connected
        ? media.troubles.map((trouble) => (
            <Banner key={`${trouble.code} ${trouble.params.label ?? ''}`} tone="warn" action={openSettings}>
              <TroubleText trouble={trouble} />
            </Banner>
          ))
        : null}
      {ready && media.present && media.microphone === 'denied' && !said('media.microphoneDenied') ? (
        <Banner tone="warn" action={openSettings}>
          {t('banner.microphoneDenied')}
        </Banner>
      ) : null}
      {ready && media.present && media.microphone === 'missing' && !said('media.microphoneMissing') ? (
        <Banner tone="warn">{t('banner.microphoneMissing')}</Banner>
      ) : null}
      {ready && media.present && !media.mayRing ? (
        <Banner tone="info" icon={<IconVolumeOff size={17} aria-hidden />}>
          {t('banner.clickToRing')}
        </Banner>
      ) : null}
      {ready && media.present && hasPractice && !media.practiceAudio ? <Banner tone="info">{t('banner.practiceAudio')}</Banner> : null}
    </div>
  )
}
