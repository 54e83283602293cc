/** A deal or lead: how much, how far, whose, whom to call about it, and the calls that were about it. */
import { IconBriefcase, IconTargetArrow } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useApp, useAsk } from '../context'
import { formatDate, formatMoney } from '../format'
import { TroubleText } from '../trouble'
import styles from './ContactCard.module.css'
import { Facts, Labels, OpenInCrm, PhoneList, useOwner } from './parts'
import { RecordLink, RecordName, stageOf } from './records'
import { Timeline } from './Timeline'
import { useCrmName } from './use-crm'

export function DealCard({ dealId, skipCallId }: { dealId: number; skipCallId?: string }) {
  const { t } = useTranslation('contact')
  const contactsRevision = useApp((state) => state.contactsRevision)
  const historyRevision = useApp((state) => state.historyRevision)
  const { data, trouble } = useAsk('deals.get', { dealId }, `${contactsRevision}/${historyRevision}`)
  const owner = useOwner()
  const crm = useCrmName(data?.deal.source ?? '')
  if (trouble && (!data || trouble.code === 'contacts.dealGone')) return <TroubleText trouble={trouble} />
  if (!data) return <div className={styles.loading}>{t('shell:loading')}</div>
  const { deal } = data
  const amount = formatMoney(deal.amount, deal.currency)
  const contact = deal.contact ? <RecordLink to={{ type: 'contact', id: deal.contact.id }}>{deal.contact.name}</RecordLink> : null
  const organization = deal.organization ? (
    <RecordLink to={{ type: 'organization', id: deal.organization.id }}>{deal.organization.name}</RecordLink>
  ) : null
  const Mark = deal.kind === 'lead' ? IconTargetArrow : IconBriefcase
  return (
    <RecordName.Provider value={deal.title}>
      <article className={styles.card} aria-label={deal.title}>
        <header className={styles.head}>
          <span className={styles.building} style={{ width: 38, height: 38 }} aria-hidden>
            <Mark size={19} stroke={1.6} />
          </span>
          <div className={styles.who}>
            <h2 className={styles.name} dir="auto">
              {deal.title}
            </h2>
            <div className={styles.sum}>
              {amount ? <strong className="rb-figures">{amount}</strong> : null}
              <span className={styles.pill} data-status={deal.status}>
                {stageOf(deal, t)}
              </span>
            </div>
          </div>
        </header>
        <PhoneList phones={deal.phones} contactId={deal.contact?.id} dealId={deal.id} />
        {deal.phones.length === 0 ? <p className={styles.noNumbers}>{t('noNumbers')}</p> : null}
        <Facts
          facts={[
            [t('contact'), contact],
            [t('organization'), organization],
            [t('pipeline'), deal.pipeline],
            [deal.status === 'open' ? t('closesOn') : t('closedOn'), deal.closeOn ? formatDate(deal.closeOn) : null],
            [t('owner'), owner(deal)],
            [t('source'), crm],
          ]}
        />
        <Labels labels={deal.labels} />
        {deal.canOpen ? (
          <div className={styles.actions}>
            <OpenInCrm record={{ type: 'deal', id: deal.id }} source={deal.source} />
          </div>
        ) : null}
        <Timeline calls={data.calls.filter((call) => call.id !== skipCallId)} named />
      </article>
    </RecordName.Provider>
  )
}
