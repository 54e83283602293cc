/** What the log is linked to: the contact (one of those who share the number) and one of their deals. */
import { Select } from '@mantine/core'
import { IconLink } from '@tabler/icons-react'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallLogFields, CallRecord, ContactDetail, Deal } from '../../../preload/contract'
import { CreateContact } from '../contact/Composer'
import { useAct, useApp, useAsk } from '../context'
import { formatMoney } from '../format'
import styles from './LogForm.module.css'

/** `CONTACT/DEAL`, each a row number or empty. */
function choiceOf(fields: CallLogFields): string {
  return `${fields.contactId ?? ''}/${fields.dealId ?? ''}`
}

export function LinkField({
  record,
  fields,
  onChange,
}: {
  record: CallRecord
  fields: CallLogFields
  onChange: (change: Partial<CallLogFields>) => void
}) {
  const { t } = useTranslation('log-form')
  const id = useId()
  const revision = useApp((state) => state.contactsRevision)
  const lookup = useAsk('contacts.lookup', record.number ? { number: record.number } : null, revision)
  const linked = useAsk('contacts.get', fields.contactId === null ? null : { contactId: fields.contactId }, revision)
  const candidates: ContactDetail[] = [...(linked.data ? [linked.data.contact] : [])]
  for (const contact of lookup.data?.contacts ?? []) if (!candidates.some((each) => each.id === contact.id)) candidates.push(contact)
  const listed = candidates.some((contact) => contact.deals.some((deal) => deal.id === fields.dealId))
  const about = useAsk('deals.get', fields.dealId === null || listed ? null : { dealId: fields.dealId }, revision)
  const others = (lookup.data?.people ?? []).filter((person) => !candidates.some((each) => each.id === person.id))
  const act = useAct()
  /** One of several who share the number: from now on this one is meant by it. */
  const remember = (contactId: number) => {
    const sharing = [...(lookup.data?.contacts ?? []), ...(lookup.data?.people ?? [])]
    const own = lookup.data?.contacts[0]?.id === contactId && lookup.data.match === 'exact'
    if (own || sharing.length < 2 || !sharing.some((each) => each.id === contactId)) return
    void act('contacts.choose', { number: record.number.slice(0, 120), contactId })
  }
  const [searching, setSearching] = useState(false)
  if (searching) {
    return (
      <ContactSearch
        onChoose={(contactId) => {
          onChange({ contactId, dealId: null })
          remember(contactId)
          setSearching(false)
        }}
        onCancel={() => setSearching(false)}
      />
    )
  }
  const create = record.number ? (
    <CreateContact call={{ callId: record.id, number: record.display || record.number, name: record.networkName ?? '' }} />
  ) : null
  if (candidates.length + others.length === 0 && fields.contactId === null && fields.dealId === null) {
    return (
      <div className={styles.linkLine}>
        <button type="button" className={styles.linkTo} onClick={() => setSearching(true)}>
          <IconLink size={16} aria-hidden /> {t('linkToContact')}
        </button>
        {create}
      </div>
    )
  }
  const value = choiceOf(fields)
  const known = candidates.some(
    (contact) => value === `${contact.id}/` || contact.deals.some((deal) => value === `${contact.id}/${deal.id}`),
  )
  // A call about a deal or lead that is none of the person's, or that names no person.
  const other = known || !about.data ? null : about.data.deal
  return (
    <>
      <div className={styles.link}>
        <label htmlFor={id} className={styles.hint} title={t('linkedTo')}>
          <IconLink size={16} aria-hidden />
          <span className="rb-only-read">{t('linkedTo')}</span>
        </label>
        <select
          id={id}
          className={styles.input}
          value={value}
          onChange={(event) => {
            if (event.currentTarget.value === 'search') return setSearching(true)
            const [contact, deal] = event.currentTarget.value.split('/')
            onChange({ contactId: contact ? Number(contact) : null, dealId: deal ? Number(deal) : null })
            if (contact && Number(contact) !== fields.contactId) remember(Number(contact))
          }}
        >
          {known || value === '/' ? null : (
            <option value={value}>
              {other
                ? [
                    t(other.kind === 'lead' ? 'leadOf' : 'dealOf', { deal: dealName(other) }),
                    candidates.find(({ id }) => id === fields.contactId)?.name ?? other.contact?.name ?? other.organization?.name,
                  ]
                    .filter(Boolean)
                    .join(' · ')
                : '…'}
            </option>
          )}
          {candidates.map((contact) => [
            <option key={contact.id} value={`${contact.id}/`}>
              {contact.name}
            </option>,
            ...contact.deals
              .filter((deal) => deal.status === 'open' || deal.id === fields.dealId)
              .map((deal) => (
                <option key={`${contact.id}/${deal.id}`} value={`${contact.id}/${deal.id}`}>
                  {t(deal.kind === 'lead' ? 'leadOf' : 'dealOf', { deal: dealName(deal) })}
                </option>
              )),
          ])}
          {others.map((person) => (
            <option key={person.id} value={`${person.id}/`}>
              {person.name}
            </option>
          ))}
          <option value="/">{t('linkedToNobody')}</option>
          <option value="search">{t('linkedToOther')}</option>
        </select>
      </div>
      {candidates.length + others.length === 0 && fields.contactId === null ? create : null}
    </>
  )
}

function dealName({ title, amount, currency }: Pick<Deal, 'title' | 'amount' | 'currency'>): string {
  return [title, formatMoney(amount, currency)].filter(Boolean).join(' · ')
}

/** Finds any contact by name or digits; Escape gives up. */
function ContactSearch({ onChoose, onCancel }: { onChoose: (contactId: number) => void; onCancel: () => void }) {
  const { t } = useTranslation('log-form')
  const [text, setText] = useState('')
  const asked = text.trim()
  const { data } = useAsk('contacts.suggest', asked === '' ? null : { text: asked.slice(0, 120), limit: 8 })
  return (
    <Select
      size="xs"
      searchable
      autoFocus
      aria-label={t('findContact')}
      placeholder={t('findContact')}
      nothingFoundMessage={asked !== '' && data ? t('noContactFound') : undefined}
      leftSection={<IconLink size={16} aria-hidden />}
      searchValue={text}
      onSearchChange={setText}
      data={(data ?? []).map((contact) => ({
        value: String(contact.id),
        label: [contact.name, contact.organization].filter(Boolean).join(' · '),
      }))}
      // Main has already searched, by digits and without accents too.
      filter={({ options }) => options}
      value={null}
      onChange={(value) => value && onChoose(Number(value))}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel()
      }}
      comboboxProps={{ transitionProps: { duration: 0 }, withinPortal: false }}
    />
  )
}
