/** One CRM connection: how it stands, how far its sync is, what it holds, and what can be done about it. */
import { Button, Switch } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCircleCheckFilled,
  IconCircleXFilled,
  IconHourglass,
  IconPlayerPause,
  IconRefresh,
} from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection, SyncProgress } from '../../../preload/contract'
import { useAct, useApp } from '../context'
import { formatWhen } from '../format'
import { TroubleText } from '../trouble'
import { countsWords, needsToken, progressWords, shownProgress, stateOf, type Tone, triesAgain } from './connection-words'
import crm from './crm.module.css'
import classes from './settings.module.css'

const marks: Record<Tone, typeof IconRefresh> = {
  good: IconCircleCheckFilled,
  busy: IconRefresh,
  wait: IconHourglass,
  warn: IconAlertTriangle,
  stop: IconCircleXFilled,
}

export function ConnectionCard({ connection, onEdit }: { readonly connection: Connection; readonly onEdit: () => void }) {
  const { t } = useTranslation('crm')
  const name = useApp((state) => state.crmKinds.find(({ kind }) => kind === connection.kind)?.name ?? connection.kind)
  const minutes = useApp((state) => state.settings.syncMinutes)
  const { id: connectionId, label, account, user, status, syncedAt, callerId, complete } = connection
  const trouble = status === 'syncing' ? null : connection.trouble
  const { tone, words } = stateOf(connection, name, t)
  const Mark = status === 'waiting' ? IconPlayerPause : marks[tone]
  const counts = countsWords(connection, t)
  const progress = shownProgress(connection)
  const who = user ? t('youAre', { name: user.name }) : t('youAreNobody')
  return (
    <div className={classes.account} role="group" aria-label={label}>
      <div className={classes.accountHead}>
        <strong dir="auto">{label}</strong>
        {!label.toLowerCase().includes(name.toLowerCase()) && <span className={classes.badge}>{name}</span>}
        <span className={crm.state} data-tone={tone} role="status">
          <Mark size={15} aria-hidden />
          {words}
        </span>
      </div>
      <div className={classes.hint}>
        {!label.includes(account) && (
          <>
            <bdi>{account}</bdi> ·{' '}
          </>
        )}
        <bdi>{who}</bdi>
      </div>
      {trouble && (
        <div className={classes.why}>
          <TroubleText trouble={trouble} />
        </div>
      )}
      {progress && <Progress progress={progress} label={label} />}
      {counts && <div className={crm.counts}>{counts}</div>}
      <div className={classes.hint}>
        {[
          syncedAt === null ? null : t('updated', { when: formatWhen(syncedAt) }),
          status === 'idle' && !complete ? t('goesOn') : null,
          triesAgain(connection) ? t('triesAgain', { count: minutes }) : null,
        ]
          .filter(Boolean)
          .join(' · ')}
      </div>
      <div className={crm.foot}>
        <Buttons connection={connection} name={name} counts={counts} onEdit={onEdit} />
        <CallerId connectionId={connectionId} on={callerId} />
      </div>
    </div>
  )
}

function CallerId({ connectionId, on }: { readonly connectionId: string; readonly on: boolean }) {
  const { t } = useTranslation('crm')
  const act = useAct()
  const namesCallers = useApp((state) => state.settings.callerId)
  // Main tells of connections twice a second at most, which is late for a switch.
  const [wanted, setWanted] = useState<boolean | null>(null)
  useEffect(() => {
    if (wanted === on) setWanted(null)
  }, [wanted, on])
  const change = (callerId: boolean) => {
    setWanted(callerId)
    void act('connections.change', { connectionId, callerId }).then((done) => done === null && setWanted(null))
  }
  return (
    <Switch
      size="sm"
      label={t('callerIdHere')}
      description={namesCallers ? undefined : t('callerIdOffAll')}
      checked={wanted ?? on}
      onChange={(event) => change(event.currentTarget.checked)}
    />
  )
}

function Progress({ progress, label }: { readonly progress: SyncProgress; readonly label: string }) {
  const { t } = useTranslation('crm')
  const words = progressWords(progress, t)
  const { done, total } = progress
  const share = total === null ? null : total === 0 ? 1 : Math.min(1, done / total)
  return (
    <div className={crm.progress}>
      <div
        role="progressbar"
        aria-label={t('progress.label', { connection: label })}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share === null ? undefined : Math.floor(share * 100)}
        aria-valuetext={words}
        className={crm.bar}
        data-open={share === null || undefined}
      >
        {share !== null && <div className={crm.done} style={{ transform: `scaleX(${share})` }} />}
      </div>
      <div className={crm.progressWords}>{words}</div>
    </div>
  )
}

interface ButtonsProps {
  readonly connection: Connection
  /** The CRM's. */
  readonly name: string
  readonly counts: string | null
  readonly onEdit: () => void
}

function Buttons({ connection, name, counts, onEdit }: ButtonsProps) {
  const { t } = useTranslation('crm')
  const act = useAct()
  const [forgetting, setForgetting] = useState<'asked' | 'going' | null>(null)
  // The focus goes back to where it was asked: on nothing, the next Enter would answer a call that rings.
  const [kept, setKept] = useState(false)
  const { id: connectionId, label, status } = connection
  const refused = needsToken(connection)
  const keep = () => {
    setKept(true)
    setForgetting(null)
  }
  if (forgetting) {
    return (
      <div className={crm.forget} role="alertdialog" aria-label={t('forget')}>
        <p>{t('forgetSure', { label, what: counts ?? t('forgetNothing'), crm: name })}</p>
        <div className={classes.accountButtons}>
          <Button
            size="xs"
            color="red"
            loading={forgetting === 'going'}
            onClick={() => {
              setForgetting('going')
              void act('connections.forget', { connectionId }).then((done) => done === null && setForgetting(null))
            }}
          >
            {t('forgetYes')}
          </Button>
          <Button size="xs" variant="default" autoFocus onClick={keep}>
            {t('keep')}
          </Button>
        </div>
      </div>
    )
  }
  return (
    <div className={classes.accountButtons}>
      {refused ? (
        <Button size="xs" onClick={onEdit}>
          {t('newToken')}
        </Button>
      ) : status === 'syncing' || status === 'waiting' ? (
        <Button size="xs" variant="default" onClick={() => void act('connections.cancel', { connectionId })}>
          {t('cancelSync')}
        </Button>
      ) : (
        <Button
          size="xs"
          variant={status === 'failed' ? 'light' : 'default'}
          onClick={() => void act('connections.sync', { connectionId })}
        >
          {t('sync')}
        </Button>
      )}
      {!refused && (
        <Button size="xs" variant="default" onClick={onEdit}>
          {t('edit')}
        </Button>
      )}
      <Button size="xs" variant="subtle" color="gray" autoFocus={kept} onClick={() => setForgetting('asked')}>
        {t('forget')}
      </Button>
    </div>
  )
}
