/** The History screen: every call, newest first, with search, filters, export, and the chosen call in the side panel. */
import { Button, CloseButton, Loader } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconHistory, IconMoodEmpty } from '@tabler/icons-react'
import { useCallback, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallRecord } from '../../../preload/contract'
import { CreateContact } from '../contact/Composer'
import { RecordCard } from '../contact/RecordCard'
import { troubleOf, useAct, useApp, useAppStore, useAsk, useBridge } from '../context'
import { formatDay, formatWhen } from '../format'
import { EmptyState } from '../paging/EmptyState'
import { LongList, type RowState } from '../paging/LongList'
import { useKept } from '../paging/use-kept'
import { usePages } from '../paging/use-pages'
import { SidePanel } from '../SidePanel'
import { TroubleText } from '../trouble'
import { CallDetails } from './CallDetails'
import { dayOf, dayOfCall, noonOf } from './days'
import { type Exported, ExportMenu } from './ExportMenu'
import { countFilters, everything, filterOf } from './filters'
import { HistoryFilters } from './HistoryFilters'
import { HistoryRow, partyOf } from './HistoryRow'
import classes from './history.module.css'
import { resultKey } from './words'

/** This machine's day, looked at each minute, so that «Today» becomes «Yesterday» on a screen that stays open. */
function useToday(): string {
  const [today, setToday] = useState(() => dayOf(new Date()))
  useEffect(() => {
    const timer = setInterval(() => setToday(dayOf(new Date())), 60_000)
    return () => clearInterval(timer)
  }, [])
  return today
}

export function HistoryScreen() {
  const { t } = useTranslation('history')
  const bridge = useBridge()
  const store = useAppStore()
  const act = useAct()
  const selected = useApp((state) => state.focusedCallId)
  const [choice, setChoice] = useKept('history.choice', everything)
  const [exported, setExported] = useState<Exported | null>(null)
  const today = useToday()
  const [asked] = useDebouncedValue(choice, choice.text === '' ? 0 : 150)
  const filter = filterOf(asked, new Date())
  const shown = usePages<CallRecord>('history', JSON.stringify(filter), {
    fetch: (cursor, limit) => bridge.send('history.list', { filter, cursor, limit }),
    key: (call) => call.id,
    mark: dayOfCall,
    troubleOf,
  })
  const { pages, state } = shown
  useEffect(() => {
    const stops = [
      bridge.on('history.changed', ({ callId }) => pages.refresh(callId)),
      bridge.onConnection((connected) => connected && pages.refresh()),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [bridge, pages])

  const open = useCallback((call: CallRecord) => store.setState({ focusedCallId: call.id, panelSide: 'details', sheetOpen: true }), [store])
  const log = useCallback(
    async (record: CallRecord) => {
      const opened = await act('log.open', { callId: record.id })
      if (opened) store.setState({ chosenLog: record.id, panelSide: 'log', sheetOpen: true })
    },
    [act, store],
  )
  const row = useCallback(
    (record: CallRecord, { selected: isSelected, tabIndex }: RowState) => (
      <HistoryRow call={record} selected={isSelected} tabIndex={tabIndex} onLog={log} />
    ),
    [log],
  )
  // A heading says «Today» as long as it is: the day is part of what makes it.
  const heading = useCallback((mark: string) => formatDay(noonOf(mark), noonOf(today)), [today])
  const rowName = useCallback(
    (record: CallRecord) =>
      t('row', {
        name: partyOf(record, t('pop:withheld')),
        result: t(resultKey(record)),
        when: formatWhen(record.startedAt),
      }),
    [t],
  )

  const narrowed = filter.text !== '' || countFilters(asked) > 0
  const nothing = state.status === 'ready' && state.entries.length === 0
  return (
    <div className={classes.screen} data-own-scroll>
      <h1 className="rb-only-read">{t('title')}</h1>
      <HistoryFilters choice={choice} onChange={setChoice}>
        <ExportMenu filter={() => filterOf(choice, new Date())} filtered={narrowed} onDone={setExported} />
      </HistoryFilters>
      <div role="status">
        {exported && (
          <div className={classes.done}>
            <span>
              {exported.path
                ? t('export.saved', { count: exported.calls, path: exported.path })
                : t('export.done', { count: exported.calls })}
            </span>
            <CloseButton size="sm" aria-label={t('shell:dismiss')} onClick={() => setExported(null)} />
          </div>
        )}
      </div>
      {state.status === 'failed' && state.trouble && (
        <div role="alert" className={classes.done}>
          <TroubleText trouble={state.trouble} />
          <Button size="xs" variant="default" onClick={() => pages.retry()}>
            {t('shell:retry')}
          </Button>
        </div>
      )}
      {state.status === 'loading' && state.entries.length === 0 && <EmptyState icon={<Loader size={22} />} text={t('shell:loading')} />}
      {nothing &&
        (narrowed ? (
          <EmptyState icon={<IconMoodEmpty size={28} stroke={1.4} />} title={t('none.title')} text={t('none.text')}>
            <Button size="xs" variant="default" onClick={() => setChoice(everything)}>
              {t('clearFilters')}
            </Button>
          </EmptyState>
        ) : (
          <EmptyState icon={<IconHistory size={28} stroke={1.4} />} title={t('empty.title')} text={t('empty.text')} />
        ))}
      {state.entries.length > 0 && (
        <div className={classes.rows}>
          <LongList
            label={t('calls')}
            shown={shown}
            row={row}
            heading={heading}
            rowName={rowName}
            selected={selected}
            onOpen={open}
            onClose={() => store.setState({ focusedCallId: null })}
            rowHeight={57}
            loadingText={t('shell:loading')}
          />
        </div>
      )}
      {selected && <SelectedCall key={selected} callId={selected} onLog={log} onClose={() => store.setState({ focusedCallId: null })} />}
    </div>
  )
}

function SelectedCall(props: { callId: string; onLog: (call: CallRecord) => void; onClose: () => void }) {
  const { t } = useTranslation('history')
  const revision = useApp((state) => state.historyRevision)
  const { data: call, trouble } = useAsk('history.get', { callId: props.callId }, revision)
  return (
    <SidePanel label={t('details.title')} onClose={props.onClose}>
      {trouble && !call && <TroubleText trouble={trouble} />}
      {call && (
        <>
          {call.contactId === null && (
            <>
              <h2 className={classes.party} dir="auto">
                {partyOf(call, t('pop:withheld'))}
              </h2>
              {call.number ? (
                <div className={classes.create}>
                  <CreateContact call={{ callId: call.id, number: call.display || call.number, name: call.networkName ?? '' }} />
                </div>
              ) : null}
            </>
          )}
          <CallDetails call={call} onLog={props.onLog} />
          {call.contactId !== null && (
            <div className={classes.card}>
              <RecordCard key={call.contactId} start={{ type: 'contact', id: call.contactId }} skipCallId={call.id} />
            </div>
          )}
        </>
      )}
    </SidePanel>
  )
}
