/** How long telephony waits, and how much it takes on at once. One place, so that tests can be quick. Times in ms. */

export interface TelephonyLimits {
  /** For opening a connection. */
  connectMs: number
  /** For the answer to a REGISTER. */
  answerMs: number
  /** The same when only asking whether a connection still lives, and for the first REGISTER on a new one. */
  probeMs: number
  /** What is asked for; the server decides. Seconds. */
  expiresSeconds: number
  /** A retry waits between half of this and all of it, doubled each time up to `backoffMaxMs`. */
  backoffFirstMs: number
  backoffMaxMs: number
  /** For opening a connection, and for the answer to a REGISTER, while another server of the account is still untried. */
  failOverMs: number
  /** How often a preferred server that failed is looked at; longer each time that it disappoints. It must be well twice. */
  preferredMs: number
  /** Between the two looks. */
  preferredAgainMs: number
  /** A registration that lasted this long starts the backoff anew. */
  settledMs: number
  /** Asked for with a SUBSCRIBE; the server decides. Seconds. */
  subscribeSeconds: number
  /** A server that grants less is refreshed no more often. Seconds. */
  subscribeLeastSeconds: number
  /** A SUBSCRIBE that failed is tried again after half of this to all of it, doubled each time up to `subscribeMaxMs`. */
  subscribeFirstMs: number
  subscribeMaxMs: number
  /** One that was refused for good is tried again after this: the server may have been taught meanwhile. */
  subscribeRefusedMs: number
  /** Over this the SUBSCRIBEs after a reconnect are spread. */
  subscribeSpreadMs: number
  /** For one offer or answer of the media page. */
  describeMs: number
  /** For a media page that is just being reloaded. */
  presenceMs: number
  /** A call without a media page is ended after this. */
  pageGoneMs: number
  /** A call whose audio connection stays failed is ended after this. */
  audioGoneMs: number
  /** A call that was answered and still has no audio connection after this is said to have none. */
  firstAudioMs: number
  /** ICE `disconnected` for this long asks for a restart. */
  disconnectedMs: number
  /** For the far end to accept a hold or a resumption; two meetings with its own wishes (491) fit in. */
  holdMs: number
  /** No packet and no report of the far end for this long while nobody holds: the way there is looked for anew. */
  silentMs: number
  /** A transfer after whose acceptance nothing is heard for so long is given up; and one that takes longer in all. */
  transferQuietMs: number
  transferMs: number
  /** A request to call somebody else is taken back after this. */
  referralMs: number
  /** What a second of a session timer (RFC 4028) lasts. */
  timerSecondMs: number
  /** A BYE that could not be sent is still tried when a connection returns within this. */
  farewellMs: number
  /** So often a call that rings is asked after, once the connection over which it came is gone. */
  ringingMs: number
  /** For taking the registration back at the end. */
  stopMs: number
  /** Incoming calls that ring at once; more hear busy. */
  maxRinging: number
  /** Of those, how many the media page prepares ahead. */
  maxPrepared: number
  /** The pop is painted first: the media page shares its thread in the browser host, and nobody answers sooner. */
  prepareAfterMs: number
}

export const defaultLimits: TelephonyLimits = {
  connectMs: 15_000,
  answerMs: 10_000,
  probeMs: 3_000,
  expiresSeconds: 600,
  backoffFirstMs: 1_000,
  backoffMaxMs: 30_000,
  failOverMs: 5_000,
  preferredMs: 300_000,
  preferredAgainMs: 30_000,
  settledMs: 30_000,
  subscribeSeconds: 600,
  subscribeLeastSeconds: 30,
  subscribeFirstMs: 2_000,
  subscribeMaxMs: 300_000,
  subscribeRefusedMs: 900_000,
  subscribeSpreadMs: 500,
  describeMs: 10_000,
  presenceMs: 5_000,
  pageGoneMs: 20_000,
  audioGoneMs: 30_000,
  firstAudioMs: 5_000,
  disconnectedMs: 3_000,
  holdMs: 12_000,
  silentMs: 6_000,
  transferQuietMs: 15_000,
  transferMs: 120_000,
  referralMs: 60_000,
  timerSecondMs: 1_000,
  farewellMs: 32_000,
  ringingMs: 5_000,
  stopMs: 2_000,
  maxRinging: 8,
  maxPrepared: 4,
  prepareAfterMs: 80,
}
