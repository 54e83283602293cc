/** The controls above History: search, filters and export, folded away behind one button where the window is narrow. */
import { ActionIcon, Button, CloseButton, NativeSelect, TextInput } from '@mantine/core'
import { IconFilter, IconSearch } from '@tabler/icons-react'
import { type ReactNode, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { downIntoList } from '../paging/LongList'
import { ranges } from './days'
import { type Choice, countFilters, everything } from './filters'
import classes from './history.module.css'
import { outcomes, results } from './words'

interface Props {
  readonly choice: Choice
  readonly onChange: (choice: Choice) => void
  /** The export menu. */
  readonly children: ReactNode
}

export function HistoryFilters({ choice, onChange, children }: Props) {
  const { t } = useTranslation('history')
  const [open, setOpen] = useState(false)
  const filters = useId()
  const count = countFilters(choice)
  const set = (change: Partial<Choice>) => onChange({ ...choice, ...change })
  const options = (group: 'direction' | 'result' | 'outcome', values: readonly string[]) => [
    { value: '', label: t(`${group}.any`) },
    ...values.map((value) => ({ value, label: t(`call:${group}.${value}`) })),
  ]
  const toggle = count > 0 ? t('filtersCount', { count }) : t('filters')

  return (
    <search className={classes.controls}>
      <div className={classes.searchLine}>
        <TextInput
          className={classes.search}
          size="xs"
          aria-label={t('search')}
          placeholder={t('searchHint')}
          leftSection={<IconSearch size={15} aria-hidden />}
          rightSection={choice.text ? <CloseButton size="xs" aria-label={t('clearSearch')} onClick={() => set({ text: '' })} /> : null}
          value={choice.text}
          maxLength={200}
          dir="auto"
          onKeyDown={downIntoList}
          onChange={(event) => set({ text: event.currentTarget.value })}
        />
        <ActionIcon
          className={classes.fold}
          variant={count > 0 ? 'light' : 'default'}
          size={30}
          aria-label={toggle}
          title={toggle}
          aria-expanded={open}
          aria-controls={filters}
          onClick={() => setOpen(!open)}
        >
          <IconFilter size={16} aria-hidden />
        </ActionIcon>
        {children}
      </div>
      <div className={classes.filters} data-open={open || undefined} id={filters} role="group" aria-label={t('filters')}>
        <NativeSelect
          size="xs"
          aria-label={t('direction.label')}
          data={options('direction', ['incoming', 'outgoing'])}
          value={choice.direction}
          data-chosen={choice.direction !== '' || undefined}
          onChange={(event) => set({ direction: event.currentTarget.value as Choice['direction'] })}
        />
        <NativeSelect
          size="xs"
          aria-label={t('result.label')}
          data={options('result', results)}
          value={choice.result}
          data-chosen={choice.result !== '' || undefined}
          onChange={(event) => set({ result: event.currentTarget.value as Choice['result'] })}
        />
        <NativeSelect
          size="xs"
          aria-label={t('outcome.label')}
          data={options('outcome', outcomes)}
          value={choice.outcome}
          data-chosen={choice.outcome !== '' || undefined}
          onChange={(event) => set({ outcome: event.currentTarget.value as Choice['outcome'] })}
        />
        <NativeSelect
          size="xs"
          aria-label={t('range.label')}
          data={ranges.map((value) => ({ value, label: t(`range.${value}`) }))}
          value={choice.range}
          data-chosen={choice.range !== 'any' || undefined}
          onChange={(event) => set({ range: event.currentTarget.value as Choice['range'] })}
        />
        {choice.range === 'custom' && (
          <>
            <TextInput
              size="xs"
              type="date"
              aria-label={t('range.from')}
              value={choice.from}
              onChange={(event) => set({ from: event.currentTarget.value })}
            />
            <TextInput
              size="xs"
              type="date"
              aria-label={t('range.to')}
              value={choice.to}
              onChange={(event) => set({ to: event.currentTarget.value })}
            />
          </>
        )}
        <Button
          size="xs"
          variant={choice.notLogged ? 'light' : 'default'}
          aria-pressed={choice.notLogged}
          className={classes.toggle}
          onClick={() => set({ notLogged: !choice.notLogged })}
        >
          {t('notLoggedFilter')}
        </Button>
        {count > 0 && (
          <Button
            size="xs"
            variant="subtle"
            className={classes.toggle}
            aria-label={t('clearFilters')}
            onClick={() => onChange({ ...everything, text: choice.text })}
          >
            {t('clear')}
          </Button>
        )}
      </div>
    </search>
  )
}
