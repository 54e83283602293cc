/** Commands of the contract that are being built: each says so. Whoever builds one takes it out of here. */
import type { Handlers } from './bridge/bridge'
import { TroubleError } from './trouble'

const notYet = (): never => {
  throw new TroubleError('app.notYet')
}

export const unfinished = {
  'directory.suggest': notYet,
  'import.begin': notYet,
  'import.piece': notYet,
  'import.preview': notYet,
  'import.run': notYet,
  'import.cancel': notYet,
  'import.batches': notYet,
  'import.undo': notYet,
} satisfies Partial<Handlers>
