/** Organizations by name, with their people counted and their own numbers to call. */
import { IconBuildingSkyscraper } from '@tabler/icons-react'
import { memo, useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { OrganizationSummary } from '../../../preload/contract'
import { CallButton } from '../CallButton'
import { BuildingMark } from '../contact/records'
import { useBridge } from '../context'
import { countryName, formatNumber } from '../format'
import { EmptyState } from '../paging/EmptyState'
import type { RowState } from '../paging/LongList'
import { ConnectCrm } from './ConnectCrm'
import classes from './contacts.module.css'
import { DirectoryList } from './DirectoryList'
import { letterOf } from './letters'
import type { ListProps } from './PeopleList'

export function OrganizationsList({ selected, onOpen, onClose }: ListProps) {
  const { t } = useTranslation('contacts')
  const bridge = useBridge()
  const row = useCallback((organization: OrganizationSummary, state: RowState) => <Row organization={organization} {...state} />, [])
  return (
    <DirectoryList<OrganizationSummary>
      name="organizations"
      label={t('tab.organizations')}
      searchLabel={t('organizations.search')}
      searchHint={t('organizations.hint')}
      filters=""
      fetch={(query, cursor, limit) => bridge.send('organizations.list', { query, cursor, limit })}
      mark={(organization) => letterOf(organization.name)}
      row={row}
      rowName={(organization) => organization.name}
      rowHeight={51}
      selected={selected}
      onOpen={onOpen}
      onClose={onClose}
      narrowed={false}
      none={{ title: t('organizations.none'), text: t('organizations.noneText') }}
      empty={
        <EmptyState
          icon={<IconBuildingSkyscraper size={28} stroke={1.4} />}
          title={t('organizations.empty')}
          text={t('organizations.emptyText')}
        >
          <ConnectCrm />
        </EmptyState>
      }
    />
  )
}

const Row = memo(function Row({ organization, tabIndex }: { readonly organization: OrganizationSummary } & RowState) {
  const { t } = useTranslation('contacts')
  const { name, people, morePeople, phones } = organization
  const first = phones[0]
  const place = countryName(organization.country)
  return (
    <>
      <div role="gridcell" className={classes.mark}>
        <BuildingMark size={30} />
      </div>
      <div role="gridcell" className={classes.who}>
        <div className={classes.name}>
          <bdi>{name}</bdi>
        </div>
        <div className={classes.under}>
          <span>
            {t(morePeople ? 'organizations.morePeople' : 'organizations.people', { count: people, number: formatNumber(people) })}
          </span>
          {place ? <span>{place}</span> : null}
        </div>
      </div>
      <div role="gridcell" className={classes.number}>
        {first && <span>{first.display}</span>}
        {phones.length > 1 && <span className={classes.more}>{t('moreNumbers', { count: phones.length - 1 })}</span>}
      </div>
      <div role="gridcell">
        {first && <CallButton number={first.e164 ?? first.raw} display={first.display} compact tabIndex={tabIndex} />}
      </div>
    </>
  )
})
