/** The Contacts screen: search by name or digits, a list of any length, import, and the chosen person in the side panel. */
import { Button, CloseButton, Loader, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAddressBook, IconDatabaseShare, IconFileImport, IconMoodEmpty, IconSearch } from '@tabler/icons-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ContactSummary } from '../../../preload/contract'
import { ContactCard } from '../contact/ContactCard'
import { troubleOf, useAct, useApp, useAppStore, useBridge } from '../context'
import { formatNumber } from '../format'
import { EmptyState } from '../paging/EmptyState'
import { downIntoList, LongList, type RowState } from '../paging/LongList'
import { useKept } from '../paging/use-kept'
import { usePages } from '../paging/use-pages'
import { SidePanel } from '../SidePanel'
import { TroubleText } from '../trouble'
import { ContactRow } from './ContactRow'
import classes from './contacts.module.css'
import { base64Of, largestFile } from './file'
import { type Import, ImportReport } from './ImportReport'
import { letterOf } from './letters'

export function ContactsScreen() {
  const { t } = useTranslation('contacts')
  const bridge = useBridge()
  const store = useAppStore()
  const act = useAct()
  const count = useApp((state) => state.contactCount)
  const samples = useApp((state) => state.samples)
  const canConnect = useApp((state) => state.connections.length === 0 && state.crmKinds.length > 0)
  const [selected, setSelected] = useState<number | null>(null)
  const [text, setText] = useKept('contacts.text', '')
  const [asked] = useDebouncedValue(text.trim(), text === '' ? 0 : 120)
  const [imported, setImported] = useState<Import | null>(null)
  const picker = useRef<HTMLInputElement>(null)
  const shown = usePages<ContactSummary>('contacts', asked, {
    fetch: (cursor, limit) => bridge.send('contacts.list', { query: asked, cursor, limit }),
    key: (contact) => String(contact.id),
    mark: (contact) => (asked === '' ? letterOf(contact.name) : ''),
    troubleOf,
  })
  const { pages, state } = shown
  useEffect(() => {
    const stops = [bridge.on('contacts.changed', () => pages.refresh()), bridge.onConnection((connected) => connected && pages.refresh())]
    return () => {
      for (const stop of stops) stop()
    }
  }, [bridge, pages])

  const open = useCallback(
    (contact: ContactSummary) => {
      setSelected(contact.id)
      store.setState({ panelSide: 'details', sheetOpen: true })
    },
    [store],
  )
  const row = useCallback((contact: ContactSummary, rowState: RowState) => <ContactRow contact={contact} {...rowState} />, [])
  const heading = useCallback((mark: string) => mark || null, [])
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
  const crmButton = canConnect && (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconDatabaseShare size={15} aria-hidden />}
      onClick={() => store.setState({ screen: 'settings', askedConnection: 'new' })}
    >
      {t('empty.connect')}
    </Button>
  )
  const nothing = state.status === 'ready' && state.entries.length === 0
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
    <div className={classes.screen} data-own-scroll>
      <h1 className="rb-only-read">{t('title')}</h1>
      <search className={classes.controls}>
        <TextInput
          className={classes.search}
          size="xs"
          aria-label={t('search')}
          placeholder={count > 0 ? t('searchHint', { count, number: formatNumber(count) }) : t('search')}
          leftSection={<IconSearch size={15} aria-hidden />}
          rightSection={text ? <CloseButton size="xs" aria-label={t('clearSearch')} onClick={() => setText('')} /> : null}
          value={text}
          maxLength={200}
          dir="auto"
          onKeyDown={downIntoList}
          onChange={(event) => setText(event.currentTarget.value)}
        />
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
        {!(nothing && asked === '') && importButton}
      </search>
      {imported && <ImportReport result={imported} onClose={() => setImported(null)} />}
      {offer && count > 0 && (
        <div className={classes.offer}>
          <span>{t('samples.offer')}</span>
          <div className={classes.offerButtons}>{sampleButtons}</div>
        </div>
      )}
      {state.status === 'failed' && state.trouble && (
        <div role="alert" className={classes.offer}>
          <TroubleText trouble={state.trouble} />
          <Button size="xs" variant="default" onClick={() => pages.retry()}>
            {t('retry')}
          </Button>
        </div>
      )}
      {state.status === 'loading' && state.entries.length === 0 && <EmptyState icon={<Loader size={22} />} text={t('loading')} />}
      {nothing && asked !== '' && (
        <EmptyState icon={<IconMoodEmpty size={28} stroke={1.4} />} title={t('none.title')} text={t('none.text')} />
      )}
      {nothing && asked === '' && (
        <EmptyState
          icon={<IconAddressBook size={28} stroke={1.4} />}
          title={t('empty.title')}
          text={offer ? t('empty.textOffer') : t('empty.text')}
        >
          {importButton}
          {crmButton}
          {offer && sampleButtons}
        </EmptyState>
      )}
      {state.entries.length > 0 && (
        <div className={classes.rows}>
          <LongList
            label={t('title')}
            shown={shown}
            row={row}
            heading={heading}
            rowName={rowName}
            selected={selected === null ? null : String(selected)}
            onOpen={open}
            onClose={() => setSelected(null)}
            rowHeight={51}
            loadingText={t('loading')}
          />
        </div>
      )}
      {selected !== null && (
        <SidePanel label={t('contact')} onClose={() => setSelected(null)}>
          <ContactCard key={selected} contactId={selected} />
        </SidePanel>
      )}
    </div>
  )
}
