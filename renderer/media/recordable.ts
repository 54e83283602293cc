/** What a recording needs of a call's peer, and all of it: both sides, and a way to put a voice into what is sent. */

/** Every track passes through it on its way to the far end; null: nothing is being sent. */
export type Through = (track: MediaStreamTrack | null) => MediaStreamTrack | null

export interface Recordable {
  /** What the far end says; null before there is a far end. Disabled while the rep is not to hear it. */
  readonly heard: MediaStreamTrack | null
  /** Aborts when the call's peer is closed. */
  readonly closed: AbortSignal
  /**
   * Tells the track that is being sent (disabled while muted or held) at once, and each that takes its place. Returns the
   * function that stops listening.
   */
  onSent(listener: (track: MediaStreamTrack | null) => void): () => void
  /** Sends through this from now on; null: directly again. */
  sendThrough(through: Through | null): void
}
