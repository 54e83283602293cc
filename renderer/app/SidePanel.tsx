/**
 * The side panel's slot. A screen renders `<SidePanel label=… onClose=…>` with what is selected; it appears beside the
 * content, or as a sheet on narrow windows, and shares the place with the log form.
 */
import { ActionIcon } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { createContext, type ReactNode, useContext, useEffect } from 'react'
import { createPortal } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { useApp, useAppStore } from './context'
import styles from './SidePanel.module.css'

export interface PanelSlot {
  element: HTMLElement | null
  /** Says that details are there; returns the function that says they are gone. */
  occupy: (label: string) => () => void
}
export const PanelContext = createContext<PanelSlot>({ element: null, occupy: () => () => undefined })

interface Props {
  label: string
  onClose: () => void
  /** What is written here stands before whatever else is in the panel. */
  first?: boolean
  children: ReactNode
}

export function SidePanel({ label, onClose, first = false, children }: Props) {
  const { t } = useTranslation('shell')
  const { element, occupy } = useContext(PanelContext)
  const store = useAppStore()
  const behind = useApp((state) => state.composing !== null) && !first
  useEffect(() => {
    store.setState({ panelSide: 'details', sheetOpen: true, savedLog: null })
    return occupy(label)
  }, [store, occupy, label])
  if (!element) return null
  const close = () => {
    // Back to what it was about, for who works by keyboard.
    const row = document.querySelector<HTMLElement>('main :is([aria-selected="true"]:not([role="tab"]), [aria-current="true"])')
    onClose()
    row?.focus()
  }
  return createPortal(
    <section className={styles.details} aria-label={label} hidden={behind}>
      <ActionIcon className={styles.close} variant="subtle" color="gray" size="sm" aria-label={t('closePanel')} onClick={close}>
        <IconX size={16} />
      </ActionIcon>
      {children}
    </section>,
    element,
  )
}
