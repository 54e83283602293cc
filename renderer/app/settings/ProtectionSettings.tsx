/** What may be called, how often, and who is not let through. */
import { MultiSelect, NativeSelect, Switch } from '@mantine/core'
import { useId, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '../../../preload/contract'
import { useApp } from '../context'
import { readerLocale } from '../format'
import { TroubleText } from '../trouble'
import { BlockedNumbers } from './BlockedNumbers'
import { countryOptions } from './countries'
import { NumberSetting } from './NumberSetting'
import { Line, Section } from './Section'
import classes from './settings.module.css'
import { useSetting } from './use-setting'

export function ProtectionSettings() {
  const { t } = useTranslation('protection')
  const guard = useApp((state) => state.settings.guard)
  return (
    <Section title={t('title')} text={t('text')}>
      <Countries />
      <CostlyNumbers />
      <NumberSetting
        label={t('perHour')}
        value={guard.perHour}
        min={0}
        max={10_000}
        change={(perHour) => ({ guard: { ...guard, perHour } })}
      />
      <NumberSetting
        label={t('perDay')}
        hint={t('capHint')}
        value={guard.perDay}
        min={0}
        max={100_000}
        change={(perDay) => ({ guard: { ...guard, perDay } })}
      />
      <HiddenNumbers />
      <BlockedNumbers />
    </Section>
  )
}

function Countries() {
  const { t } = useTranslation('protection')
  const id = useId()
  const { save, trouble } = useSetting()
  const guard = useApp((state) => state.settings.guard)
  const own = useApp((state) => state.settings.country)
  const options = useMemo(() => countryOptions(readerLocale()), [])
  const { countries } = guard
  return (
    <Line label={<span id={id}>{t('countries')}</span>} hint={t('countriesHint')}>
      <NativeSelect
        aria-labelledby={id}
        data={[
          { value: 'all', label: t('countriesAll') },
          { value: 'only', label: t('countriesOnly') },
        ]}
        value={countries === null ? 'all' : 'only'}
        error={trouble ? <TroubleText trouble={trouble} /> : null}
        onChange={(event) => void save({ guard: { ...guard, countries: event.currentTarget.value === 'all' ? null : [own] } })}
      />
      {countries !== null && (
        <MultiSelect
          aria-label={t('countriesSearch')}
          placeholder={t('countriesSearch')}
          data={options}
          value={countries}
          searchable
          hidePickedOptions
          clearable={false}
          limit={60}
          maxDropdownHeight={260}
          nothingFoundMessage={t('countriesNothing')}
          onChange={(chosen) => void save({ guard: { ...guard, countries: chosen } })}
        />
      )}
      {countries?.length === 0 && <p className={classes.hint}>{t('countriesNone')}</p>}
      <div className={classes.switches}>
        <Switch
          label={t('askNew')}
          checked={guard.askNewCountry}
          onChange={(event) => void save({ guard: { ...guard, askNewCountry: event.currentTarget.checked } })}
        />
      </div>
    </Line>
  )
}

function CostlyNumbers() {
  const { t } = useTranslation('protection')
  const { save, trouble } = useSetting()
  const guard = useApp((state) => state.settings.guard)
  return (
    <Line label={t('dear')} hint={trouble ? <TroubleText trouble={trouble} /> : undefined}>
      <div className={classes.switches}>
        {(['premium', 'satellite'] as const).map((which) => (
          <Switch
            key={which}
            label={t(which)}
            description={t(`${which}Hint`)}
            checked={guard[which]}
            onChange={(event) => void save({ guard: { ...guard, [which]: event.currentTarget.checked } })}
          />
        ))}
      </div>
    </Line>
  )
}

function HiddenNumbers() {
  const { t } = useTranslation('protection')
  const id = useId()
  const { save, trouble } = useSetting()
  const value = useApp((state) => state.settings.anonymousCalls)
  return (
    <Line label={t('anonymous')} htmlFor={id}>
      <NativeSelect
        id={id}
        data={(['ring', 'decline'] as const).map((each) => ({ value: each, label: t(`anonymousCalls.${each}`) }))}
        value={value}
        error={trouble ? <TroubleText trouble={trouble} /> : null}
        onChange={(event) => void save({ anonymousCalls: event.currentTarget.value as Settings['anonymousCalls'] })}
      />
    </Line>
  )
}
