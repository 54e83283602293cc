/** One call in History: who, how it went, when, how long, and what the rep said of it. */
import { IconPencil } from '@tabler/icons-react'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallRecord } from '../../../preload/contract'
import { CallButton } from '../CallButton'
import { CreateContact } from '../contact/Composer'
import { formatDuration, formatTime } from '../format'
import type { RowState } from '../paging/LongList'
import classes from './history.module.css'
import { directionIcon, resultKey, waitsForLog, weightOf } from './words'

interface Props extends RowState {
  readonly call: CallRecord
  readonly onLog: (call: CallRecord) => void
}

/** The name a call is listed under: the contact, else the organization whose number it is, else what the network said, else the number. */
export function partyOf(call: CallRecord, withheld: string): string {
  return call.contactName ?? call.organization ?? call.networkName ?? (call.display || call.number || withheld)
}

export const HistoryRow = memo(function HistoryRow({ call, tabIndex, onLog }: Props) {
  const { t } = useTranslation('history')
  const Icon = directionIcon(call)
  const weight = weightOf(call.result)
  const party = partyOf(call, t('pop:withheld'))
  const number = call.display || call.number
  const went = t(resultKey(call))
  const outcome = call.result !== null && call.log?.outcome ? t(`call:outcome.${call.log.outcome}`) : null
  const notes = call.log?.notes.trim().slice(0, 160)
  return (
    <>
      <div role="gridcell" className={classes.icon} data-weight={weight}>
        <Icon size={17} stroke={1.8} role="img" aria-label={t(`call:direction.${call.direction}`)} />
      </div>
      <div role="gridcell" className={classes.who}>
        <div className={classes.name} data-weight={weight} dir="auto">
          {party}
        </div>
        <div className={classes.under}>
          {number && number !== party && <span className={classes.number}>{number}</span>}
          {call.organization && call.organization !== party && <span dir="auto">{call.organization}</span>}
          {call.calledLine && <span dir="auto">{t('onLine', { line: call.calledLine })}</span>}
          {notes && (
            <span className={classes.notes} dir="auto">
              {notes}
            </span>
          )}
        </div>
      </div>
      <div role="gridcell" className={classes.went}>
        <span className={classes.result} data-weight={weight}>
          {went}
        </span>
        {waitsForLog(call) ? (
          <button
            type="button"
            className={classes.notLogged}
            tabIndex={tabIndex}
            aria-label={t('openLog', { name: party })}
            onClick={() => onLog(call)}
          >
            <IconPencil size={13} aria-hidden />
            {t('notLogged')}
          </button>
        ) : (
          outcome !== null && outcome !== went && <span className={classes.outcome}>{outcome}</span>
        )}
      </div>
      <div role="gridcell" className={classes.when}>
        <span>{formatTime(call.startedAt)}</span>
        {call.answeredAt !== null && call.result !== null && <span className={classes.duration}>{formatDuration(call.talkMs)}</span>}
      </div>
      <div role="gridcell" className={classes.actions}>
        {call.number && call.contactId === null && call.result !== null && (
          <CreateContact call={{ callId: call.id, number: number, name: call.networkName ?? '' }} compact tabIndex={tabIndex} />
        )}
        {call.number && <CallButton number={call.number} display={number} contactId={call.contactId} compact tabIndex={tabIndex} />}
      </div>
    </>
  )
})
