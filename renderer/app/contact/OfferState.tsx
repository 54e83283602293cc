/** Where a contact is kept: in the CRM, only here, or changed here and not yet there; and what can be done about it. */
import { Button, Loader } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconDeviceLaptop, IconPencil } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { ContactDetail } from '../../../preload/contract'
import { useAct, useApp } from '../context'
import { TroubleText } from '../trouble'
import styles from './ContactCard.module.css'
import { crmName, useCrmName, useOffer } from './use-crm'

export function OfferState({ contact }: { contact: ContactDetail }) {
  const { t } = useTranslation('contact')
  const { id, source } = contact
  const { state, trouble } = contact.offer
  const crm = useCrmName(source)
  const under = useApp((app) => app.offering.includes(id))
  const connections = useApp((app) => app.connections)
  const kinds = useApp((app) => app.crmKinds)
  const offer = useOffer()
  const act = useAct()
  const name = (connectionId: string) => crmName({ connections, crmKinds: kinds }, connectionId) ?? t('crm')
  const failed = trouble !== null && !under && state !== 'none'
  return (
    <div className={styles.offer} data-state={failed ? 'failed' : state} role="status">
      {under ? (
        <span className={styles.offerLine}>
          <Loader size={13} /> {t('offer.under')}
        </span>
      ) : state === 'none' ? (
        <span className={styles.offerLine}>
          {crm ? <IconCheck size={15} aria-hidden /> : <IconDeviceLaptop size={15} aria-hidden />}
          {crm ? t('offer.in', { crm }) : t(source === 'sample' ? 'offer.sample' : 'offer.here')}
        </span>
      ) : (
        <>
          <span className={styles.offerLine}>
            {state === 'new' ? <IconDeviceLaptop size={15} aria-hidden /> : <IconPencil size={15} aria-hidden />}
            {state === 'new' ? t(source === 'import' ? 'offer.imported' : 'offer.here') : t('offer.changed', { crm: crm ?? t('crm') })}
          </span>
          {failed ? (
            <span className={styles.offerTrouble}>
              <IconAlertTriangle size={15} aria-hidden />
              <TroubleText trouble={trouble} />
            </span>
          ) : null}
          <span className={styles.offerButtons}>
            {state === 'changed' ? (
              <>
                <Button size="compact-xs" variant="light" onClick={() => void offer(id)}>
                  {failed ? t('shell:retry') : t('offer.put', { crm: crm ?? t('crm') })}
                </Button>
                <Button size="compact-xs" variant="default" onClick={() => void act('contacts.revert', { contactId: id })}>
                  {t('offer.revert', { crm: crm ?? t('crm') })}
                </Button>
              </>
            ) : (
              connections.map((connection) => (
                <Button key={connection.id} size="compact-xs" variant="light" onClick={() => void offer(id, connection.id)}>
                  {failed && connections.length === 1 ? t('shell:retry') : t('offer.create', { crm: name(connection.id) })}
                </Button>
              ))
            )}
          </span>
        </>
      )}
    </div>
  )
}
