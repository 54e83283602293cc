/** Puts the app into a page: theme, catalogue, store, shell. Takes the bridge, so that the host stays outside. */

import { MantineProvider } from '@mantine/core'
import { DatesProvider } from '@mantine/dates'
import '@mantine/core/styles.css'
import '@mantine/dates/styles.css'
import { setNonce } from 'get-nonce'
import { type ReactNode, StrictMode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { I18nextProvider } from 'react-i18next'
import type { Bridge } from '../../preload/contract'
import { PopWindow } from '../pop/PopWindow'
import { type App, AppProvider, troubleOf, useApp } from './context'
import { prepareFormats } from './format'
import { createCatalogue } from './i18n'
import { DraftKeeper, type Leftovers } from './log-form/draft-keeper'
import { tellLostFocus } from './lost-focus'
import { pageNonce } from './nonce'
import { Shell } from './Shell'
import { type AppStore, createAppStore, feedStore, type Screen, screens, writableLogs } from './state'
import { ourColours, theme } from './theme'
import './theme.css'

function Themed({ nonce, children }: { nonce: string; children: ReactNode }) {
  const choice = useApp((state) => state.settings.theme)
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={ourColours}
      defaultColorScheme="auto"
      {...(choice === 'system' ? {} : { forceColorScheme: choice })}
      getStyleNonce={() => nonce}
    >
      <DatesProvider settings={{ firstDayOfWeek: 1 }}>{children}</DatesProvider>
    </MantineProvider>
  )
}

const leftoversKey = 'ringbook.unconfirmed-logs'
function readLeftovers(): Leftovers {
  try {
    return JSON.parse(sessionStorage.getItem(leftoversKey) ?? '{}') as Leftovers
  } catch {
    return {}
  }
}

/** Ties the keeper to the store's logs, to the connection and to the page's end. */
function keepDrafts(bridge: Bridge, store: AppStore): { keeper: DraftKeeper; stop: () => void } {
  const keeper = new DraftKeeper(
    (callId, fields, revision) => bridge.send('log.draft', { callId, fields, revision }),
    troubleOf,
    readLeftovers(),
  )
  sessionStorage.removeItem(leftoversKey)
  const stopStore = store.subscribe((state, before) => {
    if (state.ready && (state.drafts !== before.drafts || state.opened !== before.opened || !before.ready))
      keeper.reconcile(
        writableLogs(state).map(({ log: { callId, outcome, notes, followUp, contactId, dealId, revision } }) => ({
          callId,
          fields: { outcome, notes, followUp, contactId, dealId },
          revision,
        })),
      )
    if (state.connected && !before.connected) keeper.retry()
  })
  const leaving = () => {
    keeper.flush()
    const left = keeper.leftovers()
    if (Object.keys(left).length > 0) sessionStorage.setItem(leftoversKey, JSON.stringify(left))
  }
  const hidden = () => keeper.flush()
  window.addEventListener('pagehide', leaving)
  document.addEventListener('visibilitychange', hidden)
  return {
    keeper,
    stop: () => {
      keeper.flush()
      stopStore()
      window.removeEventListener('pagehide', leaving)
      document.removeEventListener('visibilitychange', hidden)
    },
  }
}

/** Asks before the page goes while a call is on. */
function askBeforeLeaving(store: AppStore): () => void {
  const ask = (event: BeforeUnloadEvent) => {
    if (store.getState().calls.some((call) => call.phase !== 'ended')) event.preventDefault()
  }
  window.addEventListener('beforeunload', ask)
  return () => window.removeEventListener('beforeunload', ask)
}

const screenKey = 'ringbook.screen'
function lastScreen(): Screen {
  const found = sessionStorage.getItem(screenKey)
  return screens.find((screen) => screen === found) ?? 'phone'
}

const accountKey = 'ringbook.dial-account'

function render(element: HTMLElement, app: App, children: ReactNode): Root {
  const nonce = pageNonce()
  if (nonce) setNonce(nonce)
  const root = createRoot(element)
  requestIdleCallback(prepareFormats)
  root.render(
    <StrictMode>
      <I18nextProvider i18n={createCatalogue()}>
        <AppProvider app={app}>
          <Themed nonce={nonce}>{children}</Themed>
        </AppProvider>
      </I18nextProvider>
    </StrictMode>,
  )
  return root
}

/** Mounts the app window; answers with its store and the function that takes it down. */
export function mountApp(bridge: Bridge, element: HTMLElement): { store: AppStore; stop: () => void } {
  const store = createAppStore({ screen: lastScreen(), dialAccount: sessionStorage.getItem(accountKey) })
  const { keeper, stop: stopKeeping } = keepDrafts(bridge, store)
  const stops = [
    store.subscribe((state, before) => {
      if (state.screen !== before.screen) sessionStorage.setItem(screenKey, state.screen)
      // A call must not go out over another account because the page was reloaded.
      if (state.dialAccount !== before.dialAccount) sessionStorage.setItem(accountKey, state.dialAccount ?? '')
    }),
    askBeforeLeaving(store),
    feedStore(bridge, store, { troubleOf }),
    stopKeeping,
    tellLostFocus(element),
  ]
  const root = render(element, { bridge, store, keeper }, <Shell />)
  return {
    store,
    stop: () => {
      for (const stop of stops) stop()
      root.unmount()
    },
  }
}

/** Mounts the screen-pop's own window. It writes no logs: its keeper stays empty. */
export function mountPop(bridge: Bridge, element: HTMLElement): void {
  const store = createAppStore()
  const keeper = new DraftKeeper(() => Promise.reject(new Error('the screen-pop keeps no drafts')), troubleOf)
  feedStore(bridge, store, { troubleOf })
  tellLostFocus(element)
  render(element, { bridge, store, keeper }, <PopWindow />)
}
