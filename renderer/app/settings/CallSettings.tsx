/** How many calls at once, when none may disturb, and where calls go that are not taken here. */
import { NativeSelect, TextInput } from '@mantine/core'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '../../../preload/contract'
import { useApp } from '../context'
import { TroubleText } from '../trouble'
import { Colleagues } from './Colleagues'
import { NumberSetting } from './NumberSetting'
import { Line, Section } from './Section'
import classes from './settings.module.css'
import { useSetting } from './use-setting'

type When = Settings['forwarding']['when']

export function CallSettings() {
  const { t } = useTranslation('calls-settings')
  const limit = useApp((state) => state.settings.callLimit)
  return (
    <Section title={t('title')}>
      <NumberSetting label={t('limit')} hint={t('limitHint')} value={limit} min={1} max={8} change={(callLimit) => ({ callLimit })} />
      <DoNotDisturb />
      <Forwarding />
      <Colleagues />
    </Section>
  )
}

function DoNotDisturb() {
  const { t } = useTranslation('calls-settings')
  const id = useId()
  const { save, trouble } = useSetting()
  const value = useApp((state) => state.settings.doNotDisturb)
  return (
    <Line label={t('disturb')} htmlFor={id} hint={t('disturbHint')}>
      <NativeSelect
        id={id}
        data={(['off', 'busy', 'unavailable'] as const).map((each) => ({ value: each, label: t(`disturbIs.${each}`) }))}
        value={value}
        error={trouble ? <TroubleText trouble={trouble} /> : null}
        onChange={(event) => {
          const chosen = event.currentTarget.value as Settings['doNotDisturb']
          void save({ doNotDisturb: chosen, ...(chosen === 'off' ? {} : { doNotDisturbAs: chosen }) })
        }}
      />
    </Line>
  )
}

function Forwarding() {
  const { t } = useTranslation('calls-settings')
  const id = useId()
  const { save, trouble } = useSetting()
  const forwarding = useApp((state) => state.settings.forwarding)
  return (
    <>
      <Line label={t('forward')} htmlFor={id} hint={t(`forwardHint.${forwarding.when}`)}>
        <NativeSelect
          id={id}
          data={(['never', 'always', 'busy', 'noAnswer'] as const).map((each) => ({ value: each, label: t(`forwardWhen.${each}`) }))}
          value={forwarding.when}
          error={trouble ? <TroubleText trouble={trouble} /> : null}
          onChange={(event) => void save({ forwarding: { ...forwarding, when: event.currentTarget.value as When } })}
        />
      </Line>
      {forwarding.when !== 'never' && <ForwardTo />}
      {forwarding.when === 'noAnswer' && (
        <NumberSetting
          label={t('forwardAfter')}
          value={forwarding.afterSeconds}
          min={5}
          max={55}
          change={(afterSeconds) => ({ forwarding: { ...forwarding, afterSeconds } })}
        />
      )}
    </>
  )
}

function ForwardTo() {
  const { t } = useTranslation('calls-settings')
  const id = useId()
  const { save, trouble, saved } = useSetting()
  const forwarding = useApp((state) => state.settings.forwarding)
  const [typed, setTyped] = useState<string | null>(null)
  const keep = async () => {
    if (typed === null) return
    const to = typed.trim()
    if (to === forwarding.to || (await save({ forwarding: { ...forwarding, to } }))) setTyped(null)
  }
  const missing = typed === null && forwarding.to === ''
  return (
    <Line label={t('forwardTo')} htmlFor={id} hint={t('forwardToHint')}>
      <TextInput
        id={id}
        value={typed ?? forwarding.to}
        maxLength={120}
        spellCheck={false}
        autoComplete="off"
        error={trouble ? <TroubleText trouble={trouble} /> : missing ? t('forwardToMissing') : null}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => void keep()}
        onKeyDown={(event) => {
          if (event.key === 'Enter') void keep()
        }}
      />
      <span role="status" className={classes.hint}>
        {saved && typed === null ? t('saved') : ''}
      </span>
    </Line>
  )
}
