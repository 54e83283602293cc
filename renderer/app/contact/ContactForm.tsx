/**
 * Writes a contact: a new one, or a change. What is typed stays for as long as the window is open, whatever is looked at
 * meanwhile, until it is saved or given up. A CRM is offered it as a choice beside Save, never by itself.
 */
import { ActionIcon, Autocomplete, Button, Checkbox, Input, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ContactDetail, Trouble } from '../../../preload/contract'
import { troubleOf, useApp, useAppStore, useAsk, useBridge } from '../context'
import { readerLocale } from '../format'
import { keptIn } from '../paging/use-kept'
import { countryOptions } from '../settings/countries'
import { TroubleText } from '../trouble'
import styles from './ContactForm.module.css'
import { type FormFields, fieldsOf, followed, most, phoneTypes, problemOf } from './contact-fields'
import { crmName, useOffer } from './use-crm'

interface Props {
  /** What is typed is kept under this name. */
  readonly keptAs: string
  readonly start: FormFields
  /** The one that is changed; absent: a new one. */
  readonly contact?: ContactDetail
  /** The call that it is made from. */
  readonly callId?: string | null
  /** Saved, removed, or given up (null). */
  readonly onDone: (contactId: number | null) => void
}

/** What was typed, and the contact as it was then. */
interface Written {
  readonly form: FormFields
  readonly base: FormFields
}

export function ContactForm({ keptAs, start, contact, callId = null, onDone }: Props) {
  const { t } = useTranslation('contact')
  const bridge = useBridge()
  const store = useAppStore()
  const offer = useOffer()
  const kept = keptIn(store)
  const key = `contact form: ${keptAs}`
  const [written, setWritten] = useState<Written>(() => (kept.get(key) as Written | undefined) ?? { form: start, base: start })
  const form = followed(written.form, written.base, start)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const [tried, setTried] = useState(false)
  const [saving, setSaving] = useState(false)
  const [removing, setRemoving] = useState<boolean | 'kept'>(false)
  const element = useRef<HTMLFormElement>(null)
  const connections = useApp((state) => state.connections)
  const kinds = useApp((state) => state.crmKinds)
  const [chosen, setChosen] = useState<string>(() => (kept.get('contact form: offered to') as string | undefined) ?? '')
  const held = contact ? (connections.find(({ id }) => id === contact.source) ?? null) : null
  const targets = held ? [held] : connections
  const target = targets.find(({ id }) => id === chosen) ?? null
  const countries = useMemo(() => [{ value: '', label: t('form.anyCountry') }, ...countryOptions(readerLocale())], [t])

  const set = (change: Partial<FormFields>) => {
    const next = { form: { ...form, ...change }, base: start }
    kept.set(key, next)
    setWritten(next)
    setTrouble(null)
  }
  const choose = (id: string) => {
    kept.set('contact form: offered to', id)
    setChosen(id)
  }
  useEffect(() => {
    // The panel is shown once it has something in it: what is hidden takes no focus.
    const frame = requestAnimationFrame(() => element.current?.querySelector<HTMLInputElement>('input')?.focus())
    return () => cancelAnimationFrame(frame)
  }, [])
  const problem = tried ? problemOf(form) : null
  const done = (contactId: number | null) => {
    kept.delete(key)
    onDone(contactId)
  }
  const save = async () => {
    setTried(true)
    const wrong = problemOf(form)
    if (wrong) {
      const name = wrong.field === 'name' ? 'name' : `${wrong.field}-${wrong.at}`
      element.current?.querySelector<HTMLInputElement>(`[data-line="${name}"]`)?.focus()
      return
    }
    if (saving) return
    setSaving(true)
    try {
      const ids = { ...(contact ? { contactId: contact.id } : {}), ...(callId === null ? {} : { callId }) }
      const { contactId } = await bridge.send('contacts.save', { ...ids, fields: fieldsOf(form) })
      if (target) void offer(contactId, target.id)
      done(contactId)
    } catch (error) {
      setTrouble(troubleOf(error))
      setSaving(false)
    }
  }
  const remove = async () => {
    if (!contact) return
    try {
      await bridge.send('contacts.remove', { contactId: contact.id })
      done(null)
    } catch (error) {
      setTrouble(troubleOf(error))
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.nativeEvent.isComposing) {
      event.preventDefault()
      void save()
    }
  }
  const phone = (at: number, change: Partial<FormFields['phones'][number]>) =>
    set({ phones: form.phones.map((each, index) => (index === at ? { ...each, ...change } : each)) })
  const name = (id: string) => crmName({ connections, crmKinds: kinds }, id) ?? t('crm')

  return (
    <form
      ref={element}
      className={styles.form}
      aria-label={contact ? t('form.edit') : t('form.new')}
      noValidate
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <TextInput
        size="xs"
        label={t('form.name')}
        data-line="name"
        value={form.name}
        maxLength={most.name}
        dir="auto"
        required
        error={problem?.field === 'name' ? t('form.nameMissing') : null}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <OrganizationField value={form.organization} onChange={(organization) => set({ organization })} />
      <TextInput
        size="xs"
        label={t('form.jobTitle')}
        value={form.jobTitle}
        maxLength={most.line}
        dir="auto"
        onChange={(event) => set({ jobTitle: event.currentTarget.value })}
      />
      <fieldset className={styles.lines}>
        <Input.Label component={'legend' as 'label'} size="xs">
          {t('numbers')}
        </Input.Label>
        {form.phones.map(({ raw, type }, at) => (
          <div key={at} className={styles.line}>
            <TextInput
              size="xs"
              type="tel"
              className={styles.wide}
              aria-label={t('form.numberAt', { at: at + 1 })}
              data-line={`phone-${at}`}
              value={raw}
              maxLength={most.raw}
              error={problem?.field === 'phone' && problem.at === at ? t('form.notANumber') : null}
              onChange={(event) => phone(at, { raw: event.currentTarget.value })}
            />
            <NativeSelect
              size="xs"
              aria-label={t('form.typeAt', { at: at + 1 })}
              value={type}
              data={phoneTypes.map((value) => ({ value, label: t(`phone:phoneType.${value}`) }))}
              onChange={(event) => phone(at, { type: event.currentTarget.value as (typeof phoneTypes)[number] })}
            />
            <Remove label={t('form.removeNumberAt', { at: at + 1 })} onClick={() => set({ phones: form.phones.toSpliced(at, 1) })} />
          </div>
        ))}
        {form.phones.length < most.phones ? (
          <Add label={t('form.addNumber')} onClick={() => set({ phones: [...form.phones, { raw: '', type: 'mobile' }] })} />
        ) : null}
      </fieldset>
      <fieldset className={styles.lines}>
        <Input.Label component={'legend' as 'label'} size="xs">
          {t('emails')}
        </Input.Label>
        {form.emails.map((email, at) => (
          <div key={at} className={styles.line}>
            <TextInput
              size="xs"
              type="email"
              className={styles.wide}
              aria-label={t('form.emailAt', { at: at + 1 })}
              data-line={`email-${at}`}
              value={email}
              maxLength={most.email}
              error={problem?.field === 'email' && problem.at === at ? t('form.notAnEmail') : null}
              onChange={(event) => {
                const { value } = event.currentTarget
                set({ emails: form.emails.map((each, index) => (index === at ? value : each)) })
              }}
            />
            <Remove label={t('form.removeEmailAt', { at: at + 1 })} onClick={() => set({ emails: form.emails.toSpliced(at, 1) })} />
          </div>
        ))}
        {form.emails.length < most.emails ? <Add label={t('form.addEmail')} onClick={() => set({ emails: [...form.emails, ''] })} /> : null}
      </fieldset>
      <NativeSelect
        size="xs"
        label={t('form.country')}
        description={t('form.countryHint')}
        data={countries}
        value={form.country}
        onChange={(event) => set({ country: event.currentTarget.value })}
      />
      <Textarea
        size="xs"
        label={t('form.note')}
        autosize
        minRows={2}
        maxRows={10}
        maxLength={most.note}
        dir="auto"
        value={form.note}
        onChange={(event) => set({ note: event.currentTarget.value })}
      />
      {trouble ? (
        <div role="alert" className={styles.trouble}>
          <TroubleText trouble={trouble} />
        </div>
      ) : null}
      <footer className={styles.foot}>
        <div className={styles.offer}>
          {targets.length === 1 && targets[0] ? (
            <Checkbox
              size="xs"
              label={t(held ? 'form.alsoChange' : 'form.alsoCreate', { crm: name(targets[0].id) })}
              checked={target !== null}
              onChange={(event) => choose(event.currentTarget.checked ? (targets[0]?.id ?? '') : '')}
            />
          ) : null}
          {targets.length > 1 ? (
            <NativeSelect
              size="xs"
              label={t('form.alsoCreateIn')}
              value={target?.id ?? ''}
              data={[{ value: '', label: t('form.nowhereElse') }, ...targets.map(({ id }) => ({ value: id, label: name(id) }))]}
              onChange={(event) => choose(event.currentTarget.value)}
            />
          ) : null}
        </div>
        {contact && !held && removing !== true ? (
          <Button
            size="xs"
            variant="subtle"
            color="red"
            className={styles.remove}
            autoFocus={removing === 'kept'}
            onClick={() => setRemoving(true)}
          >
            {t('form.remove')}
          </Button>
        ) : null}
        {removing === true ? (
          <div role="alert" className={styles.ask}>
            <span>{t('form.removeAsk')}</span>
            <Button size="compact-xs" color="red" onClick={() => void remove()}>
              {t('form.removeYes')}
            </Button>
            <Button size="compact-xs" variant="default" autoFocus onClick={() => setRemoving('kept')}>
              {t('form.removeNo')}
            </Button>
          </div>
        ) : (
          <>
            <Button size="xs" variant="default" onClick={() => done(null)}>
              {t('form.cancel')}
            </Button>
            <Button size="xs" type="submit" loading={saving}>
              {t('form.save')}
            </Button>
          </>
        )}
      </footer>
    </form>
  )
}

/** Known organizations are offered as they are written; any other name makes one. */
function OrganizationField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation('contact')
  const asked = value.trim()
  const { data } = useAsk('organizations.list', asked.length < 2 ? null : { query: asked.slice(0, 200), limit: 6 })
  const names = [...new Set((data?.rows ?? []).map(({ name }) => name))]
  return (
    <Autocomplete
      size="xs"
      label={t('organization')}
      value={value}
      maxLength={most.line}
      dir="auto"
      data={names}
      // Main has already searched, in any word order and without accents.
      filter={({ options }) => options}
      onChange={onChange}
      comboboxProps={{ transitionProps: { duration: 0 }, withinPortal: false }}
    />
  )
}

function Remove({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <ActionIcon size={30} variant="subtle" color="gray" aria-label={label} title={label} onClick={onClick}>
      <IconX size={15} aria-hidden />
    </ActionIcon>
  )
}

function Add({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button type="button" className={styles.add} onClick={onClick}>
      <IconPlus size={14} aria-hidden /> {label}
    </button>
  )
}
