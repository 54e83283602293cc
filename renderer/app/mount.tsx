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
import { AppProvider, useApp } from './context'
import { createCatalogue } from './i18n'
import { Shell } from './Shell'
import { type AppStore, createAppStore, feedStore, type Screen, screens } from './state'
import { theme } from './theme'
import './theme.css'

/** The nonce that the host put into `<meta property="csp-nonce" nonce="…">`; browsers show it by property alone. */
export function pageNonce(page: Document = document): string {
  return page.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
}

function Themed({ nonce, children }: { nonce: string; children: ReactNode }) {
  const choice = useApp((state) => state.settings.theme)
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      {...(choice === 'system' ? {} : { forceColorScheme: choice })}
      getStyleNonce={() => nonce}
    >
      <DatesProvider settings={{ firstDayOfWeek: 1 }}>{children}</DatesProvider>
    </MantineProvider>
  )
}

const screenKey = 'ringbook.screen'
function lastScreen(): Screen {
  const found = sessionStorage.getItem(screenKey)
  return screens.find((screen) => screen === found) ?? 'phone'
}

/** Mounts the app window; answers with its store and the function that takes it down. */
export function mountApp(bridge: Bridge, element: HTMLElement): { store: AppStore; root: Root; stop: () => void } {
  const nonce = pageNonce()
  if (nonce) setNonce(nonce)
  const catalogue = createCatalogue()
  const store = createAppStore({ screen: lastScreen() })
  const stopScreen = store.subscribe((state, before) => {
    if (state.screen !== before.screen) sessionStorage.setItem(screenKey, state.screen)
  })
  const stopFeed = feedStore(bridge, store)
  const root = createRoot(element)
  root.render(
    <StrictMode>
      <I18nextProvider i18n={catalogue}>
        <AppProvider app={{ bridge, store }}>
          <Themed nonce={nonce}>
            <Shell />
          </Themed>
        </AppProvider>
      </I18nextProvider>
    </StrictMode>,
  )
  return {
    store,
    root,
    stop: () => {
      stopFeed()
      stopScreen()
      root.unmount()
    },
  }
}
