/**
 * Connecting a CRM, or changing a connection: the token is checked before anything is kept, then shown what it opens, and the
 * rep says who he is there. What went wrong stands beside its field, and nothing that was typed is lost by it.
 */
import { Button, Checkbox, Loader, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection, CrmIdentity, CrmKind, CrmUser, Trouble } from '../../../preload/contract'
import { troubleOf, useApp, useBridge } from '../context'
import { TroubleText, useDescribeTrouble } from '../trouble'
import { ConnectionFound, WhoYouAre } from './ConnectionFound'
import { type Entry, faultOf, fieldOf, inputOf, isNew, ownPart } from './connect-form'
import { needsToken } from './connection-words'
import crm from './crm.module.css'
import { focusSoon } from './focus-field'
import classes from './settings.module.css'

interface Props {
  /** The connection to change; null: a new one. */
  readonly connection: Connection | null
  readonly onDone: () => void
}

/** What is typed is kept for each kind: a token must not go to another CRM because the wrong one was chosen first. */
type Typed = Readonly<Record<string, { domain: string; token: string }>>
const keyOf = ({ kind, domain, token }: Entry) => JSON.stringify([kind, domain.trim(), token.trim()])

export function ConnectForm({ connection, onDone }: Props) {
  const { t, i18n } = useTranslation('crm')
  const bridge = useBridge()
  const describe = useDescribeTrouble()
  const keyring = useApp((state) => state.secrets)
  const kinds = useApp((state) => state.crmKinds)
  const [kindName, setKind] = useState(connection?.kind ?? kinds[0]?.kind ?? '')
  const [typed, setTyped] = useState<Typed>(connection ? { [connection.kind]: { domain: connection.domain, token: '' } } : {})
  const [label, setLabel] = useState(connection?.label ?? '')
  const [plainFile, setPlainFile] = useState(keyring.plainFileInUse)
  /** Undefined: the rep has not said. */
  const [user, setUser] = useState<CrmUser | null | undefined>(connection ? connection.user : undefined)
  const [checked, setChecked] = useState<{ key: string; identity: CrmIdentity } | null>(null)
  const [busy, setBusy] = useState<'checking' | 'saving' | null>(null)
  const [fault, setFault] = useState<ReturnType<typeof faultOf>>(null)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const found = useRef<HTMLDivElement>(null)
  const latest = useRef(0)

  const kind: CrmKind | undefined = kinds.find((one) => one.kind === kindName)
  const name = kind?.name ?? kindName
  const entry: Entry = { kind: kindName, ...(typed[kindName] ?? { domain: '', token: '' }) }
  const key = keyOf(entry)
  const identity = checked?.key === key ? checked.identity : null
  const mustCheck = isNew(entry, connection) && identity === null
  const chosen = user === undefined ? (identity?.user ?? null) : user
  const about = { id: connection?.id, label, keyring: keyring.available, plainFile }

  const focus = useCallback((field: string) => {
    focusSoon(() => form.current?.querySelector<HTMLElement>(`[name="${field}"]`))
  }, [])
  const type = (change: Partial<Omit<Entry, 'kind'>>) => {
    latest.current += 1
    setBusy((now) => (now === 'checking' ? null : now))
    setTyped((now) => ({ ...now, [kindName]: { domain: entry.domain, token: entry.token, ...change } }))
    setFault(null)
    setTrouble(null)
  }
  const failed = (error: unknown) => {
    const why = troubleOf(error)
    setTrouble(why)
    const field = fieldOf(why, kind?.domain != null)
    if (field) focus(field)
  }

  const check = async (asked: Entry) => {
    const mine = ++latest.current
    setBusy('checking')
    setTrouble(null)
    try {
      const answer = await bridge.send('connections.check', inputOf(asked, about))
      if (mine !== latest.current) return
      setChecked({ key: keyOf(asked), identity: answer })
      if (isNew(asked, connection)) focusSoon(() => found.current)
    } catch (error) {
      if (mine === latest.current) failed(error)
    } finally {
      if (mine === latest.current) setBusy(null)
    }
  }
  // Who else could be chosen is asked with the kept token, where that still opens anything.
  const begun = useRef(false)
  useEffect(() => {
    if (begun.current) return
    begun.current = true
    form.current?.scrollIntoView({ block: 'nearest' })
    if (connection === null) return focus('kind')
    if (needsToken(connection)) return focus('token')
    focus('label')
    void check(entry)
  })

  const save = async () => {
    setBusy('saving')
    setTrouble(null)
    try {
      if (connection && !isNew(entry, connection))
        await bridge.send('connections.change', { connectionId: connection.id, user: chosen, label: label.trim() || connection.label })
      else await bridge.send('connections.save', { ...inputOf(entry, about), user: chosen })
      onDone()
    } catch (error) {
      setBusy(null)
      failed(error)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    const complete = kind?.domain ? { ...entry, domain: ownPart(entry.domain, kind.domain.suffix) } : entry
    if (complete.domain !== entry.domain) type({ domain: complete.domain })
    const missing = isNew(complete, connection) ? faultOf(complete, kind, connection) : null
    setFault(missing)
    if (missing) return focus(missing.field)
    if (mustCheck) void check(complete)
    else void save()
  }

  const troubleField = trouble ? fieldOf(trouble, kind?.domain != null) : null
  const errorAt = (field: 'domain' | 'token') => {
    if (fault?.field === field) return t(`form.fault.${fault.key}`)
    return trouble && troubleField === field ? describe(trouble) : null
  }
  const worded = (what: 'token' | 'how') => (i18n.exists(`form.${what}.${kindName}`, { ns: 'crm' }) ? kindName : 'other')
  const title = connection ? t('form.edit', { label: connection.label }) : t('form.new')
  return (
    <form ref={form} className={classes.form} aria-label={title} noValidate onSubmit={submit}>
      <h3 className={classes.formTitle}>{title}</h3>
      {connection === null && (
        <fieldset className={crm.kinds}>
          <legend>{t('form.kind')}</legend>
          {kinds.map((one) => (
            <label key={one.kind} className={crm.kind} data-chosen={one.kind === kindName || undefined}>
              <input
                type="radio"
                name="kind"
                value={one.kind}
                checked={one.kind === kindName}
                onChange={() => {
                  latest.current += 1
                  setBusy(null)
                  setKind(one.kind)
                  setUser(undefined)
                  setFault(null)
                  setTrouble(null)
                }}
              />
              {one.name}
            </label>
          ))}
        </fieldset>
      )}
      {connection && (
        <TextInput
          name="label"
          label={t('form.label')}
          description={t('form.labelHint')}
          value={label}
          maxLength={60}
          dir="auto"
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
      )}
      {kind?.domain && (
        <TextInput
          name="domain"
          label={t('form.domain')}
          value={entry.domain}
          error={errorAt('domain')}
          maxLength={100}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="none"
          rightSection={<span className={crm.suffix}>{kind.domain.suffix}</span>}
          rightSectionWidth={`${kind.domain.suffix.length + 2}ch`}
          rightSectionPointerEvents="none"
          onChange={(event) => type({ domain: event.currentTarget.value })}
          onBlur={() => {
            const own = ownPart(entry.domain, kind.domain?.suffix ?? '')
            if (own !== entry.domain) type({ domain: own })
          }}
        />
      )}
      <div className={crm.token}>
        <PasswordInput
          name="token"
          label={t(`form.token.${worded('token')}`)}
          description={t(`form.how.${worded('how')}`, { crm: name })}
          placeholder={connection && !needsToken(connection) ? t('form.tokenKept') : ''}
          value={entry.token}
          error={errorAt('token')}
          maxLength={2000}
          autoComplete="new-password"
          spellCheck={false}
          visibilityToggleButtonProps={{ 'aria-label': t('form.showToken') }}
          onChange={(event) => type({ token: event.currentTarget.value })}
        />
        {kind?.scopes && identity === null && (
          <p className={classes.hint}>
            {t('form.scopes')}: <span className={crm.names}>{kind.scopes.join(', ')}</span>
          </p>
        )}
        {entry.token !== '' &&
          (keyring.available ? (
            <p className={classes.hint}>{t('form.keyring', { name: keyring.name, crm: name })}</p>
          ) : (
            <Checkbox
              size="sm"
              label={t('form.plainFile')}
              description={t('form.plainFileHint')}
              checked={plainFile}
              onChange={(event) => setPlainFile(event.currentTarget.checked)}
            />
          ))}
      </div>
      {busy === 'checking' && (
        <p className={crm.asking} role="status">
          <Loader size={14} /> {t('form.checking', { crm: name })}
        </p>
      )}
      {identity && <ConnectionFound ref={found} identity={identity} />}
      {(identity || (connection && !isNew(entry, connection))) && (
        <WhoYouAre users={identity?.users ?? []} listed={identity !== null || busy === 'checking'} chosen={chosen} onChoose={setUser} />
      )}
      {trouble && troubleField === null && (
        <div role="alert" className={classes.formTrouble}>
          <TroubleText trouble={trouble} />
        </div>
      )}
      <div className={classes.buttons}>
        <Button size="xs" variant="default" onClick={onDone}>
          {t('form.cancel')}
        </Button>
        <Button size="xs" type="submit" loading={busy === 'saving' || (busy === 'checking' && mustCheck)}>
          {t(mustCheck ? 'form.check' : connection ? 'form.save' : 'form.connect')}
        </Button>
      </div>
    </form>
  )
}
