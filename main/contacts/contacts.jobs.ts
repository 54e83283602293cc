/** What of contacts runs in the store's worker threads. */
import type { Database } from 'better-sqlite3'
import type { JobFile } from '../store/job'
import { Deals, type DealsInput } from './deals'
import type { PreviewInput } from './import/source'
import { Organizations, type OrganizationsInput } from './organizations'
import { People, type PeopleInput } from './people'
import { ContactSearch, type ListInput } from './search'
import { type SuggestInput, Suggestions } from './suggest'

/** Statements are prepared once a connection. */
function onceOn<T>(make: new (db: Database) => T): (db: Database) => T {
  const made = new WeakMap<Database, { made: T }>()
  return (db) => {
    const known = made.get(db) ?? { made: new make(db) }
    made.set(db, known)
    return known.made
  }
}
const suggestionsOn = onceOn(Suggestions)
const searchOn = onceOn(ContactSearch)
const peopleOn = onceOn(People)
const organizationsOn = onceOn(Organizations)
const dealsOn = onceOn(Deals)

export const jobs: JobFile['jobs'] = {
  count: ({ db }) => db.prepare('SELECT count(*) FROM contacts').pluck().get(),
  suggest: ({ db, input }) => suggestionsOn(db).contacts(input as SuggestInput),
  suggestAll: ({ db, input }) => suggestionsOn(db).all(input as SuggestInput),
  list: ({ db, input }) => searchOn(db).list(input as ListInput),
  people: ({ db, input }) => peopleOn(db).list(input as PeopleInput),
  organizations: ({ db, input }) => organizationsOn(db).list(input as OrganizationsInput),
  deals: ({ db, input }) => dealsOn(db).list(input as DealsInput),
  // Loaded when asked for: a search needs neither the parsers nor the samples.
  import: async (context) => (await import('./import/import')).importContacts(context),
  preview: async ({ input }) => (await import('./import/source')).previewOf(input as PreviewInput),
  undo: async (context) => (await import('./import/steps')).undoImport(context),
  samples: async (context) => (await import('./samples')).addSamples(context),
}
