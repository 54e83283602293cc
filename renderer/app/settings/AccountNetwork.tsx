/** The account's form: which servers it uses, how it signs in to them, and how its sound travels. */
import { ActionIcon, Button, Checkbox, PasswordInput, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { MoveButtons } from './AccountCalls'
import type { AccountFields } from './account-fields'
import { completeServer, type IceEntry, mostServers, moved } from './account-form'
import classes from './account-form.module.css'
import settings from './settings.module.css'

export function AccountNetwork(fields: AccountFields) {
  const { t } = useTranslation('settings')
  const { entry, set, text, errorAt } = fields
  return (
    <>
      <FurtherServers {...fields} />
      <div className={settings.pair}>
        <TextInput {...text('domain', 255)} description={t('account.domainHint')} />
        <TextInput {...text('authUser', 120)} description={t('account.authUserHint')} />
      </div>
      <TextInput {...text('outboundProxy', 300)} description={t('account.outboundProxyHint')} placeholder="sip:proxy.example.com;lr" />
      <Authority {...fields} />
      <IceServers {...fields} />
      <Checkbox
        size="sm"
        name="relayOnly"
        label={t('account.relayOnly')}
        description={t('account.relayOnlyHint')}
        checked={entry.relayOnly}
        error={errorAt('relayOnly')}
        onChange={(event) => set({ relayOnly: event.currentTarget.checked })}
      />
    </>
  )
}

function FurtherServers({ entry, set, errorAt }: AccountFields) {
  const { t } = useTranslation('settings')
  const change = (index: number, server: string) =>
    set({ moreServers: entry.moreServers.map((each, at) => (at === index ? server : each)) })
  return (
    <fieldset className={classes.group}>
      <legend>{t('account.moreServers')}</legend>
      <p className={settings.hint}>{t('account.moreServersHint')}</p>
      {entry.moreServers.map((server, index) => (
        <div key={`${index}/${entry.moreServers.length}`} className={classes.server}>
          <TextInput
            name={`moreServers.${index}`}
            className={classes.address}
            aria-label={t('account.moreServer', { number: index + 1 })}
            placeholder="wss://pbx2.example.com/ws"
            value={server}
            error={errorAt(`moreServers.${index}`)}
            maxLength={300}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => change(index, event.currentTarget.value)}
            onBlur={() => change(index, completeServer(server))}
          />
          <MoveButtons
            name={t('account.moreServerName', { number: index + 1 })}
            index={index}
            count={entry.moreServers.length}
            onMove={(by) => set({ moreServers: moved(entry.moreServers, index, by) })}
          />
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={t('account.moreServerRemove', { number: index + 1 })}
            onClick={() => set({ moreServers: entry.moreServers.filter((_, at) => at !== index) })}
          >
            <IconX size={14} aria-hidden />
          </ActionIcon>
        </div>
      ))}
      {entry.moreServers.length < mostServers && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => set({ moreServers: [...entry.moreServers, ''] })}
        >
          {t('account.moreServerAdd')}
        </Button>
      )}
    </fieldset>
  )
}

/** Characters that an authority's file may have; as the contract has it. */
const largestFile = 100_000

function Authority({ entry, set, errorAt }: AccountFields) {
  const { t } = useTranslation('settings')
  const file = useRef<HTMLInputElement>(null)
  const [tooLarge, setTooLarge] = useState(false)
  const read = async (chosen: File | undefined) => {
    if (!chosen) return
    setTooLarge(chosen.size > largestFile)
    if (chosen.size <= largestFile) set({ authority: await chosen.text() })
  }
  return (
    <div className={classes.authority}>
      <Textarea
        name="authority"
        label={t('account.authority')}
        description={t('account.authorityHint')}
        value={entry.authority}
        error={tooLarge ? t('account.authorityTooLarge') : errorAt('authority')}
        rows={4}
        maxLength={largestFile}
        spellCheck={false}
        autoComplete="off"
        classNames={{ input: classes.pem }}
        onChange={(event) => {
          setTooLarge(false)
          set({ authority: event.currentTarget.value })
        }}
      />
      <input
        ref={file}
        type="file"
        hidden
        aria-hidden
        tabIndex={-1}
        accept=".pem,.crt,.cer,.ca-bundle,application/x-pem-file,application/x-x509-ca-cert"
        onChange={(event) => {
          void read(event.currentTarget.files?.[0])
          event.currentTarget.value = ''
        }}
      />
      <Button size="xs" variant="default" onClick={() => file.current?.click()}>
        {t('account.authorityFile')}
      </Button>
    </div>
  )
}

function IceServers({ entry, set, errorAt }: AccountFields) {
  const { t } = useTranslation('settings')
  const change = (index: number, more: Partial<IceEntry>) =>
    set({ iceServers: entry.iceServers.map((ice, at) => (at === index ? { ...ice, ...more } : ice)) })
  return (
    <fieldset className={classes.group}>
      <legend>{t('account.ice')}</legend>
      <p className={settings.hint}>{t('account.iceHint')}</p>
      {entry.iceServers.map((ice, index) => (
        <div key={`${index}/${entry.iceServers.length}`} className={settings.iceServer}>
          <TextInput
            name={`iceServers.${index}`}
            aria-label={t('account.iceUrl', { number: index + 1 })}
            placeholder="turn:turn.example.com?transport=udp"
            value={ice.url}
            error={errorAt(`iceServers.${index}`)}
            spellCheck={false}
            onChange={(event) => change(index, { url: event.currentTarget.value })}
          />
          {/^turn/.test(ice.url.trim()) && (
            <>
              <TextInput
                aria-label={t('account.iceUser', { number: index + 1 })}
                placeholder={t('account.user')}
                value={ice.username}
                autoComplete="off"
                onChange={(event) => change(index, { username: event.currentTarget.value })}
              />
              <PasswordInput
                aria-label={t('account.icePassword', { number: index + 1 })}
                placeholder={ice.hasCredential ? t('account.passwordKept') : t('account.password')}
                value={ice.credential}
                autoComplete="new-password"
                onChange={(event) => change(index, { credential: event.currentTarget.value })}
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
  )
}
