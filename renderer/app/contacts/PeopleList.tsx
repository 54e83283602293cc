/** Everyone, or an organization's people: with import, samples and a contact of one's own. */
import { ActionIcon, Button, CloseButton } from '@mantine/core'
import { IconAddressBook, IconFileImport, IconUserPlus } from '@tabler/icons-react'
import { useCallback, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ContactSummary } from '../../../preload/contract'
import { compose } from '../contact/Composer'
import { troubleOf, useAct, useApp, useAppStore, useBridge } from '../context'
import { formatNumber } from '../format'
import { EmptyState } from '../paging/EmptyState'
import type { RowState } from '../paging/LongList'
import { ConnectCrm } from './ConnectCrm'
import { ContactRow } from './ContactRow'
import classes from './contacts.module.css'
import { DirectoryList } from './DirectoryList'
import { base64Of, largestFile } from './file'
import { type Import, ImportReport } from './ImportReport'
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
  const [imported, setImported] = useState<Import | null>(null)
  const picker = useRef<HTMLInputElement>(null)
  const row = useCallback((contact: ContactSummary, rowState: RowState) => <ContactRow contact={contact} {...rowState} />, [])
  const rowName = useCallback((contact: ContactSummary) => [contact.name, contact.organization].filter(Boolean).join(', '), [])

  const read = async (file: File) => {
    if (file.size > largestFile) return setImported({ file: file.name, state: 'tooLarge' })
    setImported({ file: file.name, state: 'working' })
    let base64: string
    try {
      base64 = await base64Of(file)
    } catch {
      return setImported({ file: file.name, state: 'unreadable' })
    }
    try {
      const report = await bridge.send('contacts.import', { name: file.name.slice(-255), base64 })
      setImported({ file: file.name, state: 'done', report })
    } catch (error) {
      setImported({ file: file.name, state: 'failed', trouble: troubleOf(error) })
    }
  }
  const importButton = (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconFileImport size={15} aria-hidden />}
      loading={imported?.state === 'working'}
      onClick={() => picker.current?.click()}
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
          <input
            ref={picker}
            type="file"
            hidden
            accept=".csv,.vcf,.vcard,.txt,text/csv,text/vcard"
            aria-label={t('import.file')}
            onChange={(event) => {
              const file = event.currentTarget.files?.[0]
              // The same file chosen again is a new choice.
              event.currentTarget.value = ''
              if (file) void read(file)
            }}
          />
          <ActionIcon size={30} variant="default" aria-label={t('create')} title={t('create')} onClick={create}>
            <IconUserPlus size={16} aria-hidden />
          </ActionIcon>
          {!bare && importButton}
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
          {imported && <ImportReport result={imported} onClose={() => setImported(null)} />}
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
