/** The numbered self-checks: what each found, in a sentence, while they go on and afterwards. */
import { Button, Checkbox } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleMinus,
  IconCircleX,
  type IconProps,
  IconRefresh,
} from '@tabler/icons-react'
import { type ComponentType, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SelfCheck } from '../../../preload/contract'
import { useAct, useApp } from '../context'
import { Section } from '../settings/Section'
import settings from '../settings/settings.module.css'
import { describeTrouble } from '../trouble'
import classes from './help.module.css'
import { reportOf, verdictOf } from './report'

const icons: Record<SelfCheck['state'], ComponentType<IconProps>> = {
  waiting: IconCircleDashed,
  running: IconRefresh,
  ok: IconCircleCheck,
  warning: IconAlertTriangle,
  failed: IconCircleX,
  skipped: IconCircleMinus,
}

export function Checks() {
  const { t, i18n } = useTranslation('help')
  const act = useAct()
  const checks = useApp((state) => state.selfChecks)
  const host = useApp((state) => state.host)
  const [echo, setEcho] = useState(true)
  const [asked, setAsked] = useState(false)
  const [copied, setCopied] = useState<'copied' | 'notCopied' | null>(null)
  const done = checks.filter(({ state }) => state !== 'waiting' && state !== 'running').length
  const going = asked || done < checks.length
  const run = async () => {
    setAsked(true)
    setCopied(null)
    await act('diagnostics.run', { echo })
    setAsked(false)
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(reportOf(checks, i18n, { version: host.version, host: host.kind, at: new Date() }))
      setCopied('copied')
    } catch {
      setCopied('notCopied')
    }
  }
  const verdict = verdictOf(checks)
  return (
    <Section title={t('checks.title')} text={t('checks.text')}>
      <div className={classes.row}>
        {going ? (
          <Button size="sm" variant="default" onClick={() => void act('diagnostics.cancel', {})}>
            {t('checks.stop')}
          </Button>
        ) : (
          <Button size="sm" onClick={() => void run()}>
            {t(checks.length > 0 ? 'checks.again' : 'checks.run')}
          </Button>
        )}
        {going ? null : (
          <Checkbox size="xs" label={t('checks.echo')} checked={echo} onChange={(event) => setEcho(event.currentTarget.checked)} />
        )}
        {going && <span className={settings.hint}>{t('checks.running', { done, count: checks.length })}</span>}
      </div>
      {checks.length > 0 && (
        <>
          <p className={classes.verdict} role="status" data-state={going ? 'running' : verdict.state}>
            {going ? '' : t(`checks.${verdict.key}`, { count: verdict.count })}
          </p>
          <ol className={classes.checks} aria-label={t('checks.list')}>
            {checks.map((check, index) => (
              <Row key={check.id} check={check} number={index + 1} />
            ))}
          </ol>
          {!going && (
            <div className={classes.row}>
              <Button size="xs" variant="default" onClick={() => void copy()}>
                {t('checks.copy')}
              </Button>
              <span role="status" className={settings.hint}>
                {copied ? t(`checks.${copied}`) : ''}
              </span>
            </div>
          )}
        </>
      )}
    </Section>
  )
}

function Row({ check, number }: { readonly check: SelfCheck; readonly number: number }) {
  const { t, i18n } = useTranslation('help')
  const { t: told } = useTranslation('shell')
  const Icon = icons[check.state]
  const { finding } = check
  return (
    <li className={classes.check} data-state={check.state} data-check={check.title}>
      <span className={classes.number}>{number}</span>
      <Icon size={18} stroke={1.8} aria-hidden className={classes.icon} />
      <div className={classes.found}>
        <div className={classes.head}>
          <span className={classes.name}>{t(`check.${check.title}`, check.params)}</span>
          <span className={classes.state}>{t(`state.${check.state}`)}</span>
        </div>
        {finding && <p className={classes.sentence}>{describeTrouble(finding, i18n)}</p>}
        {finding?.detail && (
          <details className={classes.details}>
            <summary>{told('details')}</summary>
            <pre>{finding.detail}</pre>
          </details>
        )}
      </div>
    </li>
  )
}
