/** The Phone screen: whom one talked to lately, one click from calling again, and the practice line. */
import { IconArrowDownLeft, IconArrowUpRight, IconPhoneIncoming, IconPhoneX } from '@tabler/icons-react'
import { useEffect, useId, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallRecord } from '../../../preload/contract'
import { CallButton } from '../CallButton'
import { recordName } from '../calls/words'
import { ContactCard } from '../contact/ContactCard'
import { useAct, useApp, useAsk } from '../context'
import { FirstRun } from '../first-run/FirstRun'
import { formatDuration, formatWhen } from '../format'
import { SidePanel } from '../SidePanel'
import { TroubleText } from '../trouble'
import { Colleagues } from './Colleagues'
import styles from './PhoneScreen.module.css'

/** Missed by the rep: nobody took it. */
function isMissed(record: CallRecord): boolean {
  return record.direction === 'incoming' && record.result === 'missed'
}

function RecentCall({ record, selected, onSelect }: { record: CallRecord; selected: boolean; onSelect: () => void }) {
  const { t } = useTranslation('phone')
  const missed = isMissed(record)
  const about = useId()
  const name = recordName(record, t('pop:withheld'))
  const number = record.display || record.number
  const organization = record.organization === name ? null : record.organization
  const Icon = missed ? IconPhoneX : record.direction === 'incoming' ? IconArrowDownLeft : IconArrowUpRight
  const what = record.log?.outcome ? t(`call:outcome.${record.log.outcome}`) : t(`call:result.${record.result ?? 'live'}`)
  return (
    <li className={styles.row} data-missed={missed ? 'yes' : 'no'} data-selected={selected ? 'yes' : 'no'}>
      <button
        type="button"
        className={styles.open}
        aria-label={name}
        aria-describedby={about}
        aria-current={selected || undefined}
        onClick={onSelect}
        disabled={record.contactId === null}
      >
        <Icon className={styles.direction} size={18} stroke={1.7} aria-label={t(`call:direction.${record.direction}`)} />
        <span className={styles.who}>
          <span className={styles.name}>
            <bdi>{name}</bdi>
          </span>
          <span className={styles.about}>
            {organization ? <bdi>{organization}</bdi> : null}
            {organization && number && number !== name ? ' · ' : null}
            {number && number !== name ? <bdi>{number}</bdi> : null}
          </span>
        </span>
        <span className={styles.what} id={about}>
          <span>{what}</span>
          <span className={`rb-figures ${styles.when}`}>
            {record.talkMs > 0 ? `${formatDuration(record.talkMs)} · ` : ''}
            {formatWhen(record.startedAt)}
          </span>
        </span>
      </button>
      {record.number ? <CallButton compact number={record.number} display={number} contactId={record.contactId} /> : <span />}
    </li>
  )
}

function Practice() {
  const { t } = useTranslation('phone')
  const act = useAct()
  const practice = useApp((state) => state.accounts.find((account) => account.kind === 'practice'))
  const soundReady = useApp((state) => state.media.present)
  const [asking, setAsking] = useState(false)
  if (!practice) return null
  return (
    <section className={styles.practice} aria-label={t('practice.title')}>
      <div className={styles.practiceWords}>
        <h2 className={styles.heading}>{t('practice.title')}</h2>
        <p className={styles.quiet}>{t('practice.words')}</p>
        <button
          type="button"
          className={styles.practiceButton}
          disabled={asking || !soundReady || practice.status !== 'registered'}
          onClick={async () => {
            setAsking(true)
            await act('practice.incoming', {})
            setAsking(false)
          }}
        >
          <IconPhoneIncoming size={18} stroke={1.7} aria-hidden />
          {t('practice.incoming')}
        </button>
      </div>
      <ul className={styles.numbers}>
        {(['600', '601', '604', '605'] as const).map((number) => (
          <li key={number}>
            <CallButton number={number} display={number} accountId={practice.id} />
            <span className={styles.quiet}>{t(`practice.${number}`)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

// The same elements each time: what the list of calls does is not their concern, and it changes while a call is set up.
const above = (
  <>
    <FirstRun />
    <Colleagues />
  </>
)
const below = <Practice />

export function PhoneScreen() {
  const { t } = useTranslation('phone')
  const revision = useApp((state) => state.historyRevision)
  const { data, trouble, loading } = useAsk('history.list', { filter: {}, limit: 20 }, revision)
  const [selected, setSelected] = useState<CallRecord | null>(null)
  // Those that are on stand above, and a list that grows while it rings would move what is about to be clicked.
  const rows = useMemo(() => data?.rows.filter((record) => record.result !== null) ?? [], [data])
  const lines = useMemo(
    () =>
      rows.map((record) => (
        <RecentCall
          key={record.id}
          record={record}
          selected={selected?.id === record.id}
          onSelect={() => setSelected((before) => (before?.id === record.id ? null : record))}
        />
      )),
    [rows, selected],
  )
  const inCall = useApp((state) => state.calls.some((call) => call.phase !== 'ended'))
  // What was looked up before a call makes room for the call itself.
  useEffect(() => {
    if (inCall) setSelected(null)
  }, [inCall])
  return (
    <div className={styles.screen}>
      <h1 className="rb-only-read">{t('shell:screen.phone')}</h1>
      {above}
      <section aria-label={t('recent')}>
        <h2 className={styles.heading}>{t('recent')}</h2>
        {trouble && !data ? <TroubleText trouble={trouble} /> : null}
        {!loading && !trouble && data && rows.length === 0 ? (
          <p className={styles.empty}>{t(data.rows.length === 0 ? 'recentEmpty' : 'recentFirst')}</p>
        ) : null}
        <ul className={styles.rows}>{lines}</ul>
      </section>
      {below}
      {selected?.contactId ? (
        <SidePanel label={selected.contactName ?? selected.display} onClose={() => setSelected(null)}>
          <ContactCard contactId={selected.contactId} />
        </SidePanel>
      ) : null}
    </div>
  )
}
