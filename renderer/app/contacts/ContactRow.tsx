/** One person in Contacts: name, company, and the number to call first. */
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { ContactSummary } from '../../../preload/contract'
import { CallButton } from '../CallButton'
import { Initials } from '../contact/Initials'
import type { RowState } from '../paging/LongList'
import classes from './contacts.module.css'

export const ContactRow = memo(function ContactRow({ contact, tabIndex }: { readonly contact: ContactSummary } & RowState) {
  const { t } = useTranslation('contacts')
  const first = contact.phones.find((phone) => phone.isPrimary) ?? contact.phones[0]
  const more = contact.phones.length - 1
  return (
    <>
      <div role="gridcell" className={classes.mark}>
        <Initials name={contact.name} size="sm" />
      </div>
      <div role="gridcell" className={classes.who}>
        <div className={classes.name}>
          <bdi>{contact.name}</bdi>
        </div>
        {(contact.organization || contact.jobTitle) && (
          <div className={classes.under}>
            {contact.organization && <span dir="auto">{contact.organization}</span>}
            {contact.jobTitle && <span dir="auto">{contact.jobTitle}</span>}
          </div>
        )}
      </div>
      <div role="gridcell" className={classes.number}>
        {first && <span>{first.display}</span>}
        {more > 0 && <span className={classes.more}>{t('moreNumbers', { count: more })}</span>}
      </div>
      <div role="gridcell">
        {first && (
          <CallButton number={first.e164 ?? first.raw} display={first.display} contactId={contact.id} compact tabIndex={tabIndex} />
        )}
      </div>
    </>
  )
})
