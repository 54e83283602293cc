/** A contact: who, numbers to call, open deals, and what was said before. Used in the side panel, where it can be changed too. */
import { Button } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallRecord, ContactDetail } from '../../../preload/contract'
import { useApp, useAsk } from '../context'
import { countryName } from '../format'
import { TroubleText } from '../trouble'
import styles from './ContactCard.module.css'
import { ContactForm } from './ContactForm'
import { formOf } from './contact-fields'
import { Initials } from './Initials'
import { OfferState } from './OfferState'
import { DealList, Facts, Labels, OpenInCrm, PhoneList, useOwner } from './parts'
import { RecordLink, RecordName } from './records'
import { Timeline } from './Timeline'

/** Asks main for the contact and shows it; `skipCallId` leaves the call that is being logged out of the timeline. */
export function ContactCard({ contactId, skipCallId }: { contactId: number; skipCallId?: string }) {
  const { t } = useTranslation('contact')
  const contactsRevision = useApp((state) => state.contactsRevision)
  const historyRevision = useApp((state) => state.historyRevision)
  const [editing, setEditing] = useState(false)
  const { data, trouble } = useAsk('contacts.get', { contactId }, `${contactsRevision}/${historyRevision}`)
  if (trouble && (!data || trouble.code === 'contacts.gone')) return <TroubleText trouble={trouble} />
  if (!data) return <div className={styles.loading}>{t('shell:loading')}</div>
  if (editing) {
    return (
      <article className={styles.card} aria-label={data.contact.name}>
        <h2 className={styles.formTitle}>{t('form.edit')}</h2>
        <ContactForm keptAs={`contact ${contactId}`} start={formOf(data.contact)} contact={data.contact} onDone={() => setEditing(false)} />
      </article>
    )
  }
  return (
    <ContactView
      contact={data.contact}
      calls={data.calls.filter((call) => call.id !== skipCallId)}
      onEdit={data.contact.source === 'sample' ? undefined : () => setEditing(true)}
    />
  )
}

/** The same with data at hand. */
export function ContactView(props: { contact: ContactDetail; calls: CallRecord[]; onEdit?: (() => void) | undefined }) {
  const { contact, calls, onEdit } = props
  const { t } = useTranslation('contact')
  const owner = useOwner()
  const place = countryName(contact.country)
  return (
    <RecordName.Provider value={contact.name}>
      <article className={styles.card} aria-label={contact.name}>
        <header className={styles.head}>
          <Initials name={contact.name} />
          <div className={styles.who}>
            <h2 className={styles.name} dir="auto">
              {contact.name}
            </h2>
            {contact.organization && contact.organizationId !== null ? (
              <div className={styles.role}>
                <RecordLink to={{ type: 'organization', id: contact.organizationId }}>{contact.organization}</RecordLink>
              </div>
            ) : null}
            {contact.jobTitle ? (
              <div className={styles.role} dir="auto" title={contact.jobTitle}>
                {contact.jobTitle}
              </div>
            ) : null}
            {place ? <div className={styles.role}>{place}</div> : null}
          </div>
        </header>
        <PhoneList phones={contact.phones} contactId={contact.id} />
        {contact.emails.length > 0 ? (
          <ul className={styles.emails} aria-label={t('emails')}>
            {contact.emails.map((email) => (
              <li key={email}>{email}</li>
            ))}
          </ul>
        ) : null}
        <Labels labels={contact.labels} />
        <Facts facts={[[t('owner'), owner(contact)]]} />
        {contact.note ? (
          <p className={styles.note} dir="auto">
            {contact.note}
          </p>
        ) : null}
        <OfferState contact={contact} />
        <div className={styles.actions}>
          {onEdit ? (
            <Button size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden />} onClick={onEdit}>
              {t('form.button')}
            </Button>
          ) : null}
          {contact.canOpen ? <OpenInCrm record={{ type: 'contact', id: contact.id }} source={contact.source} /> : null}
        </div>
        <DealList deals={contact.deals} />
        <Timeline calls={calls} />
      </article>
    </RecordName.Provider>
  )
}
