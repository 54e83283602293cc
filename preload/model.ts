/**
 * The words of the bridge: what main tells renderers about accounts, calls, contacts and logs, as zod schemas with the
 * types they imply. Pure data: nothing here does anything, so that every process may import it.
 */
export * from './model/accounts'
export * from './model/calls'
export * from './model/common'
export * from './model/contacts'
export * from './model/crm'
export * from './model/import'
export * from './model/settings'
