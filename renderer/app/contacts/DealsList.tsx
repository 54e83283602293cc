/** Deals or leads by title: how much, how far and whom to call about each; narrowed to what is open and to one's own. */
import { Button, NativeSelect } from '@mantine/core'
import { IconBriefcase, IconTargetArrow } from '@tabler/icons-react'
import { memo, useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { DealKind, DealSummary } from '../../../preload/contract'
import { CallButton } from '../CallButton'
import { stageOf } from '../contact/records'
import { useApp, useBridge } from '../context'
import { formatMoney } from '../format'
import { EmptyState } from '../paging/EmptyState'
import type { RowState } from '../paging/LongList'
import { useKept } from '../paging/use-kept'
import { ConnectCrm } from './ConnectCrm'
import classes from './contacts.module.css'
import { DirectoryList } from './DirectoryList'
import { letterOf } from './letters'
import type { ListProps } from './PeopleList'

const statuses = ['open', 'won', 'lost'] as const
interface Filters {
  readonly status: DealSummary['status'] | null
  readonly mine: boolean
}
const atFirst: Filters = { status: 'open', mine: false }

export function DealsList({ kind, selected, onOpen, onClose }: ListProps & { readonly kind: DealKind }) {
  const { t } = useTranslation('contacts')
  const bridge = useBridge()
  const syncs = useApp((state) => state.connections.length > 0)
  const isSomebody = useApp((state) => state.connections.some(({ user }) => user !== null))
  const list = kind === 'deal' ? 'deals' : 'leads'
  const [filters, setFilters] = useKept<Filters>(`${list}.filters`, atFirst)
  const mine = filters.mine && isSomebody
  const { status } = filters
  const row = useCallback((deal: DealSummary, state: RowState) => <Row deal={deal} {...state} />, [])
  const rowName = useCallback(
    (deal: DealSummary) => [deal.title, deal.contact?.name, deal.organization?.name].filter(Boolean).join(', '),
    [],
  )
  const Icon = kind === 'deal' ? IconBriefcase : IconTargetArrow
  return (
    <DirectoryList<DealSummary>
      name={list}
      label={t(`tab.${list}`)}
      searchLabel={t(`${list}.search`)}
      searchHint={t('deals.hint')}
      filters={`${status} ${mine}`}
      fetch={(query, cursor, limit) => bridge.send('deals.list', { kind, query, status, mine, cursor, limit })}
      mark={(deal) => letterOf(deal.title)}
      row={row}
      rowName={rowName}
      rowHeight={51}
      selected={selected}
      onOpen={onOpen}
      onClose={onClose}
      // Won and lost ones exist where open ones do not: «open» hides rows too.
      narrowed={mine || status !== 'open' || syncs}
      controls={() => (
        <>
          <NativeSelect
            size="xs"
            className={classes.filter}
            aria-label={t('deals.status')}
            value={status ?? ''}
            data={[...statuses.map((value) => ({ value, label: t(`phone:dealStatus.${value}`) })), { value: '', label: t('deals.all') }]}
            onChange={(event) => setFilters({ ...filters, status: statuses.find((each) => each === event.currentTarget.value) ?? null })}
          />
          {isSomebody ? (
            <Button
              size="xs"
              className={classes.toggle}
              variant={mine ? 'light' : 'default'}
              aria-pressed={mine}
              onClick={() => setFilters({ ...filters, mine: !mine })}
            >
              {t('deals.mine')}
            </Button>
          ) : null}
        </>
      )}
      none={{ title: t(`${list}.none`), text: t('deals.noneText') }}
      empty={
        <EmptyState icon={<Icon size={28} stroke={1.4} />} title={t(`${list}.empty`)} text={t(`${list}.emptyText`)}>
          <ConnectCrm />
        </EmptyState>
      }
    />
  )
}

const Row = memo(function Row({ deal, tabIndex }: { readonly deal: DealSummary } & RowState) {
  const { t } = useTranslation('contacts')
  const first = deal.phones[0]
  return (
    <>
      <div role="gridcell" className={classes.who}>
        <div className={classes.name}>
          <bdi>{deal.title}</bdi>
        </div>
        <div className={classes.under}>
          {deal.contact && <span dir="auto">{deal.contact.name}</span>}
          {deal.organization && <span dir="auto">{deal.organization.name}</span>}
        </div>
      </div>
      <div role="gridcell" className={classes.money}>
        <span className="rb-figures">{formatMoney(deal.amount, deal.currency)}</span>
        <span className={classes.more} dir="auto">
          {stageOf(deal, t)}
        </span>
      </div>
      <div role="gridcell">
        {first && (
          <CallButton
            number={first.e164 ?? first.raw}
            display={first.display}
            contactId={deal.contact?.id}
            dealId={deal.id}
            compact
            tabIndex={tabIndex}
          />
        )}
      </div>
    </>
  )
})
