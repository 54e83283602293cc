/** The Help screen: check everything, keep a SIP trace for the administrator, the keys there are, and where things lie. */
import { Button, Checkbox, Switch } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct, useApp } from '../context'
import { fetchFile } from '../download'
import { readerLocale } from '../format'
import { Line, Section } from '../settings/Section'
import settings from '../settings/settings.module.css'
import { Checks } from './Checks'
import classes from './help.module.css'

export function HelpScreen() {
  const { t } = useTranslation('help')
  return (
    <div className={settings.screen}>
      <h1 className="rb-only-read">{t('title')}</h1>
      <Checks />
      <Trace />
      <Keys />
      <About />
    </div>
  )
}

function Trace() {
  const { t } = useTranslation('help')
  const act = useAct()
  const since = useApp((state) => state.traceSince)
  const [mask, setMask] = useState(true)
  const [saved, setSaved] = useState<string | null>(null)
  const save = async () => {
    setSaved(null)
    const done = await act('trace.save', { maskNumbers: mask })
    if (!done) return
    if (done.download) fetchFile(done.download)
    setSaved(t(done.path ? 'trace.savedAs' : 'trace.saved', { count: done.messages, path: done.path ?? '' }))
  }
  return (
    <Section title={t('trace.title')} text={t('trace.text')}>
      <Switch
        label={t('trace.on')}
        checked={since !== null}
        onChange={(event) => void act('trace.set', { on: event.currentTarget.checked })}
      />
      {since !== null && (
        <p className={classes.tracing} role="status">
          {t('trace.since', { time: new Date(since).toLocaleTimeString(readerLocale(), { timeStyle: 'short' }) })}
        </p>
      )}
      <div className={classes.row}>
        <Button size="xs" variant="default" onClick={() => void save()}>
          {t('trace.save')}
        </Button>
        <Checkbox size="xs" label={t('trace.mask')} checked={mask} onChange={(event) => setMask(event.currentTarget.checked)} />
        <span role="status" className={settings.hint}>
          {saved}
        </span>
      </div>
    </Section>
  )
}

function Keys() {
  const { t } = useTranslation('help')
  const mac = navigator.platform.startsWith('Mac')
  const ctrl = mac ? '⌘' : 'Ctrl'
  const alt = mac ? '⌥' : 'Alt'
  const keys: [string, ReactNode][] = [
    ['dialField', <Keystrokes key="a" all={[[ctrl, 'K'], ['/']]} word={t('keys.or')} />],
    ['search', <Keystrokes key="a" all={[[ctrl, 'F']]} word="" />],
    ['redial', <Keystrokes key="a" all={[['Enter']]} word="" />],
    [
      'account',
      <Keystrokes
        key="a"
        all={[
          [alt, '1'],
          [alt, '9'],
        ]}
        word={t('keys.to')}
      />,
    ],
    ['paste', <Keystrokes key="a" all={[[ctrl, 'V']]} word="" />],
    ['answer', <Keystrokes key="a" all={[['Ctrl', 'Shift', 'A']]} word="" />],
    ['decline', <Keystrokes key="a" all={[['Ctrl', 'Shift', 'D']]} word="" />],
    ['popKeys', <Keystrokes key="a" all={[['Enter'], ['Esc']]} word={t('keys.or')} />],
    [
      'outcome',
      <Keystrokes
        key="a"
        all={[
          [alt, '1'],
          [alt, '6'],
        ]}
        word={t('keys.to')}
      />,
    ],
    ['save', <Keystrokes key="a" all={[[ctrl, 'Enter']]} word="" />],
    ['keypad', <Keystrokes key="a" all={[['0'], ['9']]} word={t('keys.to')} />],
  ]
  return (
    <Section title={t('keys.title')}>
      <dl className={classes.keys}>
        {keys.map(([name, strokes]) => (
          <div key={name} className={classes.key}>
            <dt>{strokes}</dt>
            <dd>{t(`keys.${name}`)}</dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

function Keystrokes({ all, word }: { readonly all: readonly (readonly string[])[]; readonly word: string }) {
  return all.map((stroke, index) => (
    <span key={stroke.join('+')} className={classes.stroke}>
      {index > 0 && word !== '' ? ` ${word} ` : ' '}
      {stroke.map((one, at) => (
        <span key={one}>
          {at > 0 ? '+' : ''}
          <kbd className={classes.kbd}>{one}</kbd>
        </span>
      ))}
    </span>
  ))
}

function About() {
  const { t } = useTranslation('help')
  const { t: told } = useTranslation('settings')
  const host = useApp((state) => state.host)
  const separator = host.profile.includes('\\') ? '\\' : '/'
  const path = (...parts: string[]) => <code className={settings.path}>{[host.profile, ...parts].join(separator)}</code>
  return (
    <Section title={t('about.title')}>
      <Line label={t('about.version')}>
        <p className={settings.plain}>{told(`kept.versionOn.${host.kind}`, { version: host.version })}</p>
      </Line>
      <Line label={t('about.database')}>{path('ringbook.sqlite')}</Line>
      <Line label={t('about.log')}>{path('logs', 'ringbook.log')}</Line>
      <Line label={t('about.docs')}>
        <p className={settings.plain}>{t('about.docsText')}</p>
      </Line>
    </Section>
  )
}
