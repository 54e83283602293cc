/** The CRM section: the connections, connecting another one, and what holds for all of them. */
import { Button, NativeSelect, Switch } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useApp, useAppStore } from '../context'
import { TroubleText } from '../trouble'
import { ConnectForm } from './ConnectForm'
import { ConnectionCard } from './ConnectionCard'
import { everyChoices, everyWords } from './connection-words'
import { Line, Section } from './Section'
import classes from './settings.module.css'
import { useSetting } from './use-setting'

export function CrmSettings() {
  const { t } = useTranslation('crm')
  const store = useAppStore()
  const connections = useApp((state) => state.connections)
  const hasKinds = useApp((state) => state.crmKinds.length > 0)
  const asked = useApp((state) => state.askedConnection)
  const [open, setOpen] = useState<'new' | { id: string } | null>(null)
  const add = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)
  useEffect(() => {
    if (asked === null) return
    setOpen(asked)
    store.setState({ askedConnection: null })
  }, [asked, store])
  // The form took the focus and has gone with it.
  useEffect(() => {
    if (open === null && wasOpen.current && document.activeElement === document.body) add.current?.focus()
    wasOpen.current = open !== null
  }, [open])
  const done = () => setOpen(null)
  return (
    <Section title={t('title')} text={t('text')}>
      {connections.map((connection) =>
        open !== null && open !== 'new' && open.id === connection.id ? (
          <ConnectForm key={connection.id} connection={connection} onDone={done} />
        ) : (
          <ConnectionCard key={connection.id} connection={connection} onEdit={() => setOpen({ id: connection.id })} />
        ),
      )}
      {open === 'new' ? (
        <ConnectForm connection={null} onDone={done} />
      ) : (
        hasKinds && (
          <div>
            <Button ref={add} size="xs" variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setOpen('new')}>
              {t(connections.length > 0 ? 'another' : 'add')}
            </Button>
          </div>
        )
      )}
      <NameCallers />
      {connections.length > 0 && (
        <>
          <SyncEvery />
          <Tokens />
        </>
      )}
    </Section>
  )
}

function NameCallers() {
  const { t } = useTranslation('crm')
  const { save, trouble } = useSetting()
  const on = useApp((state) => state.settings.callerId)
  const id = useId()
  return (
    <Line label={t('callerId')} htmlFor={id} hint={trouble ? <TroubleText trouble={trouble} /> : t('callerIdHint')}>
      <Switch id={id} size="sm" checked={on} onChange={(event) => void save({ callerId: event.currentTarget.checked })} />
    </Line>
  )
}

function SyncEvery() {
  const { t } = useTranslation('crm')
  const id = useId()
  const { save, trouble } = useSetting()
  const minutes = useApp((state) => state.settings.syncMinutes)
  return (
    <Line label={t('every')} htmlFor={id} hint={t('everyHint')}>
      <NativeSelect
        id={id}
        className={classes.number}
        data={everyChoices(minutes).map((choice) => ({ value: String(choice), label: everyWords(choice, t) }))}
        value={String(minutes)}
        error={trouble ? <TroubleText trouble={trouble} /> : null}
        onChange={(event) => void save({ syncMinutes: Number(event.currentTarget.value) })}
      />
    </Line>
  )
}

function Tokens() {
  const { t } = useTranslation('settings')
  const secrets = useApp((state) => state.secrets)
  const words = secrets.available ? 'keyring' : secrets.plainFileInUse ? 'file' : 'session'
  return (
    <Line label={t('crm:tokens')}>
      <p className={classes.plain}>{t(`kept.secretsIn.${words}`, { name: secrets.name })}</p>
    </Line>
  )
}
