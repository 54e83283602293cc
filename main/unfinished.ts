/** Commands of the contract whose subjects are being built; each goes from here when its subject takes it over. */
import type { Handlers } from './bridge/bridge'
import { TroubleError } from './trouble'

const notYet = () => {
  throw new TroubleError('app.notYet')
}

export const unfinished = {
  'recording.start': notYet,
  'recording.stop': notYet,
  'recording.save': notYet,
  'recording.remove': notYet,
  'media.recorded': notYet,
} satisfies Partial<Handlers>
