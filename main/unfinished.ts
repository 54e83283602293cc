/** Commands of the contract whose subjects are being built; each goes from here when its subject takes it over. */
import type { Handlers } from './bridge/bridge'
import { TroubleError } from './trouble'

const notYet = () => {
  throw new TroubleError('app.notYet')
}

export const unfinished = {
  'call.last': notYet,
  'call.hold': notYet,
  'call.transfer': notYet,
  'call.consult': notYet,
  'call.connect': notYet,
  'call.referral': notYet,
  'call.forward': notYet,
  'conference.start': notYet,
  'conference.mute': notYet,
  'conference.split': notYet,
  'conference.leave': notYet,
  'recording.start': notYet,
  'recording.stop': notYet,
  'recording.save': notYet,
  'recording.remove': notYet,
  'colleague.pickUp': notYet,
  'voicemail.listen': notYet,
  'media.recorded': notYet,
} satisfies Partial<Handlers>
