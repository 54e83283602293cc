/** The form of a new contact, over whatever screen is open: from an unknown caller, or from nothing. */
import { IconUserPlus } from '@tabler/icons-react'
import { useCallback, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useApp, useAppStore, useBridge, useDraftKeeper } from '../context'
import { SidePanel } from '../SidePanel'
import type { AppState, AppStore, Composing } from '../state'
import styles from './ContactCard.module.css'
import { ContactForm } from './ContactForm'
import { emptyForm } from './contact-fields'

/** Opens the form of a new contact in this window. */
export function compose(store: AppStore, composing: Composing): void {
  store.setState({ composing })
}

/** The same from a call, whichever window it is shown in. */
export function useComposeFrom(): (call: Composing & { callId: string }) => void {
  const store = useAppStore()
  const bridge = useBridge()
  return useCallback(
    (call) => {
      if (bridge.window === 'app') compose(store, call)
      else void bridge.send('contacts.compose', { callId: call.callId }).catch(() => undefined)
    },
    [bridge, store],
  )
}

/** «Create contact», beside a number that nobody has. */
export function CreateContact({ call, compact, tabIndex }: { call: Composing & { callId: string }; compact?: boolean; tabIndex?: number }) {
  const { t } = useTranslation('contact')
  const composeFrom = useComposeFrom()
  return (
    <button
      type="button"
      className={compact ? styles.createIcon : styles.create}
      tabIndex={tabIndex}
      aria-label={compact ? t('createFor', { number: call.number }) : undefined}
      title={compact ? t('createFor', { number: call.number }) : undefined}
      onClick={() => composeFrom(call)}
    >
      <IconUserPlus size={16} stroke={1.7} aria-hidden />
      {compact ? null : t('create')}
    </button>
  )
}

export function Composer() {
  const composing = useApp((state) => state.composing)
  return composing ? <Form key={composing.callId ?? 'new'} composing={composing} /> : null
}

function Form({ composing }: { composing: Composing }) {
  const { t } = useTranslation('contact')
  const store = useAppStore()
  const keeper = useDraftKeeper()
  // Where the rep was: the panel goes back there.
  const before = useRef<Pick<AppState, 'panelSide' | 'sheetOpen'>>(null)
  before.current ??= { panelSide: store.getState().panelSide, sheetOpen: store.getState().sheetOpen }
  const { callId } = composing
  const close = (contactId: number | null) => {
    store.setState({ composing: null, ...before.current })
    if (contactId === null) return
    // A log that is being written says what its form says: main's word alone would be overwritten by the next keystroke.
    if (callId !== null && keeper.get(callId)?.fields.contactId === null) keeper.edit(callId, { contactId })
    if (callId === null && store.getState().screen === 'contacts') store.setState({ createdContact: contactId })
  }
  return (
    <SidePanel label={t('form.new')} onClose={() => close(null)} first>
      <h2 className={styles.formTitle}>{t('form.new')}</h2>
      <ContactForm keptAs={callId ?? 'new'} start={emptyForm(composing)} callId={callId} onDone={close} />
    </SidePanel>
  )
}
