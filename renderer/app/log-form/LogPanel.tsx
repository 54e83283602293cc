/** The logs that wait, the form of the one being written, and the person it is about. */
import { IconCheck, IconX } from '@tabler/icons-react'
import { useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { contactInCall, recordName } from '../calls/words'
import { RecordCard } from '../contact/RecordCard'
import { useAct, useApp, useAppStore } from '../context'
import { formatTime } from '../format'
import { type AppStore, type LoggedCall, writableLogs } from '../state'
import { LogForm } from './LogForm'
import styles from './LogPanel.module.css'

/** Where the panel is a sheet over the screen it goes by itself, this long after saving, ms. */
const sheetShownMs = 4000
/** As in Shell.module.css. */
const narrow = '(width < 720px)'

function showLog(store: AppStore, log: LoggedCall): void {
  store.setState((state) => ({
    opened: [log, ...state.opened.filter((each) => each.record.id !== log.record.id)],
    chosenLog: log.record.id,
    panelSide: 'log',
    sheetOpen: true,
    savedLog: null,
  }))
}

/** Opens the log of an earlier call in the side panel; for History's «edit». */
export function useOpenLog(): (callId: string) => Promise<void> {
  const act = useAct()
  const store = useAppStore()
  return async (callId) => {
    const log = await act('log.open', { callId })
    if (log) showLog(store, log)
  }
}

export function LogPanel() {
  const { t } = useTranslation('log-form')
  const store = useAppStore()
  const drafts = useApp((state) => state.drafts)
  const opened = useApp((state) => state.opened)
  const chosen = useApp((state) => state.chosenLog)
  const saved = useApp((state) => state.savedLog)
  const logs = useMemo(() => writableLogs({ drafts, opened }), [drafts, opened])
  useEffect(() => {
    if (!saved || !window.matchMedia(narrow).matches) return
    const timer = setTimeout(() => store.setState((state) => (state.savedLog === saved ? { savedLog: null } : {})), sheetShownMs)
    return () => clearTimeout(timer)
  }, [store, saved])

  const shown = logs.find((each) => each.record.id === chosen) ?? logs[0]
  const inCall = useApp((state) => contactInCall(state.calls))
  const contactId = shown ? shown.log.contactId : (inCall ?? saved?.contactId ?? null)
  return (
    <div className={styles.panel}>
      <div role="status" className={styles.saved}>
        {saved ? (
          <>
            <IconCheck size={17} aria-hidden /> <span>{t('saved')}</span> <span className={styles.quiet}>· {saved.name}</span>
            <button
              type="button"
              className={styles.close}
              aria-label={t('shell:closePanel')}
              onClick={() => store.setState({ savedLog: null })}
            >
              <IconX size={16} aria-hidden />
            </button>
          </>
        ) : null}
      </div>
      {shown ? <LogForm key={shown.record.id} logged={shown} /> : null}
      {/* Below: one more that waits must not move the form that is being written. */}
      {logs.length > 1 ? (
        <section className={styles.waiting} aria-label={t('waiting')}>
          <h2 className={styles.heading}>{t('waitingCount', { count: logs.length })}</h2>
          <ul className={styles.list}>
            {logs.slice(0, 30).map(({ record }) => (
              <li key={record.id}>
                <button
                  type="button"
                  className={styles.item}
                  aria-current={record.id === shown?.record.id}
                  onClick={() => store.setState({ chosenLog: record.id })}
                >
                  <span className={styles.itemName} dir="auto">
                    {recordName(record, t('pop:withheld'))}
                  </span>
                  <span className={`rb-figures ${styles.quiet}`}>{formatTime(record.startedAt)}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {contactId !== null ? (
        <div className={styles.contact} data-alone={shown ? 'no' : 'yes'}>
          <RecordCard key={contactId} start={{ type: 'contact', id: contactId }} {...(shown ? { skipCallId: shown.record.id } : {})} />
        </div>
      ) : null}
    </div>
  )
}
