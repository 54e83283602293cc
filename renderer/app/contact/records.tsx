/** Contacts, organizations, deals and leads as the side panel leads from one to the next. */
import { IconBuilding } from '@tabler/icons-react'
import { createContext, type ReactNode, useContext } from 'react'
import type { DealSummary } from '../../../preload/contract'
import styles from './ContactCard.module.css'

export interface RecordRef {
  readonly type: 'contact' | 'organization' | 'deal'
  readonly id: number
}

/** Opens another record where this one is shown; null: links lead nowhere here. */
export const RecordNavigation = createContext<((ref: RecordRef, from: string) => void) | null>(null)
/** What the record is called whose view a link stands in: the way back is named for it. */
export const RecordName = createContext('')

/** A record's name that leads to it. */
export function RecordLink({ to, children }: { to: RecordRef; children: ReactNode }) {
  const open = useContext(RecordNavigation)
  const here = useContext(RecordName)
  if (!open) return <>{children}</>
  return (
    <button type="button" className={styles.link} dir="auto" onClick={() => open(to, here)}>
      {children}
    </button>
  )
}

/** The square mark of an organization, where a person has initials. */
export function BuildingMark({ size = 38 }: { size?: number }) {
  return (
    <span className={styles.building} style={{ width: size, height: size }} aria-hidden>
      <IconBuilding size={size * 0.5} stroke={1.6} />
    </span>
  )
}

/** How far a deal is, in words: its stage while it is open, else what became of it. */
export function stageOf(deal: Pick<DealSummary, 'status' | 'stage'>, words: (key: string) => string): string {
  return deal.status === 'open' ? (deal.stage ?? words('phone:dealStatus.open')) : words(`phone:dealStatus.${deal.status}`)
}
