/** One list of the Contacts screen: search, what narrows it, rows of any number, and what stands there when there are none. */
import { Button, CloseButton, Loader, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconMoodEmpty, IconSearch } from '@tabler/icons-react'
import { type ReactNode, useCallback, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { troubleOf, useBridge } from '../context'
import { EmptyState } from '../paging/EmptyState'
import { downIntoList, LongList, type RowState } from '../paging/LongList'
import type { Page } from '../paging/pages'
import { useKept } from '../paging/use-kept'
import { usePages } from '../paging/use-pages'
import { TroubleText } from '../trouble'
import classes from './contacts.module.css'

interface Props<T extends { readonly id: number }> {
  readonly name: 'contacts' | 'organizations' | 'deals' | 'leads'
  /** The list's name for reading. */
  readonly label: string
  readonly searchLabel: string
  readonly searchHint: string
  /** What besides the words narrows the list, as text: another one is another list. */
  readonly filters: string
  readonly fetch: (query: string, cursor: string | null, limit: number) => Promise<Page<T>>
  /** The letter or other group that the row stands under, while nothing is searched for. */
  readonly mark: (row: T) => string
  readonly row: (row: T, state: RowState) => ReactNode
  readonly rowName: (row: T) => string
  readonly rowHeight: number
  readonly selected: number | null
  readonly onOpen: (row: T) => void
  readonly onClose: () => void
  /** Filters and buttons beside the search field; `bare`: the list is empty because there is nothing at all. */
  readonly controls?: (bare: boolean) => ReactNode
  /** Between the controls and the rows. */
  readonly above?: ReactNode
  readonly none: { readonly title: string; readonly text: string }
  /** When there is nothing at all. */
  readonly empty: ReactNode
  /** Filters that hide rows are in force. */
  readonly narrowed: boolean
}

export function DirectoryList<T extends { readonly id: number }>(props: Props<T>) {
  const { t } = useTranslation('contacts')
  const bridge = useBridge()
  const [text, setText] = useKept(`${props.name}.text`, '')
  const [asked] = useDebouncedValue(text.trim(), text === '' ? 0 : 120)
  const field = useRef<HTMLInputElement>(null)
  const shown = usePages<T>(props.name, `${props.filters} ${asked}`, {
    fetch: (cursor, limit) => props.fetch(asked, cursor, limit),
    key: (row) => String(row.id),
    mark: (row) => (asked === '' ? props.mark(row) : ''),
    troubleOf,
  })
  const { pages, state } = shown
  useEffect(() => {
    const stops = [bridge.on('contacts.changed', () => pages.refresh()), bridge.onConnection((connected) => connected && pages.refresh())]
    return () => {
      for (const stop of stops) stop()
    }
  }, [bridge, pages])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'f' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return
      event.preventDefault()
      field.current?.focus()
      field.current?.select()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  const heading = useCallback((mark: string) => mark || null, [])
  const nothing = state.status === 'ready' && state.entries.length === 0
  const bare = nothing && asked === '' && !props.narrowed
  return (
    <>
      <search className={classes.controls}>
        <TextInput
          ref={field}
          className={classes.search}
          size="xs"
          aria-label={props.searchLabel}
          placeholder={props.searchHint}
          leftSection={<IconSearch size={15} aria-hidden />}
          rightSection={text ? <CloseButton size="xs" aria-label={t('clearSearch')} onClick={() => setText('')} /> : null}
          value={text}
          maxLength={200}
          dir="auto"
          onKeyDown={downIntoList}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {props.controls?.(bare)}
      </search>
      {props.above}
      {state.status === 'failed' && state.trouble && (
        <div role="alert" className={classes.offer}>
          <TroubleText trouble={state.trouble} />
          <Button size="xs" variant="default" onClick={() => pages.retry()}>
            {t('retry')}
          </Button>
        </div>
      )}
      {state.status === 'loading' && state.entries.length === 0 && <EmptyState icon={<Loader size={22} />} text={t('loading')} />}
      {nothing && !bare && <EmptyState icon={<IconMoodEmpty size={28} stroke={1.4} />} title={props.none.title} text={props.none.text} />}
      {bare && props.empty}
      {state.entries.length > 0 && (
        <div className={classes.rows} data-list={props.name}>
          <LongList
            label={props.label}
            shown={shown}
            row={props.row}
            heading={heading}
            rowName={props.rowName}
            selected={props.selected === null ? null : String(props.selected)}
            onOpen={props.onOpen}
            onClose={props.onClose}
            rowHeight={props.rowHeight}
            loadingText={t('loading')}
          />
        </div>
      )}
    </>
  )
}
