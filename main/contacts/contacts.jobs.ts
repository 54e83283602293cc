/** What of contacts runs in the store's worker threads. */
import type { Database } from 'better-sqlite3'
import type { JobFile } from '../store/job'
import { ContactSearch, type ListInput } from './search'

/** Statements are prepared once a connection. */
const searches = new WeakMap<Database, ContactSearch>()

function searchOn(db: Database): ContactSearch {
  const known = searches.get(db)
  if (known) return known
  const made = new ContactSearch(db)
  searches.set(db, made)
  return made
}

export const jobs: JobFile['jobs'] = {
  list: ({ db, input }) => searchOn(db).list(input as ListInput),
  // Loaded when asked for: a search needs neither the parsers nor the samples.
  import: async (context) => (await import('./import/import')).importContacts(context),
  samples: async (context) => (await import('./samples')).addSamples(context),
}
