/** The Contacts screen: people, organizations, deals and leads in lists of any length, the chosen one in the side panel. */
import { type KeyboardEvent, useEffect, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { useHasLeads } from '../contact/parts'
import { RecordCard } from '../contact/RecordCard'
import type { RecordRef } from '../contact/records'
import { useApp, useAppStore } from '../context'
import { useKept } from '../paging/use-kept'
import { SidePanel } from '../SidePanel'
import { type DirectoryTab, directoryTabs } from '../state'
import classes from './contacts.module.css'
import { DealsList } from './DealsList'
import { OrganizationsList } from './OrganizationsList'
import { PeopleList } from './PeopleList'

const typeOf = { people: 'contact', organizations: 'organization', deals: 'deal', leads: 'deal' } as const satisfies Record<
  DirectoryTab,
  RecordRef['type']
>

export function ContactsScreen() {
  const { t } = useTranslation('contacts')
  const store = useAppStore()
  const hasLeads = useHasLeads()
  const wanted = useApp((state) => state.directoryTab)
  const created = useApp((state) => state.createdContact)
  const tabs = directoryTabs.filter((each) => each !== 'leads' || hasLeads)
  const tab = tabs.includes(wanted) ? wanted : 'people'
  const [chosen, setChosen] = useKept<Partial<Record<DirectoryTab, number>>>('contacts.chosen', {})
  const selected = chosen[tab] ?? null
  const panel = useId()
  const choose = (id: number | null) => setChosen(id === null ? {} : { [tab]: id })
  useEffect(() => {
    if (created === null) return
    setChosen({ people: created })
    store.setState({ createdContact: null, directoryTab: 'people', panelSide: 'details', sheetOpen: true })
  }, [created, setChosen, store])

  const turnTo = (next: DirectoryTab) => {
    store.setState({ directoryTab: next })
    document.getElementById(`${panel}-${next}`)?.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.indexOf(tab)
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -at, End: tabs.length - 1 - at }[event.key]
    const next = step === undefined ? undefined : tabs[(at + step + tabs.length) % tabs.length]
    if (next === undefined) return
    event.preventDefault()
    turnTo(next)
  }
  const list = {
    selected,
    onOpen: ({ id }: { readonly id: number }) => {
      choose(id)
      store.setState({ panelSide: 'details', sheetOpen: true })
    },
    onClose: () => choose(null),
  }
  return (
    <div className={classes.screen} data-own-scroll>
      <h1 className="rb-only-read">{t('title')}</h1>
      <div role="tablist" aria-label={t('title')} className={classes.tabs} onKeyDown={onKeyDown}>
        {tabs.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`${panel}-${each}`}
            aria-selected={each === tab}
            aria-controls={panel}
            tabIndex={each === tab ? 0 : -1}
            className={classes.tab}
            onClick={() => turnTo(each)}
          >
            {t(`tab.${each}`)}
          </button>
        ))}
      </div>
      <div key={tab} role="tabpanel" id={panel} aria-labelledby={`${panel}-${tab}`} className={classes.tabPanel}>
        {tab === 'people' ? <PeopleList {...list} /> : null}
        {tab === 'organizations' ? <OrganizationsList {...list} /> : null}
        {tab === 'deals' ? <DealsList kind="deal" {...list} /> : null}
        {tab === 'leads' ? <DealsList kind="lead" {...list} /> : null}
      </div>
      {selected !== null && (
        <SidePanel label={t(`one.${tab}`)} onClose={() => choose(null)}>
          <RecordCard key={`${tab} ${selected}`} start={{ type: typeOf[tab], id: selected }} />
        </SidePanel>
      )}
    </div>
  )
}
