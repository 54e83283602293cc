/** Commands of the contract that are being built: each says so. Whoever builds one takes it out of here. */
import type { Handlers } from './bridge/bridge'
import { TroubleError } from './trouble'

const notYet = (): never => {
  throw new TroubleError('app.notYet')
}

export const unfinished = {
  'contacts.save': notYet,
  'contacts.remove': notYet,
  'contacts.offer': notYet,
  'contacts.revert': notYet,
  'organizations.list': notYet,
  'organizations.get': notYet,
  'deals.list': notYet,
  'deals.get': notYet,
  'directory.suggest': notYet,
  'record.open': notYet,
  'import.begin': notYet,
  'import.piece': notYet,
  'import.preview': notYet,
  'import.run': notYet,
  'import.cancel': notYet,
  'import.batches': notYet,
  'import.undo': notYet,
  'connections.check': notYet,
  'connections.save': notYet,
  'connections.change': notYet,
  'connections.sync': notYet,
  'connections.cancel': notYet,
  'connections.forget': notYet,
} satisfies Partial<Handlers>
