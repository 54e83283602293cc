/** The sample contacts of the first run: offered once, loaded or declined by the rep, never forced. */

import type { Phone, Snapshot } from '../../preload/contract'
import samples from '../../resources/samples/contacts.json'
import type { JobContext } from '../store/job'
import type { Store } from '../store/store'
import { ContactWriter, cleanContact } from './contact-writer'

export type SamplesState = Snapshot['samples']
const key = 'samples'

export function samplesState(store: Store): SamplesState {
  const value = store.db.prepare<[string], string>('SELECT value FROM settings WHERE key = ?').pluck().get(key)
  return value === '"loaded"' ? 'loaded' : value === '"declined"' ? 'declined' : 'offered'
}

export function keepSamplesState(store: Store, state: SamplesState): void {
  store.write(
    () => {
      const keep = 'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'
      store.db.prepare(keep).run(key, JSON.stringify(state))
    },
    { durable: true, key },
  )
}

/** The write job behind `samples.load`: adds the samples that are not there yet and answers with how many. */
export async function addSamples(context: JobContext): Promise<number> {
  const { now } = context.input as { now: number }
  const writer = new ContactWriter(context.db, 'sample', () => now)
  let added = 0
  await context.each(samples, ({ id, phones, ...sample }) => {
    const typed = phones.map(({ raw, type }) => ({ raw, type: type as Phone['type'] }))
    const contact = cleanContact({ ...sample, phones: typed, externalId: id }, sample.country)
    if (writer.find(contact) !== null) return
    writer.insert(contact)
    added++
  })
  return added
}
