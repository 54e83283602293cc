/** The frame of the main window: navigation, top bar, calls, banners, the screen and the side panel. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IncomingDialog, usePopKeys } from '../pop/IncomingDialog'
import { Banners } from './Banners'
import { Boundary } from './Boundary'
import { ActiveCalls } from './calls/ActiveCalls'
import { useKeptFocus } from './calls/focus'
import { Rehearsal } from './calls/Rehearsal'
import { contactInCall } from './calls/words'
import { Composer } from './contact/Composer'
import { useApp, useAppStore } from './context'
import { LogPanel } from './log-form/LogPanel'
import { Navigation } from './Navigation'
import { Questions } from './phone/Questions'
import styles from './Shell.module.css'
import { PanelContext } from './SidePanel'
import { screenParts } from './screens'
import { TopBar } from './TopBar'
import { TroubleText } from './trouble'

export function Shell() {
  const { t } = useTranslation('shell')
  const store = useAppStore()
  const screen = useApp((state) => state.screen)
  const popInPage = useApp((state) => state.host.kind === 'browser')
  usePopKeys()
  useKeptFocus()
  const startTrouble = useApp((state) => state.startTrouble)
  const ready = useApp((state) => state.ready)
  const hasLog = useApp(
    (state) => state.drafts.length > 0 || state.opened.length > 0 || state.savedLog !== null || contactInCall(state.calls) !== null,
  )
  const side = useApp((state) => state.panelSide)
  const sheetOpen = useApp((state) => state.sheetOpen)
  const [element, setElement] = useState<HTMLElement | null>(null)
  const [details, setDetails] = useState<string[]>([])
  const occupy = useCallback((label: string) => {
    setDetails((now) => [...now, label])
    return () =>
      setDetails((now) => {
        const at = now.indexOf(label)
        return at < 0 ? now : now.toSpliced(at, 1)
      })
  }, [])
  const slot = useMemo(() => ({ element, occupy }), [element, occupy])
  const content = useRef<HTMLElement>(null)
  // A new screen starts at its top
  useEffect(() => {
    content.current?.scrollTo(0, 0)
  }, [screen])

  const hasDetails = details.length > 0
  const showLog = hasLog && (side === 'log' || !hasDetails)
  const Content = screenParts[screen].Content
  return (
    <PanelContext.Provider value={slot}>
      <div className={styles.frame} data-panel={hasLog || hasDetails ? 'yes' : 'no'}>
        <Questions />
        <Composer />
        <Navigation />
        <TopBar />
        <div className={styles.work}>
          <Banners />
          <ActiveCalls large={screen === 'phone'} />
          {ready ? <Rehearsal /> : null}
          {popInPage ? <IncomingDialog /> : null}
          <div className={styles.columns}>
            <main className={styles.content} ref={content} data-screen={screen}>
              {ready ? (
                <Boundary key={screen}>
                  <Content />
                </Boundary>
              ) : (
                <div className={styles.starting}>{startTrouble ? <TroubleText trouble={startTrouble} /> : t('starting')}</div>
              )}
            </main>
            <aside className={styles.panel} aria-label={t('panel')} hidden={!hasLog && !hasDetails} data-open={sheetOpen ? 'yes' : 'no'}>
              <div className={styles.panelHead} data-both={hasLog && hasDetails ? 'yes' : 'no'}>
                {hasLog && hasDetails ? (
                  <div className={styles.sides} role="tablist" aria-label={t('panelSide')}>
                    {(['log', 'details'] as const).map((which) => (
                      <button
                        key={which}
                        type="button"
                        role="tab"
                        aria-selected={which === 'log' ? showLog : !showLog}
                        className={styles.side}
                        onClick={() => store.setState({ panelSide: which, sheetOpen: true })}
                      >
                        {t(which === 'log' ? 'panelLog' : 'panelDetails')}
                      </button>
                    ))}
                  </div>
                ) : null}
                <button
                  type="button"
                  className={styles.grip}
                  aria-expanded={sheetOpen}
                  onClick={() => store.setState({ sheetOpen: !sheetOpen })}
                >
                  {t(sheetOpen ? 'hideSheet' : showLog ? 'panelLog' : 'panelDetails')}
                </button>
              </div>
              <div className={styles.panelBody}>
                <div hidden={!showLog}>
                  <Boundary>
                    <LogPanel />
                  </Boundary>
                </div>
                <div hidden={showLog} ref={setElement} />
              </div>
            </aside>
          </div>
        </div>
      </div>
    </PanelContext.Provider>
  )
}
