/** Commands of the contract whose subjects are being built; each goes from here when its subject takes it over. */
import type { Handlers } from './bridge/bridge'
import { TroubleError } from './trouble'

const notYet = () => {
  throw new TroubleError('app.notYet')
}

export const unfinished = {
  'colleague.pickUp': notYet,
  'voicemail.listen': notYet,
  'diagnostics.run': notYet,
  'diagnostics.cancel': notYet,
} satisfies Partial<Handlers>
