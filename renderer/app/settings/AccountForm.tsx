/** Adding or changing a SIP account. What is wrong stands beside its field, in words. */
import { Button, Checkbox, PasswordInput, TextInput } from '@mantine/core'
import { type ChangeEvent, type FormEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SipAccountView, Trouble } from '../../../preload/contract'
import { troubleOf, useApp, useBridge } from '../context'
import { TroubleText, useDescribeTrouble } from '../trouble'
import { AccountCalls } from './AccountCalls'
import { AccountNetwork } from './AccountNetwork'
import { AccountServices } from './AccountServices'
import type { AccountFields, TextField } from './account-fields'
import {
  blank,
  completeServer,
  type Entry,
  entryOf,
  type Faults,
  type Field,
  faultsOf,
  fieldOf,
  type Group,
  groupOf,
  inputOf,
  splitAddress,
} from './account-form'
import { Disclosure } from './Disclosure'
import { focusSoon } from './focus-field'
import classes from './settings.module.css'

interface Props {
  /** The account to change; null: a new one. */
  readonly view: SipAccountView | null
  readonly onDone: () => void
}

const groups = ['calls', 'services', 'network'] as const satisfies readonly Group[]
const parts = { calls: AccountCalls, services: AccountServices, network: AccountNetwork }

export function AccountForm({ view, onDone }: Props) {
  const { t } = useTranslation('settings')
  const bridge = useBridge()
  const describe = useDescribeTrouble()
  const keyring = useApp((state) => state.secrets)
  const [entry, setEntry] = useState<Entry>(() =>
    // What an earlier tick allowed stays ticked: saving again must not lose the password at the end of the run.
    view ? { ...entryOf(view), plainFile: keyring.plainFileInUse } : blank,
  )
  const [faults, setFaults] = useState<Faults>({})
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const [saving, setSaving] = useState(false)
  const [open, setOpen] = useState<readonly Group[]>([])
  const form = useRef<HTMLFormElement>(null)
  const kept = view?.hasPassword ?? false
  const hasSecrets = entry.password !== '' || entry.iceServers.some((ice) => ice.credential !== '' || ice.hasCredential)
  const set = (change: Partial<Entry>) => setEntry((now) => ({ ...now, ...change }))
  useEffect(() => form.current?.querySelector('input')?.focus(), [])
  const show = (found: Faults) => {
    setFaults(found)
    const first = Object.keys(found)[0]
    if (!first) return
    reveal(first)
  }
  /** Opens what the field stands in, and goes there. */
  const reveal = (field: string) => {
    const group = groupOf(field)
    if (group) setOpen((now) => [...now, group])
    focusSoon(() => form.current?.querySelector<HTMLElement>(`[name="${field}"]`))
  }

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const complete = splitAddress({ ...entry, server: completeServer(entry.server) })
    setEntry(complete)
    setTrouble(null)
    const found = faultsOf(complete, kept)
    show(found)
    if (Object.keys(found).length > 0) return
    setSaving(true)
    try {
      await bridge.send('accounts.save', inputOf(complete, view?.id, keyring.available))
      onDone()
    } catch (error) {
      setSaving(false)
      const found = troubleOf(error)
      setTrouble(found)
      const field = fieldOf(found, complete)
      if (field) reveal(field)
    }
  }

  // What main finds wrong with a field stands there as well.
  const troubleField = trouble ? fieldOf(trouble, entry) : null
  const errorAt = (field: Field) => {
    const key = faults[field]
    if (key) return t(`account.fault.${key}`)
    return trouble && troubleField === field ? describe(trouble) : null
  }
  const text: AccountFields['text'] = (field: TextField, maxLength: number) => ({
    name: field,
    label: t(`account.${field}`),
    value: entry[field],
    error: errorAt(field),
    maxLength,
    spellCheck: false,
    autoComplete: 'off',
    onChange: (event: ChangeEvent<HTMLInputElement>) => {
      set({ [field]: event.currentTarget.value })
      setFaults((now) => ({ ...now, [field]: undefined }) as Faults)
    },
  })

  return (
    <form
      ref={form}
      className={classes.form}
      aria-label={t(view ? 'account.edit' : 'account.add')}
      noValidate
      onSubmit={(event) => void submit(event)}
    >
      <h3 className={classes.formTitle}>{t(view ? 'account.edit' : 'account.add')}</h3>
      <TextInput
        {...text('server', 300)}
        description={t('account.serverHint')}
        placeholder="wss://pbx.example.com/ws"
        onBlur={() => set({ server: completeServer(entry.server) })}
      />
      <div className={classes.pair}>
        <TextInput {...text('user', 120)} placeholder="alice" onBlur={() => setEntry(splitAddress)} />
        <PasswordInput
          name="password"
          label={t('account.password')}
          placeholder={kept ? t('account.passwordKept') : ''}
          value={entry.password}
          error={errorAt('password')}
          maxLength={300}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('account.showPassword') }}
          onChange={(event) => {
            set({ password: event.currentTarget.value })
            setFaults(({ password: _, ...rest }) => rest)
          }}
        />
      </div>
      {hasSecrets &&
        (keyring.available ? (
          <p className={classes.hint}>{t('account.keyring', { name: keyring.name })}</p>
        ) : (
          <Checkbox
            size="sm"
            label={t('account.plainFile')}
            description={t('account.plainFileHint')}
            checked={entry.plainFile}
            onChange={(event) => set({ plainFile: event.currentTarget.checked })}
          />
        ))}
      {groups.map((group) => {
        const Part = parts[group]
        return (
          <Disclosure
            key={group}
            title={t(`account.${group}`)}
            open={open.includes(group)}
            onToggle={() => setOpen((now) => (now.includes(group) ? now.filter((each) => each !== group) : [...now, group]))}
          >
            <Part entry={entry} set={set} text={text} errorAt={errorAt} />
          </Disclosure>
        )
      })}
      {trouble && troubleField === null && (
        <div role="alert" className={classes.formTrouble}>
          <TroubleText trouble={trouble} />
        </div>
      )}
      <div className={classes.buttons}>
        <Button size="xs" variant="default" onClick={onDone}>
          {t('account.cancel')}
        </Button>
        <Button size="xs" type="submit" loading={saving}>
          {t('account.save')}
        </Button>
      </div>
    </form>
  )
}
