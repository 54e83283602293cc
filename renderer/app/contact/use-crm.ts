/** CRM connections as the views of records speak of them, and telling one of them of a contact. */
import { useCallback } from 'react'
import { useApp, useAppStore, useBridge } from '../context'
import type { AppState } from '../state'

/** The CRM's name; where several connections are of one kind, the connection's. Null for what is no connection. */
export function crmName({ connections, crmKinds }: Pick<AppState, 'connections' | 'crmKinds'>, source: string): string | null {
  const connection = connections.find(({ id }) => id === source)
  if (!connection) return null
  const alone = connections.filter(({ kind }) => kind === connection.kind).length === 1
  return (alone && crmKinds.find(({ kind }) => kind === connection.kind)?.name) || connection.label
}

export function useCrmName(source: string): string | null {
  return useApp((state) => crmName(state, source))
}

/** Tells a CRM of a contact. What comes of it stands with the contact: main keeps a refusal with its reason. */
export function useOffer(): (contactId: number, connectionId?: string) => Promise<void> {
  const bridge = useBridge()
  const store = useAppStore()
  return useCallback(
    async (contactId, connectionId) => {
      if (store.getState().offering.includes(contactId)) return
      store.setState((state) => ({ offering: [...state.offering, contactId] }))
      try {
        await bridge.send('contacts.offer', { contactId, ...(connectionId === undefined ? {} : { connectionId }) })
      } catch {
        // The reason comes with the contact.
      }
      store.setState((state) => ({
        offering: state.offering.filter((each) => each !== contactId),
        contactsRevision: state.contactsRevision + 1,
      }))
    },
    [bridge, store],
  )
}
