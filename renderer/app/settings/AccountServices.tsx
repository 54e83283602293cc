/** The account's form: what its phone system offers besides calls. */
import { Checkbox, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { AccountFields } from './account-fields'
import settings from './settings.module.css'

export function AccountServices({ entry, set, text }: AccountFields) {
  const { t } = useTranslation('settings')
  return (
    <>
      <Checkbox
        size="sm"
        label={t('account.messageWaiting')}
        checked={entry.messageWaiting}
        onChange={(event) => set({ messageWaiting: event.currentTarget.checked })}
      />
      <div className={settings.pair}>
        <TextInput {...text('voicemailNumber', 40)} description={t('account.voicemailHint')} />
        <TextInput {...text('pickupPrefix', 40)} description={t('account.pickupHint')} />
      </div>
      <div className={settings.pair}>
        <TextInput {...text('doNotDisturbOn', 40)} />
        <TextInput {...text('doNotDisturbOff', 40)} />
      </div>
      <p className={settings.hint}>{t('account.doNotDisturbHint')}</p>
      <TextInput {...text('echoNumber', 40)} description={t('account.echoHint')} />
    </>
  )
}
