/** Everything about one call, for the side panel: times, how it went in words, what the rep wrote. */
import { Button, Text } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { CallRecord } from '../../../preload/contract'
import { formatDate, formatDuration, formatLength, formatWhen } from '../format'
import { TroubleText } from '../trouble'
import { CallRecording, CallSound } from './CallSound'
import classes from './history.module.css'
import { directionIcon, resultKey, waitsForLog, weightOf } from './words'

function reasonOf(call: CallRecord, t: TFunction<'history'>): string {
  const ring = formatLength(call.ringMs, t as TFunction)
  const byDirection = call.result === 'answered' || call.result === 'cancelled'
  return t(`reason.${call.result ?? 'live'}${byDirection ? `-${call.direction}` : ''}`, { ring })
}

export function CallDetails({ call, onLog }: { readonly call: CallRecord; readonly onLog: (call: CallRecord) => void }) {
  const { t } = useTranslation('history')
  const Icon = directionIcon(call)
  const log = call.log
  const facts: [string, string | null][] = [
    [t('details.began'), formatWhen(call.startedAt)],
    [t('details.answered'), call.answeredAt === null ? null : formatWhen(call.answeredAt)],
    [t('details.talked'), call.answeredAt === null || call.result === null ? null : formatDuration(call.talkMs)],
    [t('details.number'), call.display || call.number || t('pop:withheld')],
    [t('details.networkName'), call.networkName],
    [t('details.line'), call.calledLine],
    [t('details.account'), call.accountLabel],
    [t('details.transferredTo'), call.transferredTo],
    [t('details.outcome'), log?.state === 'saved' && log.outcome ? t(`call:outcome.${log.outcome}`) : null],
    [
      t('details.followUp'),
      log?.followUp
        ? t('details.followUpOn', { kind: t(`call:followUpKind.${log.followUp.kind}`), day: formatDate(log.followUp.dueOn) })
        : null,
    ],
  ]
  return (
    <div className={classes.details}>
      <div className={classes.detailsHead} data-weight={weightOf(call.result)}>
        <Icon size={17} stroke={1.8} role="img" aria-label={t(`call:direction.${call.direction}`)} />
        <strong>{t(resultKey(call))}</strong>
      </div>
      <Text size="sm">{call.trouble ? <TroubleText trouble={call.trouble} /> : reasonOf(call, t)}</Text>
      <dl className={classes.facts}>
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd dir="auto">{value}</dd>
              </div>
            ),
        )}
      </dl>
      {log && log.notes.trim() !== '' && (
        <div>
          <h4 className={classes.factName}>{t('details.notes')}</h4>
          <p className={classes.fullNotes} dir="auto">
            {log.notes}
          </p>
        </div>
      )}
      {call.quality && <CallSound quality={call.quality} />}
      {call.recorded && <CallRecording call={call} />}
      {log?.state === 'skipped' && (
        <Text size="sm" c="dimmed">
          {t('details.skipped')}
        </Text>
      )}
      {log && log.state !== 'none' && (
        <div>
          <Button
            size="xs"
            variant={waitsForLog(call) ? 'filled' : 'default'}
            leftSection={<IconPencil size={14} />}
            onClick={() => onLog(call)}
          >
            {log.state === 'saved' ? t('details.editLog') : t('details.writeLog')}
          </Button>
        </div>
      )}
    </div>
  )
}
