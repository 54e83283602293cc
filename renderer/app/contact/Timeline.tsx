/** Earlier calls with what was said of them, newest first, and what has been promised for the days to come. */
import { IconCalendarEvent } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallRecord } from '../../../preload/contract'
import { formatDate, formatDuration, formatWhen } from '../format'
import { dayOf } from '../history/days'
import styles from './ContactCard.module.css'
import { RecordLink } from './records'

/** Shown before «more». */
const few = 8

/** `named`: each call says with whom it was, where they are not all the same person's. */
export function Timeline({ calls, named = false }: { calls: readonly CallRecord[]; named?: boolean }) {
  const { t } = useTranslation('contact')
  const [all, setAll] = useState(false)
  const today = dayOf(new Date())
  const ahead = calls
    .flatMap((call) =>
      call.log?.state === 'saved' && call.log.followUp && call.log.followUp.dueOn >= today ? [{ call, due: call.log.followUp }] : [],
    )
    .sort((a, b) => (a.due.dueOn < b.due.dueOn ? -1 : 1))
  return (
    <>
      {ahead.length > 0 ? (
        <section className={styles.section} aria-label={t('ahead')}>
          <h3 className={styles.heading}>{t('ahead')}</h3>
          <ul className={styles.ahead}>
            {ahead.map(({ call, due }) => (
              <li key={call.id}>
                <IconCalendarEvent size={15} stroke={1.7} aria-hidden />
                <span>
                  <strong>{t(`call:followUpKind.${due.kind}`)}</strong> · <span className="rb-figures">{formatDate(due.dueOn)}</span>
                  {named && call.contactName ? (
                    <>
                      {' '}
                      · <bdi>{call.contactName}</bdi>
                    </>
                  ) : null}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <section className={styles.section} aria-label={t('phone:timeline')}>
        <h3 className={styles.heading}>{t('phone:timeline')}</h3>
        {calls.length === 0 ? <p className={styles.none}>{t('phone:noCallsYet')}</p> : null}
        <ul className={styles.calls}>
          {(all ? calls : calls.slice(0, few)).map((call) => (
            <Call key={call.id} call={call} named={named} />
          ))}
        </ul>
        {!all && calls.length > few ? (
          <button type="button" className={styles.more} onClick={() => setAll(true)}>
            {t('moreCalls', { count: calls.length - few })}
          </button>
        ) : null}
      </section>
    </>
  )
}

function Call({ call, named }: { call: CallRecord; named: boolean }) {
  const { t } = useTranslation('contact')
  const went = call.log?.outcome ? t(`call:outcome.${call.log.outcome}`) : call.result ? t(`call:result.${call.result}`) : null
  const followUp = call.log?.state === 'saved' ? call.log.followUp : null
  return (
    <li className={styles.call}>
      <div className={styles.callHead}>
        <span>{[t(`call:direction.${call.direction}`), went].filter(Boolean).join(' · ')}</span>
        <span className={`rb-figures ${styles.when}`}>
          {call.talkMs > 0 ? `${formatDuration(call.talkMs)} · ` : ''}
          {formatWhen(call.startedAt)}
        </span>
      </div>
      {named ? (
        <div className={styles.whom}>
          {call.contactId !== null ? (
            <RecordLink to={{ type: 'contact', id: call.contactId }}>{call.contactName}</RecordLink>
          ) : (
            <span className="rb-figures">{call.display || call.number}</span>
          )}
        </div>
      ) : null}
      {call.log?.notes ? (
        <div className={styles.callNotes} dir="auto">
          {call.log.notes}
        </div>
      ) : null}
      {followUp ? (
        <div className={styles.followUp}>
          <IconCalendarEvent size={13} stroke={1.7} aria-hidden />
          {t('followUpOn', { kind: t(`call:followUpKind.${followUp.kind}`), day: formatDate(followUp.dueOn) })}
        </div>
      ) : null}
    </li>
  )
}
