/** What a token opens: whose account, what it may do and should not, and who the rep is there. */
import { Select } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheckFilled, IconCirclePlus, IconHelpCircle, IconX } from '@tabler/icons-react'
import type { Ref } from 'react'
import { useTranslation } from 'react-i18next'
import type { CrmIdentity, CrmUser } from '../../../preload/contract'
import { TroubleText, useDescribeTrouble } from '../trouble'
import { choosable } from './connect-form'
import crm from './crm.module.css'

const marks = { missing: IconX, excess: IconCirclePlus, granted: IconCircleCheckFilled, unknown: IconHelpCircle }
const order = ['missing', 'granted', 'unknown', 'excess'] as const
/** More rows than these are found by typing. */
const shownUsers = 50

export function ConnectionFound({ identity, ref }: { readonly identity: CrmIdentity; readonly ref: Ref<HTMLDivElement> }) {
  const { t } = useTranslation('crm')
  const describe = useDescribeTrouble()
  const { account, user, scopes, warnings } = identity
  const rows = order.flatMap((state) => {
    const names = scopes.filter((scope) => scope.state === state).map(({ name }) => name)
    return names.length > 0 ? [{ state, names: names.join(', '), Mark: marks[state] }] : []
  })
  return (
    <div ref={ref} tabIndex={-1} role="group" aria-label={t('form.permissions')} className={crm.found}>
      <p className={crm.opens} role="status">
        <IconCircleCheckFilled size={17} aria-hidden />
        <span dir="auto">{user ? t('form.belongs', { account, name: user.name }) : t('form.account', { account })}</span>
      </p>
      {warnings.map((warning) => (
        <div key={`${warning.code} ${JSON.stringify(warning.params)}`} className={crm.warning}>
          <IconAlertTriangle size={15} aria-hidden />
          {warning.detail ? <TroubleText trouble={warning} /> : <span>{describe(warning)}</span>}
        </div>
      ))}
      {rows.length > 0 && (
        <dl className={crm.scopes}>
          {rows.map(({ state, names, Mark }) => (
            <div key={state} className={crm.scope} data-state={state}>
              <dt>
                <Mark size={14} aria-hidden /> {t(`form.scope.${state}`)}
              </dt>
              <dd className={crm.names}>{names}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  )
}

interface WhoProps {
  readonly users: readonly CrmUser[]
  /** The CRM has said who is there, or is being asked. */
  readonly listed: boolean
  readonly chosen: CrmUser | null
  readonly onChoose: (user: CrmUser | null) => void
}

export function WhoYouAre({ users, listed, chosen, onChoose }: WhoProps) {
  const { t } = useTranslation('crm')
  const all = choosable(users, chosen)
  const words = ({ name, email }: CrmUser) => (email ? `${name} (${email})` : name)
  return (
    <Select
      label={t('form.who')}
      description={t(!listed ? 'form.usersMissing' : chosen ? 'form.whoHint' : 'form.nobodyHint')}
      inputWrapperOrder={['label', 'input', 'error', 'description']}
      data={[{ value: '', label: t('form.nobody') }, ...all.map((user) => ({ value: user.id, label: words(user) }))]}
      value={chosen?.id ?? ''}
      searchable
      allowDeselect={false}
      limit={shownUsers}
      maxDropdownHeight={240}
      nothingFoundMessage={t('form.noUser')}
      onChange={(id) => onChoose(all.find((user) => user.id === id) ?? null)}
    />
  )
}
