/** HubSpot, read with a private app's token: companies, contacts, deals and, where the account has them, leads. */
import type { Crm } from '../crm'
import { createContact, updateContact } from './change'
import { configOf, prepared } from './config'
import { connect } from './connect'
import { refresh, search } from './lookup'
import { begin, fetchPage, pageCost } from './pages'
import { readPage } from './read'
import { limitsOf, ownId, pace, scopes, serviceHost, serviceName, webPage } from './service'
import { idOf } from './shape'

export const hubspot: Crm = {
  kind: 'hubspot',
  name: serviceName,
  domain: null,
  leads: true,
  scopes: [...Object.keys(scopes.needed), ...Object.keys(scopes.optional), ...scopes.untold],
  sites: ['hubspot.com'],
  objects: ['users', 'stages', 'organizations', 'contacts', 'deals', 'leads'],
  pace,
  origin: () => `https://${serviceHost}`,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  limits: limitsOf,
  connect,
  prepare: prepared,
  begin,
  fetchPage,
  pageCost: (_object, cursor) => pageCost(cursor),
  readPage,
  search,
  refresh,
  page(type, externalId, config) {
    const { portal, webHost } = configOf(config)
    const id = idOf(ownId(externalId))
    return portal === null || id === null ? null : webPage(type, portal, webHost, id)
  },
  createContact,
  updateContact,
}
