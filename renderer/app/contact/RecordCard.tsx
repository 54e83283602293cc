/** A record in the side panel; its links lead to others in the same place, and back. */
import { IconArrowLeft } from '@tabler/icons-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ContactCard } from './ContactCard'
import styles from './ContactCard.module.css'
import { DealCard } from './DealCard'
import { OrganizationCard } from './OrganizationCard'
import { RecordNavigation, type RecordRef } from './records'

interface Step {
  readonly ref: RecordRef
  /** What the one before is called. */
  readonly from: string
}

/** Longer ways are forgotten from their beginning. */
const longestWay = 30

/** `start`: where it begins; give each start a `key`. `skipCallId` leaves the call that is being logged out of the timeline. */
export function RecordCard({ start, skipCallId }: { start: RecordRef; skipCallId?: string }) {
  const { t } = useTranslation('contact')
  const [way, setWay] = useState<readonly Step[]>([])
  const body = useRef<HTMLDivElement>(null)
  const moved = useRef(false)
  const open = useCallback((ref: RecordRef, from: string) => {
    moved.current = true
    setWay((now) => [...now.slice(-longestWay), { ref, from }])
  }, [])
  const last = way.at(-1)
  const shown = last?.ref ?? start
  // For who works by keyboard: the link that was pressed has gone with its record.
  useEffect(() => {
    if (!moved.current) return
    moved.current = false
    body.current?.focus({ preventScroll: true })
    body.current?.closest('[class*="panelBody"]')?.scrollTo(0, 0)
  }, [way])
  const key = `${shown.type} ${shown.id}`
  const skip = skipCallId === undefined ? {} : { skipCallId }
  return (
    <RecordNavigation.Provider value={open}>
      {last ? (
        <button
          type="button"
          className={styles.back}
          aria-label={last.from ? t('backTo', { name: last.from }) : t('back')}
          onClick={() => {
            moved.current = true
            setWay((now) => now.slice(0, -1))
          }}
        >
          <IconArrowLeft size={15} aria-hidden />
          <span dir="auto">{last.from || t('back')}</span>
        </button>
      ) : null}
      <div ref={body} tabIndex={-1} className={styles.body}>
        {shown.type === 'contact' ? <ContactCard key={key} contactId={shown.id} {...skip} /> : null}
        {shown.type === 'organization' ? <OrganizationCard key={key} organizationId={shown.id} {...skip} /> : null}
        {shown.type === 'deal' ? <DealCard key={key} dealId={shown.id} {...skip} /> : null}
      </div>
    </RecordNavigation.Provider>
  )
}
