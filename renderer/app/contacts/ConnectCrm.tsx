/** The way from an empty list to connecting a CRM; nothing where there is one already. */
import { Button } from '@mantine/core'
import { IconDatabaseShare } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useApp, useAppStore } from '../context'

export function ConnectCrm() {
  const { t } = useTranslation('contacts')
  const store = useAppStore()
  const canConnect = useApp((state) => state.connections.length === 0 && state.crmKinds.length > 0)
  if (!canConnect) return null
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconDatabaseShare size={15} aria-hidden />}
      onClick={() => store.setState({ screen: 'settings', askedConnection: 'new' })}
    >
      {t('empty.connect')}
    </Button>
  )
}
