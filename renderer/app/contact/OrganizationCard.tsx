/** An organization: its numbers, its people a few at a time, its deals, and every call with any of them. */
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ContactSummary, OrganizationDetail, Trouble } from '../../../preload/contract'
import { CallButton } from '../CallButton'
import { troubleOf, useApp, useAppStore, useAsk, useBridge } from '../context'
import { countryName, formatNumber } from '../format'
import { TroubleText } from '../trouble'
import styles from './ContactCard.module.css'
import { DealList, Facts, Labels, OpenInCrm, PhoneList, useOwner } from './parts'
import { BuildingMark, RecordLink, RecordName } from './records'
import { Timeline } from './Timeline'
import { useCrmName } from './use-crm'

export function OrganizationCard({ organizationId, skipCallId }: { organizationId: number; skipCallId?: string }) {
  const { t } = useTranslation('contact')
  const contactsRevision = useApp((state) => state.contactsRevision)
  const historyRevision = useApp((state) => state.historyRevision)
  const { data, trouble } = useAsk('organizations.get', { organizationId }, `${contactsRevision}/${historyRevision}`)
  const owner = useOwner()
  const crm = useCrmName(data?.organization.source ?? '')
  if (trouble && (!data || trouble.code === 'contacts.organizationGone')) return <TroubleText trouble={trouble} />
  if (!data) return <div className={styles.loading}>{t('shell:loading')}</div>
  const { organization } = data
  const place = countryName(organization.country)
  return (
    <RecordName.Provider value={organization.name}>
      <article className={styles.card} aria-label={organization.name}>
        <header className={styles.head}>
          <BuildingMark />
          <div className={styles.who}>
            <h2 className={styles.name} dir="auto">
              {organization.name}
            </h2>
            {place ? <div className={styles.role}>{place}</div> : null}
          </div>
        </header>
        <PhoneList phones={organization.phones} />
        <Labels labels={organization.labels} />
        <Facts
          facts={[
            [t('owner'), owner(organization)],
            [t('source'), crm],
          ]}
        />
        {organization.note ? (
          <p className={styles.note} dir="auto">
            {organization.note}
          </p>
        ) : null}
        {organization.canOpen ? (
          <div className={styles.actions}>
            <OpenInCrm record={{ type: 'organization', id: organization.id }} source={organization.source} />
          </div>
        ) : null}
        <People organization={organization} revision={contactsRevision} />
        <DealList deals={organization.deals} />
        <Timeline calls={data.calls.filter((call) => call.id !== skipCallId)} named />
      </article>
    </RecordName.Provider>
  )
}

const firstPeople = 6
const peopleAtOnce = 25

function People({ organization, revision }: { organization: OrganizationDetail; revision: number }) {
  const { t } = useTranslation('contact')
  const bridge = useBridge()
  const store = useAppStore()
  const [rows, setRows] = useState<readonly ContactSummary[]>([])
  const [next, setNext] = useState<string | null>(null)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const { id, name, people, morePeople } = organization
  useEffect(() => {
    let asked = true
    bridge.send('contacts.list', { organizationId: id, limit: Math.min(200, Math.max(firstPeople, rows.length)) }).then(
      (page) => {
        if (!asked) return
        setRows(page.rows)
        setNext(page.next)
        setTrouble(null)
      },
      (error) => asked && setTrouble(troubleOf(error)),
    )
    return () => {
      asked = false
    }
  }, [bridge, id, revision])
  const more = () => {
    bridge.send('contacts.list', { organizationId: id, cursor: next, limit: peopleAtOnce }).then(
      (page) => {
        setRows((now) => [...now, ...page.rows.filter((row) => !now.some((known) => known.id === row.id))])
        setNext(page.next)
      },
      (error) => setTrouble(troubleOf(error)),
    )
  }
  if (people === 0 && !trouble) return null
  return (
    <section className={styles.section} aria-label={t('people')}>
      <h3 className={styles.heading}>
        {t('people')} <span className="rb-figures">{t(morePeople ? 'peopleMore' : 'peopleCount', { number: formatNumber(people) })}</span>
      </h3>
      {trouble ? <TroubleText trouble={trouble} /> : null}
      <ul className={styles.people}>
        {rows.map((person) => {
          const phone = person.phones[0]
          return (
            <li key={person.id}>
              <span className={styles.personName}>
                <RecordLink to={{ type: 'contact', id: person.id }}>{person.name}</RecordLink>
                {person.jobTitle ? (
                  <span className={styles.kind} dir="auto">
                    {person.jobTitle}
                  </span>
                ) : null}
              </span>
              {phone ? <CallButton number={phone.e164 ?? phone.raw} display={phone.display} contactId={person.id} compact /> : null}
            </li>
          )
        })}
      </ul>
      <div className={styles.moreLine}>
        {next ? (
          <button type="button" className={styles.more} onClick={more}>
            {t('morePeople')}
          </button>
        ) : null}
        {people > firstPeople ? (
          <button
            type="button"
            className={styles.more}
            onClick={() => store.setState({ screen: 'contacts', directoryTab: 'people', peopleOf: { id, name } })}
          >
            {morePeople ? t('everyPerson') : t('allPeople', { count: people, number: formatNumber(people) })}
          </button>
        ) : null}
      </div>
    </section>
  )
}
