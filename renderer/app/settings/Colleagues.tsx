/** The colleagues whose lines are watched: added, changed and removed one at a time. */
import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Colleague } from '../../../preload/contract'
import { useApp } from '../context'
import { TroubleText } from '../trouble'
import { colleagueFault } from './lists'
import { Line } from './Section'
import classes from './settings.module.css'
import { useSetting } from './use-setting'

const most = 100

export function Colleagues() {
  const { t } = useTranslation('calls-settings')
  const { save, trouble } = useSetting()
  const colleagues = useApp((state) => state.settings.colleagues)
  const accounts = useApp((state) => state.accounts)
  const sip = accounts.filter(({ kind }) => kind === 'sip')
  const [open, setOpen] = useState<Colleague | 'new' | null>(null)
  const add = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)
  // The form, or the row that was removed, took the focus and has gone with it.
  useEffect(() => {
    if (open === null && wasOpen.current && document.activeElement === document.body) add.current?.focus()
    wasOpen.current = open !== null
  }, [open])
  const label = (accountId: string) => accounts.find(({ id }) => id === accountId)?.label ?? ''
  const keep = (colleague: Colleague) => {
    const known = colleagues.some(({ id }) => id === colleague.id)
    return save({
      colleagues: known ? colleagues.map((each) => (each.id === colleague.id ? colleague : each)) : [...colleagues, colleague],
    })
  }
  const remove = (colleague: Colleague) => {
    void save({ colleagues: colleagues.filter(({ id }) => id !== colleague.id) })
    add.current?.focus()
  }
  return (
    <Line label={t('colleagues.title')} hint={t('colleagues.text')}>
      {colleagues.length === 0 && open === null && (
        <p className={classes.plain}>{t(sip.length === 0 ? 'colleagues.noAccount' : 'colleagues.none')}</p>
      )}
      {colleagues.length > 0 && (
        <ul className={classes.items} aria-label={t('colleagues.title')}>
          {colleagues.map((colleague) =>
            open !== null && open !== 'new' && open.id === colleague.id ? (
              <li key={colleague.id}>
                <ColleagueForm colleague={colleague} onKeep={keep} onDone={() => setOpen(null)} />
              </li>
            ) : (
              <li key={colleague.id} className={classes.item}>
                <span className={classes.itemText}>
                  <strong dir="auto">{colleague.name}</strong>
                  <span className={classes.hint}>{[colleague.number, label(colleague.accountId)].filter(Boolean).join(' · ')}</span>
                </span>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('colleagues.edit', { name: colleague.name })}
                  onClick={() => setOpen(colleague)}
                >
                  <IconPencil size={17} aria-hidden />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('colleagues.remove', { name: colleague.name })}
                  onClick={() => remove(colleague)}
                >
                  <IconTrash size={17} aria-hidden />
                </ActionIcon>
              </li>
            ),
          )}
        </ul>
      )}
      {open === 'new' && <ColleagueForm colleague={null} onKeep={keep} onDone={() => setOpen(null)} />}
      {trouble && <TroubleText trouble={trouble} />}
      {colleagues.length >= most && <p className={classes.hint}>{t('colleagues.full')}</p>}
      {open !== 'new' && sip.length > 0 && colleagues.length < most && (
        <div>
          <Button ref={add} size="xs" variant="default" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setOpen('new')}>
            {t('colleagues.add')}
          </Button>
        </div>
      )}
    </Line>
  )
}

interface ColleagueFormProps {
  readonly colleague: Colleague | null
  readonly onKeep: (colleague: Colleague) => Promise<boolean>
  readonly onDone: () => void
}

function ColleagueForm({ colleague, onKeep, onDone }: ColleagueFormProps) {
  const { t } = useTranslation('calls-settings')
  const colleagues = useApp((state) => state.settings.colleagues)
  const sip = useApp((state) => state.accounts).filter(({ kind }) => kind === 'sip')
  const [name, setName] = useState(colleague?.name ?? '')
  const [number, setNumber] = useState(colleague?.number ?? '')
  const [accountId, setAccount] = useState(colleague?.accountId ?? sip.find(({ isDefault }) => isDefault)?.id ?? sip[0]?.id ?? '')
  const [tried, setTried] = useState(false)
  const fields = { name: name.trim(), number: number.trim(), accountId }
  const fault = tried ? colleagueFault(fields, colleagues, colleague?.id ?? null) : null
  const keep = async () => {
    setTried(true)
    if (colleagueFault(fields, colleagues, colleague?.id ?? null)) return
    if (await onKeep({ id: colleague?.id ?? crypto.randomUUID(), ...fields })) onDone()
  }
  return (
    <form
      className={classes.form}
      aria-label={t(colleague ? 'colleagues.edit' : 'colleagues.add', { name: colleague?.name })}
      onSubmit={(event) => {
        event.preventDefault()
        void keep()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone()
      }}
    >
      <div className={classes.pair}>
        <TextInput
          label={t('colleagues.name')}
          value={name}
          maxLength={80}
          autoComplete="off"
          autoFocus
          error={fault === 'name' ? t('colleagues.fault.name') : null}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t('colleagues.number')}
          value={number}
          maxLength={120}
          autoComplete="off"
          spellCheck={false}
          error={fault === 'number' || fault === 'known' ? t(`colleagues.fault.${fault}`) : null}
          onChange={(event) => setNumber(event.currentTarget.value)}
        />
      </div>
      {sip.length > 1 && (
        <NativeSelect
          label={t('colleagues.account')}
          data={sip.map(({ id, label }) => ({ value: id, label }))}
          value={accountId}
          onChange={(event) => setAccount(event.currentTarget.value)}
        />
      )}
      <div className={classes.buttons}>
        <Button size="xs" variant="default" onClick={onDone}>
          {t('colleagues.cancel')}
        </Button>
        <Button size="xs" type="submit">
          {t('colleagues.save')}
        </Button>
      </div>
    </form>
  )
}
