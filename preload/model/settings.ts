/** Settings, and the states of colleagues, secrets, audio and self-checks that stand beside them. */
import { z } from 'zod'
import { country, id, trouble } from './common'

/** A device by identity: Chromium's id for this profile, and its label to find it again when the id has changed. */
export const deviceChoice = z
  .object({
    id: z.string().max(200),
    label: z.string().max(300),
    /** Chromium's id of the piece of hardware, which tells two of one name apart. */
    group: z.string().max(200).optional(),
  })
  .nullable()
export const volume = z.number().min(0).max(1)
/** How calls that a rep does not want to take himself are treated. */
export const forwarding = z.object({
  when: z.enum(['never', 'always', 'busy', 'noAnswer']),
  /** Where to, on the same account. */
  to: z.string().trim().max(120),
  /** For `noAnswer`. */
  afterSeconds: z.number().int().min(5).max(55),
})
/** A colleague whose line state is watched (RFC 4235). */
export const colleague = z.object({ id, accountId: id, number: z.string().trim().min(1).max(120), name: z.string().trim().min(1).max(80) })
export type Colleague = z.infer<typeof colleague>
/** What the dialling guard lets pass without asking an administrator; emergency numbers always pass. */
export const diallingGuard = z.object({
  /** Countries that may be called; null: all. The rep's own always may. */
  countries: z.array(country).max(260).nullable(),
  premium: z.boolean(),
  satellite: z.boolean(),
  /** Outgoing calls; 0: no cap. */
  perHour: z.number().int().min(0).max(10_000),
  perDay: z.number().int().min(0).max(100_000),
  /** The first call to a country is confirmed. */
  askNewCountry: z.boolean(),
})
export const settings = z.object({
  /** For numbers without an international prefix, and for the sound of ringback and busy tones. */
  country: country,
  theme: z.enum(['system', 'light', 'dark']),
  microphone: deviceChoice,
  speaker: deviceChoice,
  /** Where it rings, all at once; the speaker when empty. */
  ringers: z.array(deviceChoice.unwrap()).max(6),
  ringVolume: volume,
  /** Ringback, busy and key tones. */
  toneVolume: volume,
  /** The signal of a further call while one is up; soft at its loudest. */
  waitingVolume: volume,
  echoCancellation: z.boolean(),
  noiseSuppression: z.boolean(),
  autoGainControl: z.boolean(),
  /** Calls at once, held and ringing ones too; more hear busy. */
  callLimit: z.number().int().min(1).max(8),
  /** Incoming calls are refused as busy (486) or as unavailable (480). */
  doNotDisturb: z.enum(['off', 'busy', 'unavailable']),
  /** How the rep chose to refuse last, which the button in the top bar goes back to. */
  doNotDisturbAs: z.enum(['busy', 'unavailable']),
  forwarding,
  colleagues: z.array(colleague).max(100),
  /** Numbers whose calls are refused: E.164, or as they are delivered; a trailing `*` stands for the rest. */
  blocked: z.array(z.string().trim().min(1).max(60)).max(2000),
  anonymousCalls: z.enum(['ring', 'decline']),
  guard: diallingGuard,
  recordingFormat: z.enum(['webm', 'wav']),
  /** A spoken sentence tells the other party when recording begins. */
  recordingNotice: z.boolean(),
  /** Where recordings are kept; empty: in the profile. */
  recordingFolder: z.string().trim().max(1000),
  /** Names are looked up for calls at all; each connection has a switch of its own beside it. */
  callerId: z.boolean(),
  /** How often CRMs are asked for what has changed, in minutes. */
  syncMinutes: z.number().int().min(1).max(1440),
  /** HTTP proxy for everything outgoing, `http://host:port`; empty: the system's. */
  proxy: z.string().trim().max(300),
  /** First-run cards that the rep has closed; absent: none. Kept here because a page's own storage goes with its port. */
  closedCards: z
    .array(z.enum(['samples', 'practice', 'account', 'crm']))
    .max(10)
    .optional(),
})
export type Settings = z.infer<typeof settings>
/** Everything but what depends on the machine. */
export const defaultSettings: Omit<Settings, 'country'> = {
  theme: 'system',
  microphone: null,
  speaker: null,
  ringers: [],
  ringVolume: 0.7,
  toneVolume: 0.5,
  waitingVolume: 0.25,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  callLimit: 4,
  doNotDisturb: 'off',
  doNotDisturbAs: 'busy',
  forwarding: { when: 'never', to: '', afterSeconds: 20 },
  colleagues: [],
  blocked: [],
  anonymousCalls: 'ring',
  guard: { countries: null, premium: false, satellite: false, perHour: 0, perDay: 0, askNewCountry: true },
  recordingFormat: 'webm',
  recordingNotice: false,
  recordingFolder: '',
  callerId: true,
  syncMinutes: 15,
  proxy: '',
}

/** A watched colleague's line: `early` is a phone that rings there. */
export const lineState = z.enum(['unknown', 'idle', 'ringing', 'busy', 'offline'])
export const colleagueState = z.object({
  id,
  state: lineState,
  /** Who rings there, when the PBX says; for reading. */
  caller: z.string().nullable(),
  /** Why the state is not known. */
  trouble: trouble.nullable(),
})
export type ColleagueState = z.infer<typeof colleagueState>
/** RFC 3842: messages that wait in an account's voicemail. */
export const voicemail = z.object({
  accountId: id,
  waiting: z.boolean(),
  /** Null: the server says only that some wait. */
  fresh: z.number().int().nullable(),
  old: z.number().int().nullable(),
})
export type Voicemail = z.infer<typeof voicemail>

/** One numbered step of the self-checks. `skipped`: an earlier one failed, or there is nothing to check. */
export const selfCheck = z.object({
  id: z.string().max(80),
  /** A key in resources/locales/en/help.json, and what fills it. */
  title: z.string().max(80),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  state: z.enum(['waiting', 'running', 'ok', 'warning', 'failed', 'skipped']),
  /** What was found, for reading: an address, a date, ms. */
  finding: trouble.nullable(),
})
export type SelfCheck = z.infer<typeof selfCheck>

/** How the host keeps secrets: in the machine's keyring, or only for this run. */
export type SecretKeeping = z.infer<typeof secretKeeping>
export const secretKeeping = z.object({
  available: z.boolean(),
  /** For reading: «GNOME Keyring», «Electron safeStorage (kwallet6)». */
  name: z.string(),
  plainFileInUse: z.boolean(),
})

/** Whether this run can make and hear calls, as the media page found it. */
export const mediaState = z.object({
  /** A media page is connected. */
  present: z.boolean(),
  microphone: z.enum(['unknown', 'granted', 'denied', 'missing']),
  /** False until a click where the browser blocks sound without one. */
  mayRing: z.boolean(),
  /** False where two local peers cannot connect (a browser opened by hand, without a network). */
  practiceAudio: z.boolean(),
  /** What is wrong with microphone, speaker or ringers now, one for each, until it is mended. */
  troubles: z.array(trouble).max(10),
})
export type MediaState = z.infer<typeof mediaState>
