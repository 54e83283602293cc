/** A contact: who, numbers to call, open deals, and what was said before. Used in the side panel. */
import { useTranslation } from 'react-i18next'
import type { CallRecord, ContactDetail } from '../../../preload/contract'
import { CallButton } from '../CallButton'
import { useApp, useAsk } from '../context'
import { countryName, formatDuration, formatMoney, formatWhen } from '../format'
import { TroubleText } from '../trouble'
import styles from './ContactCard.module.css'
import { Initials } from './Initials'

/** Asks main for the contact and shows it; `skipCallId` leaves the call that is being logged out of the timeline. */
export function ContactCard({ contactId, skipCallId }: { contactId: number; skipCallId?: string }) {
  const { t } = useTranslation('phone')
  const contactsRevision = useApp((state) => state.contactsRevision)
  const historyRevision = useApp((state) => state.historyRevision)
  const { data, trouble } = useAsk('contacts.get', { contactId }, `${contactsRevision}/${historyRevision}`)
  if (trouble && !data) return <TroubleText trouble={trouble} />
  if (!data) return <div className={styles.loading}>{t('shell:loading')}</div>
  return <ContactView contact={data.contact} calls={data.calls.filter((call) => call.id !== skipCallId)} />
}

/** The same with data at hand. */
export function ContactView({ contact, calls }: { contact: ContactDetail; calls: CallRecord[] }) {
  const { t } = useTranslation('phone')
  const place = countryName(contact.country)
  const role = [contact.organization, contact.jobTitle].filter(Boolean).join(' · ')
  const openDeals = contact.deals.filter((deal) => deal.status === 'open')
  const closedDeals = contact.deals.filter((deal) => deal.status !== 'open')
  return (
    <article className={styles.card} aria-label={contact.name}>
      <header className={styles.head}>
        <Initials name={contact.name} />
        <div className={styles.who}>
          <h2 className={styles.name} dir="auto">
            {contact.name}
          </h2>
          {role ? (
            <div className={styles.role} title={role}>
              {role}
            </div>
          ) : null}
          {place ? <div className={styles.role}>{place}</div> : null}
        </div>
      </header>
      <ul className={styles.phones}>
        {contact.phones.map((phone) => (
          <li key={`${phone.raw}/${phone.type}`} className={styles.phone}>
            <CallButton number={phone.e164 ?? phone.raw} display={phone.display} contactId={contact.id} />
            <span className={styles.kind}>{t(`phoneType.${phone.type}`)}</span>
          </li>
        ))}
      </ul>
      {contact.emails.length > 0 ? (
        <ul className={styles.emails}>
          {contact.emails.map((email) => (
            <li key={email}>{email}</li>
          ))}
        </ul>
      ) : null}
      {contact.note ? <p className={styles.note}>{contact.note}</p> : null}
      {contact.deals.length > 0 ? (
        <section className={styles.section} aria-label={t('deals')}>
          <h3 className={styles.heading}>{t('deals')}</h3>
          <ul className={styles.deals}>
            {[...openDeals, ...closedDeals].map((deal) => (
              <li key={deal.id} className={styles.deal} data-status={deal.status}>
                <span className={styles.dealTitle}>{deal.title}</span>
                <span className="rb-figures">{formatMoney(deal.amount, deal.currency)}</span>
                <span className={styles.stage}>{deal.status === 'open' ? deal.stage : t(`dealStatus.${deal.status}`)}</span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <section className={styles.section} aria-label={t('timeline')}>
        <h3 className={styles.heading}>{t('timeline')}</h3>
        {calls.length === 0 ? <p className={styles.none}>{t('noCallsYet')}</p> : null}
        <ul className={styles.calls}>
          {calls.map((call) => (
            <li key={call.id} className={styles.call}>
              <div className={styles.callHead}>
                <span>
                  {t(`call:direction.${call.direction}`)}
                  {call.log?.outcome
                    ? ` · ${t(`call:outcome.${call.log.outcome}`)}`
                    : call.result
                      ? ` · ${t(`call:result.${call.result}`)}`
                      : ''}
                </span>
                <span className={`rb-figures ${styles.when}`}>
                  {call.talkMs > 0 ? `${formatDuration(call.talkMs)} · ` : ''}
                  {formatWhen(call.startedAt)}
                </span>
              </div>
              {call.log?.notes ? <div className={styles.callNotes}>{call.log.notes}</div> : null}
            </li>
          ))}
        </ul>
      </section>
    </article>
  )
}
