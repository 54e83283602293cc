/** The Settings screen: accounts, audio, and the little else there is to choose. */
import { Button, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useEffect, useId, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '../../../preload/contract'
import { useApp } from '../context'
import { readerLocale } from '../format'
import { TroubleText } from '../trouble'
import { Accounts } from './Accounts'
import { AudioSettings } from './AudioSettings'
import { CallSettings } from './CallSettings'
import { CrmSettings } from './CrmSettings'
import { countryOptions } from './countries'
import { ProtectionSettings } from './ProtectionSettings'
import { proxyFault } from './proxy'
import { RecordingSettings } from './RecordingSettings'
import { Line, Section } from './Section'
import classes from './settings.module.css'
import { useSetting } from './use-setting'

export function SettingsScreen() {
  const { t } = useTranslation('settings')
  return (
    <div className={classes.screen}>
      <h1 className="rb-only-read">{t('title')}</h1>
      <Accounts />
      <CrmSettings />
      <AudioSettings />
      <RecordingSettings />
      <CallSettings />
      <ProtectionSettings />
      <Section title={t('general.title')}>
        <Country />
        <Theme />
        <Notifications />
        <ProxyField />
      </Section>
      <Kept />
    </div>
  )
}

function Country() {
  const { t } = useTranslation('settings')
  const id = useId()
  const { save, trouble } = useSetting()
  const country = useApp((state) => state.settings.country)
  const options = useMemo(() => countryOptions(readerLocale()), [])
  return (
    <Line label={t('general.country')} htmlFor={id} hint={t('general.countryHint')}>
      <Select
        id={id}
        data={options}
        value={country}
        searchable
        allowDeselect={false}
        maxDropdownHeight={260}
        nothingFoundMessage={t('general.noCountry')}
        error={trouble ? <TroubleText trouble={trouble} /> : null}
        onChange={(value) => value && void save({ country: value })}
      />
    </Line>
  )
}

function Theme() {
  const { t } = useTranslation('settings')
  const { save, trouble } = useSetting()
  const theme = useApp((state) => state.settings.theme)
  return (
    <Line label={t('general.theme')} hint={trouble ? <TroubleText trouble={trouble} /> : undefined}>
      <SegmentedControl
        size="xs"
        className={classes.themes}
        aria-label={t('general.theme')}
        value={theme}
        transitionDuration={0}
        data={(['system', 'light', 'dark'] as const).map((value) => ({ value, label: t(`general.themes.${value}`) }))}
        onChange={(value) => void save({ theme: value as Settings['theme'] })}
      />
    </Line>
  )
}

/** What the page may show outside its window; on Electron the system decides. */
function Notifications() {
  const { t } = useTranslation('settings')
  const kind = useApp((state) => state.host.kind)
  const here = kind === 'browser' && 'Notification' in window
  const [state, setState] = useState(() => (here ? Notification.permission : 'granted'))
  useEffect(() => {
    if (!here) return
    let status: PermissionStatus | null = null
    const look = () => setState(Notification.permission)
    navigator.permissions?.query({ name: 'notifications' }).then(
      (answer) => {
        status = answer
        answer.addEventListener('change', look)
      },
      () => undefined,
    )
    return () => status?.removeEventListener('change', look)
  }, [here])
  const words = kind === 'electron' ? 'system' : here ? state : 'absent'
  return (
    <Line label={t('general.notifications')} hint={t('general.notificationsHint')}>
      <div className={classes.try}>
        <span role="status">{t(`general.notificationsAre.${words}`)}</span>
        {words === 'default' && (
          <Button size="xs" variant="default" onClick={() => void Notification.requestPermission().then(setState)}>
            {t('general.allowNotifications')}
          </Button>
        )}
      </div>
    </Line>
  )
}

function ProxyField() {
  const { t } = useTranslation('settings')
  const id = useId()
  const { save, trouble, saved } = useSetting()
  const kept = useApp((state) => state.settings.proxy)
  const [typed, setTyped] = useState<string | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  const keep = async () => {
    if (typed === null) return
    const wrong = proxyFault(typed)
    setFault(wrong)
    if (wrong === null && (typed.trim() === kept || (await save({ proxy: typed.trim() })))) setTyped(null)
  }
  return (
    <Line label={t('general.proxy')} htmlFor={id} hint={t('general.proxyHint')}>
      <TextInput
        id={id}
        value={typed ?? kept}
        placeholder={t('general.proxySystem')}
        spellCheck={false}
        maxLength={300}
        error={fault ? t(`general.fault.${fault}`) : trouble ? <TroubleText trouble={trouble} /> : null}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => void keep()}
        onKeyDown={(event) => {
          if (event.key === 'Enter') void keep()
        }}
      />
      <span role="status" className={classes.hint}>
        {saved && typed === null ? t('general.saved') : ''}
      </span>
    </Line>
  )
}

function Kept() {
  const { t } = useTranslation('settings')
  const host = useApp((state) => state.host)
  const secrets = useApp((state) => state.secrets)
  const words = secrets.available ? 'keyring' : secrets.plainFileInUse ? 'file' : 'session'
  return (
    <Section title={t('kept.title')}>
      <Line label={t('kept.profile')} hint={t('kept.profileHint')}>
        <code className={classes.path}>{host.profile}</code>
      </Line>
      <Line label={t('kept.secrets')}>
        <p className={classes.plain}>{t(`kept.secretsIn.${words}`, { name: secrets.name })}</p>
        {secrets.available && secrets.plainFileInUse && <p className={classes.plain}>{t('kept.alsoFile')}</p>}
      </Line>
      <Line label={t('kept.version')}>
        <p className={classes.plain}>{t(`kept.versionOn.${host.kind}`, { version: host.version })}</p>
      </Line>
    </Section>
  )
}
