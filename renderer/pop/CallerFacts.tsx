/**
 * What helps to begin the conversation: open deals, what was said last, whose customer it is. Everything came with the call. Where
 * there is little room the style leaves out what is marked as more.
 */
import { useTranslation } from 'react-i18next'
import type { CallerId, Deal, LastCall } from '../../preload/contract'
import { formatDay, formatLength, formatMoney } from '../app/format'
import styles from './CallerFacts.module.css'
import { WhoIsIt } from './WhoIsIt'

/** As many deals and conversations as a glance takes in. */
const mostShown = 3

export function CallerFacts({ caller }: { caller: CallerId }) {
  const { t } = useTranslation('pop')
  const known = caller.match === 'none' ? undefined : (caller.contacts[0] ?? caller.organization ?? undefined)
  const deals = known?.deals.filter(({ status }) => status === 'open') ?? []
  const { lastCalls } = caller
  const owner = known?.ownerIsMe ? t('ownerMe') : known?.owner
  const labels = known?.labels ?? []
  const several = caller.contacts.length + caller.people.length > (caller.contacts.length > 0 ? 1 : 0)
  if (deals.length === 0 && lastCalls.length === 0 && !owner && labels.length === 0 && !several) return null
  return (
    <dl className={styles.facts} data-facts>
      {deals.length > 0 ? (
        <>
          <dt>{t('deal')}</dt>
          <dd>
            <ul>
              {deals.slice(0, mostShown).map((deal, at) => (
                <DealLine key={deal.id} deal={deal} further={at > 0} more={at === 0 ? deals.length - 1 : 0} />
              ))}
              {deals.length > mostShown ? (
                <li className={styles.quiet} data-further>
                  {t('moreDeals', { count: deals.length - mostShown })}
                </li>
              ) : null}
            </ul>
          </dd>
        </>
      ) : null}
      {lastCalls.length > 0 ? (
        <>
          <dt>{t('last')}</dt>
          <dd>
            <ul>
              {lastCalls.map((call, at) => (
                <LastCallLine key={call.callId} call={call} further={at > 0} />
              ))}
            </ul>
          </dd>
        </>
      ) : null}
      {owner || labels.length > 0 ? (
        <>
          <dt data-further>{owner ? t('owner') : t('labels')}</dt>
          <dd data-further className={styles.line}>
            {owner ? <bdi className={styles.cut}>{owner}</bdi> : null}
            {labels.slice(0, 4).map((label) => (
              <bdi key={label} className={styles.label}>
                {label}
              </bdi>
            ))}
          </dd>
        </>
      ) : null}
      {several ? (
        <>
          <dt>{t(caller.contacts.length > 0 ? 'also' : 'people')}</dt>
          <dd>
            <WhoIsIt caller={caller} />
          </dd>
        </>
      ) : null}
    </dl>
  )
}

/** `more`: further ones, named where there is no room to show them. */
function DealLine({ deal, further, more }: { deal: Deal; further: boolean; more: number }) {
  const { t } = useTranslation('pop')
  return (
    <li className={styles.line} {...(further ? { 'data-further': true } : {})}>
      <strong className={styles.cut} title={deal.title} dir="auto">
        {deal.title}
      </strong>
      {deal.amount !== null ? <span className={`rb-figures ${styles.amount}`}>{formatMoney(deal.amount, deal.currency)}</span> : null}
      {deal.stage ? (
        <bdi className={styles.stage} title={deal.stage}>
          {deal.stage}
        </bdi>
      ) : null}
      {more > 0 ? (
        <span className={styles.quiet} data-instead title={t('moreDeals', { count: more })}>
          {t('moreShort', { count: more })}
        </span>
      ) : null}
    </li>
  )
}

function LastCallLine({ call, further }: { call: LastCall; further: boolean }) {
  const { t } = useTranslation('pop')
  const how = [
    formatDay(call.startedAt),
    call.talkMs > 0 ? formatLength(call.talkMs, t) : null,
    call.outcome ? t(`call:outcome.${call.outcome}`) : null,
  ]
  const notes = call.notes.trim()
  return (
    <li className={styles.last} {...(further ? { 'data-further': true } : {})}>
      <span>{how.filter(Boolean).join(', ')}</span>
      {notes ? <bdi className={styles.notes} title={notes}>{`«${notes}»`}</bdi> : null}
    </li>
  )
}
