/** The account's form: how its calls look and sound. */
import { ActionIcon, Checkbox, NativeSelect, Select, TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconCheck } from '@tabler/icons-react'
import { useId, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { accountColor } from '../../../preload/contract'
import { AccountDot } from '../calls/AccountMark'
import { readerLocale } from '../format'
import type { AccountFields } from './account-fields'
import { type Entry, moved } from './account-form'
import classes from './account-form.module.css'
import { countryOptions } from './countries'
import settings from './settings.module.css'

export function AccountCalls({ entry, set, text, errorAt }: AccountFields) {
  const { t } = useTranslation('settings')
  const name = useId()
  const countries = useMemo(() => countryOptions(readerLocale()), [])
  return (
    <>
      <TextInput {...text('label', 60)} description={t('account.labelHint')} dir="auto" />
      <fieldset className={classes.group}>
        <legend>{t('account.color')}</legend>
        <p className={settings.hint}>{t('account.colorHint')}</p>
        <div className={classes.colors}>
          {accountColor.options.map((color) => (
            <label key={color} className={classes.color} data-chosen={entry.color === color || undefined}>
              <input type="radio" name={name} value={color} checked={entry.color === color} onChange={() => set({ color })} />
              <AccountDot color={color} large>
                {entry.color === color && <IconCheck size={12} stroke={3} />}
              </AccountDot>
              {t(`account.colors.${color}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <TextInput {...text('displayName', 120)} description={t('account.displayNameHint')} dir="auto" />
      <Order
        name="codecs"
        entries={entry.codecs.map(({ codec, on }) => ({ value: codec, label: t(`account.codec.${codec}`), on }))}
        error={errorAt('codecs')}
        onChange={(entries) => set({ codecs: entries.map(({ value, on }) => ({ codec: value, on })) })}
      />
      <NativeSelect
        label={t('account.declineCode')}
        description={t('account.declineHint')}
        value={String(entry.declineCode)}
        data={['486', '480', '603'].map((value) => ({ value, label: t(`account.decline.${value}`) }))}
        onChange={(event) => set({ declineCode: Number(event.currentTarget.value) as Entry['declineCode'] })}
      />
      <Checkbox
        size="sm"
        label={t('account.autoAnswer')}
        description={t('account.autoAnswerHint')}
        checked={entry.autoAnswer}
        onChange={(event) => set({ autoAnswer: event.currentTarget.checked })}
      />
      <Select
        label={t('account.country')}
        description={t('account.countryHint')}
        placeholder={t('account.countryOwn')}
        data={countries}
        value={entry.country}
        searchable
        clearable
        comboboxProps={{ transitionProps: { duration: 0 } }}
        onChange={(country) => set({ country })}
      />
      <Order
        name="callerHeaders"
        entries={entry.callerHeaders.map(({ header, on }) => ({ value: header, label: t(`account.callerHeader.${header}`), on }))}
        error={errorAt('callerHeaders')}
        onChange={(entries) => set({ callerHeaders: entries.map(({ value, on }) => ({ header: value, on })) })}
      />
      <Checkbox
        size="sm"
        label={t('account.calledLineHeaders')}
        description={t('account.calledLineHeadersHint')}
        checked={entry.calledLineHeaders}
        onChange={(event) => set({ calledLineHeaders: event.currentTarget.checked })}
      />
    </>
  )
}

interface OrderProps<T extends string> {
  readonly name: 'codecs' | 'callerHeaders'
  /** All there are, in order, each switched on or off. */
  readonly entries: readonly { value: T; label: string; on: boolean }[]
  readonly error: string | null
  readonly onChange: (entries: readonly { value: T; on: boolean }[]) => void
}

/** What is used of a few, and in which order. */
function Order<T extends string>({ name, entries, error, onChange }: OrderProps<T>) {
  const { t } = useTranslation('settings')
  const faultId = useId()
  return (
    <fieldset className={classes.group} aria-describedby={error ? faultId : undefined}>
      <legend>{t(`account.${name}`)}</legend>
      <p className={settings.hint}>{t(`account.${name}Hint`)}</p>
      <ol className={classes.ordered}>
        {entries.map(({ value, label, on }, index) => (
          <li key={value} className={classes.choice}>
            <Checkbox
              size="sm"
              name={index === 0 ? name : undefined}
              label={label}
              checked={on}
              onChange={(event) => {
                const { checked } = event.currentTarget
                onChange(entries.map((each) => (each.value === value ? { value, on: checked } : each)))
              }}
            />
            <MoveButtons name={label} index={index} count={entries.length} onMove={(by) => onChange(moved(entries, index, by))} />
          </li>
        ))}
      </ol>
      {error && (
        <p id={faultId} className={classes.fault}>
          {error}
        </p>
      )}
    </fieldset>
  )
}

interface MoveProps {
  readonly name: string
  readonly index: number
  readonly count: number
  readonly onMove: (by: -1 | 1) => void
}

/** One place up or down; a button that leads nowhere stays where it is, so that focus is not lost at the ends. */
export function MoveButtons({ name, index, count, onMove }: MoveProps) {
  const { t } = useTranslation('settings')
  return (
    <span className={classes.moves}>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={t('account.up', { name })}
        aria-disabled={index === 0}
        data-disabled={index === 0}
        onClick={() => onMove(-1)}
      >
        <IconArrowUp size={14} aria-hidden />
      </ActionIcon>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label={t('account.down', { name })}
        aria-disabled={index === count - 1}
        data-disabled={index === count - 1}
        onClick={() => onMove(1)}
      >
        <IconArrowDown size={14} aria-hidden />
      </ActionIcon>
    </span>
  )
}
