/** Adding or changing a SIP account. What is wrong stands beside its field, in words. */
import { Button, Checkbox, Collapse, NativeSelect, PasswordInput, TextInput } from '@mantine/core'
import { IconChevronDown, IconPlus, IconX } from '@tabler/icons-react'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SipAccountView, Trouble } from '../../../preload/contract'
import { troubleOf, useApp, useBridge } from '../context'
import { TroubleText, useDescribeTrouble } from '../trouble'
import {
  blank,
  completeServer,
  type Entry,
  entryOf,
  type Faults,
  type Field,
  faultsOf,
  fieldOf,
  type IceEntry,
  inputOf,
  splitAddress,
} from './account-form'
import classes from './settings.module.css'

interface Props {
  /** The account to change; null: a new one. */
  readonly view: SipAccountView | null
  readonly onDone: () => void
}

const moreFields = ['label', 'domain', 'authUser', 'outboundProxy'] as const

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
  const [more, setMore] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const moreId = useId()
  const kept = view?.hasPassword ?? false
  const hasSecrets = entry.password !== '' || entry.iceServers.some((ice) => ice.credential !== '' || ice.hasCredential)
  const set = (change: Partial<Entry>) => setEntry((now) => ({ ...now, ...change }))
  const setIce = (index: number, change: Partial<IceEntry>) =>
    set({ iceServers: entry.iceServers.map((ice, at) => (at === index ? { ...ice, ...change } : ice)) })

  useEffect(() => form.current?.querySelector('input')?.focus(), [])
  const show = (found: Faults) => {
    setFaults(found)
    const first = Object.keys(found)[0]
    if (!first) return
    if (first.startsWith('iceServers') || (moreFields as readonly string[]).includes(first)) setMore(true)
    requestAnimationFrame(() => form.current?.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus())
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
      setTrouble(troubleOf(error))
    }
  }

  // What main finds wrong with a field stands there as well.
  const troubleField = trouble ? fieldOf(trouble, entry) : null
  const errorAt = (field: Field) => {
    const key = faults[field]
    if (key) return t(`account.fault.${key}`)
    return trouble && troubleField === field ? describe(trouble) : null
  }
  const text = (field: 'label' | 'server' | 'user' | 'displayName' | 'domain' | 'authUser' | 'outboundProxy', maxLength: number) => ({
    name: field,
    label: t(`account.${field}`),
    value: entry[field],
    error: errorAt(field),
    maxLength,
    spellCheck: false,
    autoComplete: 'off',
    onChange: (event: { currentTarget: HTMLInputElement }) => {
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
      <TextInput {...text('displayName', 120)} description={t('account.displayNameHint')} dir="auto" />
      <div>
        <Button
          size="xs"
          variant="subtle"
          className={classes.moreButton}
          leftSection={<IconChevronDown size={14} className={classes.chevron} data-open={more || undefined} aria-hidden />}
          aria-expanded={more}
          aria-controls={moreId}
          onClick={() => setMore(!more)}
        >
          {t('account.more')}
        </Button>
      </div>
      <Collapse expanded={more} id={moreId} transitionDuration={0}>
        <div className={classes.moreFields}>
          <TextInput {...text('label', 60)} description={t('account.labelHint')} dir="auto" />
          <div className={classes.pair}>
            <TextInput {...text('domain', 255)} description={t('account.domainHint')} />
            <TextInput {...text('authUser', 120)} description={t('account.authUserHint')} />
          </div>
          <TextInput {...text('outboundProxy', 300)} description={t('account.outboundProxyHint')} placeholder="sip:proxy.example.com;lr" />
          <NativeSelect
            label={t('account.declineCode')}
            description={t('account.declineHint')}
            value={String(entry.declineCode)}
            data={['486', '480', '603'].map((value) => ({ value, label: t(`account.decline.${value}`) }))}
            onChange={(event) => set({ declineCode: Number(event.currentTarget.value) as Entry['declineCode'] })}
          />
          <fieldset className={classes.ice}>
            <legend>{t('account.ice')}</legend>
            <p className={classes.hint}>{t('account.iceHint')}</p>
            {entry.iceServers.map((ice, index) => (
              <div key={`${index}/${entry.iceServers.length}`} className={classes.iceServer}>
                <TextInput
                  name={`iceServers.${index}`}
                  aria-label={t('account.iceUrl', { number: index + 1 })}
                  placeholder="turn:turn.example.com?transport=udp"
                  value={ice.url}
                  error={errorAt(`iceServers.${index}`)}
                  spellCheck={false}
                  onChange={(event) => setIce(index, { url: event.currentTarget.value })}
                />
                {/^turn/.test(ice.url.trim()) && (
                  <>
                    <TextInput
                      aria-label={t('account.iceUser', { number: index + 1 })}
                      placeholder={t('account.user')}
                      value={ice.username}
                      autoComplete="off"
                      onChange={(event) => setIce(index, { username: event.currentTarget.value })}
                    />
                    <PasswordInput
                      aria-label={t('account.icePassword', { number: index + 1 })}
                      placeholder={ice.hasCredential ? t('account.passwordKept') : t('account.password')}
                      value={ice.credential}
                      autoComplete="new-password"
                      onChange={(event) => setIce(index, { credential: event.currentTarget.value })}
                    />
                  </>
                )}
                <Button
                  size="xs"
                  variant="subtle"
                  color="gray"
                  aria-label={t('account.iceRemove', { number: index + 1 })}
                  onClick={() => set({ iceServers: entry.iceServers.filter((_, at) => at !== index) })}
                >
                  <IconX size={14} aria-hidden />
                </Button>
              </div>
            ))}
            {entry.iceServers.length < 8 && (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconPlus size={14} aria-hidden />}
                onClick={() => set({ iceServers: [...entry.iceServers, { url: '', username: '', credential: '', hasCredential: false }] })}
              >
                {t('account.iceAdd')}
              </Button>
            )}
          </fieldset>
        </div>
      </Collapse>
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
