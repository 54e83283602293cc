/** What the views of contacts, organizations and deals have in common: numbers, deals, facts, and the way to the CRM. */
import { Button } from '@mantine/core'
import { IconExternalLink } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Deal, Phone } from '../../../preload/contract'
import { CallButton } from '../CallButton'
import { useAct, useApp } from '../context'
import { formatMoney } from '../format'
import styles from './ContactCard.module.css'
import { RecordLink, type RecordRef, stageOf } from './records'
import { useCrmName } from './use-crm'

/** Every number with its button; forty of them scroll by themselves. */
export function PhoneList({ phones, contactId, dealId }: { phones: readonly Phone[]; contactId?: number | undefined; dealId?: number }) {
  const { t } = useTranslation('contact')
  if (phones.length === 0) return null
  return (
    <ul className={styles.phones} aria-label={t('numbers')}>
      {phones.map((phone, at) => (
        <li key={`${phone.raw}/${phone.type}/${at}`} className={styles.phone}>
          <span className={styles.dial}>
            <CallButton
              number={phone.e164 ?? phone.raw}
              display={phone.display}
              contactId={contactId}
              {...(dealId === undefined ? {} : { dealId })}
            />
            {phone.extension ? <span className={styles.kind}>{t('extension', { digits: phone.extension })}</span> : null}
          </span>
          <span className={styles.kind} dir="auto">
            {phone.label ?? t(`phone:phoneType.${phone.type}`)}
          </span>
        </li>
      ))}
    </ul>
  )
}

export function DealList({ deals }: { deals: readonly Deal[] }) {
  const { t } = useTranslation('contact')
  if (deals.length === 0) return null
  const sorted = [...deals.filter((deal) => deal.status === 'open'), ...deals.filter((deal) => deal.status !== 'open')]
  return (
    <section className={styles.section} aria-label={t('phone:deals')}>
      <h3 className={styles.heading}>{t('phone:deals')}</h3>
      <ul className={styles.deals}>
        {sorted.map((deal) => (
          <li key={deal.id} className={styles.deal} data-status={deal.status}>
            <span className={styles.dealTitle}>
              <RecordLink to={{ type: 'deal', id: deal.id }}>{deal.title}</RecordLink>
            </span>
            <span className={`rb-figures ${styles.amount}`}>{formatMoney(deal.amount, deal.currency)}</span>
            <span className={styles.stage}>
              {deal.kind === 'lead' ? `${t('lead')} · ` : ''}
              {stageOf(deal, t)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Names and values; those without a value are left out. */
export function Facts({ facts }: { facts: readonly [name: string, value: ReactNode][] }) {
  const there = facts.filter(([, value]) => value !== null && value !== undefined && value !== '')
  if (there.length === 0) return null
  return (
    <dl className={styles.facts}>
      {there.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd dir="auto">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

export function Labels({ labels }: { labels: readonly string[] }) {
  const { t } = useTranslation('contact')
  if (labels.length === 0) return null
  return (
    <ul className={styles.labels} aria-label={t('labels')}>
      {labels.map((label) => (
        <li key={label} dir="auto">
          {label}
        </li>
      ))}
    </ul>
  )
}

/** Who owns it; the rep by «You». */
export function useOwner(): (record: { owner: string | null; ownerIsMe: boolean }) => string | null {
  const { t } = useTranslation('contact')
  return ({ owner, ownerIsMe }) => (ownerIsMe ? (owner ? t('ownerMe', { owner }) : t('you')) : owner)
}

export function OpenInCrm({ record, source }: { record: RecordRef; source: string }) {
  const { t } = useTranslation('contact')
  const act = useAct()
  const crm = useCrmName(source)
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconExternalLink size={14} aria-hidden />}
      onClick={() => void act('record.open', { type: record.type, id: record.id })}
    >
      {t('openIn', { crm: crm ?? t('crm') })}
    </Button>
  )
}

/** True where any connected CRM has leads. */
export function useHasLeads(): boolean {
  return useApp((state) => state.connections.some(({ kind }) => state.crmKinds.some((known) => known.kind === kind && known.leads)))
}
