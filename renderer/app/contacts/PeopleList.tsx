/** Everyone, or an organization's people: with import, samples and a contact of one's own. */
import { ActionIcon, Button, CloseButton, Loader } from '@mantine/core'
import { IconAddressBook, IconFileImport, IconUserPlus } from '@tabler/icons-react'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { ContactSummary } from '../../../preload/contract'
import { compose } from '../contact/Composer'
import { useAct, useApp, useAppStore, useBridge } from '../context'
import { formatNumber } from '../format'
import { EmptyState } from '../paging/EmptyState'
import type { RowState } from '../paging/LongList'
import { useKept } from '../paging/use-kept'
import { ConnectCrm } from './ConnectCrm'
import { ContactRow } from './ContactRow'
import classes from './contacts.module.css'
import { DirectoryList } from './DirectoryList'
import { ImportView, useImportFlow } from './import/ImportView'
import { letterOf } from './letters'

export interface ListProps {
  readonly selected: number | null
  readonly onOpen: (row: { readonly id: number }) => void
  readonly onClose: () => void
}

export function PeopleList({ selected, onOpen, onClose }: ListProps) {
  const { t } = useTranslation('contacts')
  const bridge = useBridge()
  const store = useAppStore()
  const act = useAct()
  const count = useApp((state) => state.contactCount)
  const samples = useApp((state) => state.samples)
  const syncs = useApp((state) => state.connections.length > 0)
  const of = useApp((state) => state.peopleOf)
  const { state: importing } = useImportFlow()
  const [importOpen, setImportOpen] = useKept('contacts.importOpen', false)
  const row = useCallback((contact: ContactSummary, rowState: RowState) => <ContactRow contact={contact} {...rowState} />, [])
  const rowName = useCallback((contact: ContactSummary) => [contact.name, contact.organization].filter(Boolean).join(', '), [])

  const importButton = (
    <Button
      size="xs"
      variant="default"
      leftSection={importing.stage === 'running' ? <Loader size={13} aria-hidden /> : <IconFileImport size={15} aria-hidden />}
      onClick={() => setImportOpen(true)}
    >
      {t('import.button')}
    </Button>
  )
  const create = () => compose(store, { callId: null, number: '', name: '' })
  const offer = samples === 'offered'
  const sampleButtons = (
    <>
      <Button size="xs" onClick={() => void act('samples.load', {})}>
        {t('samples.add')}
      </Button>
      <Button size="xs" variant="subtle" onClick={() => void act('samples.decline', {})}>
        {t('samples.decline')}
      </Button>
    </>
  )
  if (importOpen) return <ImportView onClose={() => setImportOpen(false)} />
  return (
    <DirectoryList<ContactSummary>
      name="contacts"
      label={t('title')}
      searchLabel={t('search')}
      searchHint={of ? t('searchIn', { name: of.name }) : count > 0 ? t('searchHint', { count, number: formatNumber(count) }) : t('search')}
      filters={of ? String(of.id) : ''}
      fetch={(query, cursor, limit) => bridge.send('contacts.list', { query, cursor, limit, ...(of ? { organizationId: of.id } : {}) })}
      mark={(contact) => letterOf(contact.name)}
      row={row}
      rowName={rowName}
      rowHeight={51}
      selected={selected}
      onOpen={onOpen}
      onClose={onClose}
      narrowed={of !== null}
      controls={(bare) => (
        <>
          <ActionIcon size={30} variant="default" aria-label={t('create')} title={t('create')} onClick={create}>
            <IconUserPlus size={16} aria-hidden />
          </ActionIcon>
          {/* While nobody is there the one in the middle counts: a button must not move from under the pointer as the list arrives. */}
          {!bare && count > 0 && importButton}
        </>
      )}
      above={
        <>
          {of ? (
            <div className={classes.only}>
              <span>
                {t('onlyOf')} <bdi>{of.name}</bdi>
              </span>
              <CloseButton size="sm" aria-label={t('everyone')} title={t('everyone')} onClick={() => store.setState({ peopleOf: null })} />
            </div>
          ) : null}
          {offer && count > 0 && (
            <div className={classes.offer}>
              <span>{t('samples.offer')}</span>
              <div className={classes.offerButtons}>{sampleButtons}</div>
            </div>
          )}
        </>
      }
      none={{ title: t('none.title'), text: t('none.text') }}
      empty={
        <EmptyState
          icon={<IconAddressBook size={28} stroke={1.4} />}
          title={t('empty.title')}
          text={t(syncs ? 'empty.textSync' : offer ? 'empty.textOffer' : 'empty.text')}
        >
          {importButton}
          <ConnectCrm />
          {offer && sampleButtons}
        </EmptyState>
      }
    />
  )
}
