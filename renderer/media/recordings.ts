/**
 * Recording of calls: the rep on the left channel (what is sent: silent while muted or held, with a conference's other party
 * and the notice in it), the far end on the right (what is heard). Sent to main in order about once a second; nothing is kept
 * here. A recording ends with its call.
 */
import type { CommandInput, MediaInput, Trouble } from '../../preload/contract'
import noticeUrl from '../../resources/sounds/notice.wav?url'
import type { Recordable } from './recordable'
import { type Encoder, encodePcm, encodeWebm } from './recording-formats'
import { MediaError, troubleOf } from './trouble'

type Send = (piece: CommandInput<'media.recorded'>) => Promise<unknown>

/** Samples per second. Opus knows 48 kHz; a WAV file at the width of G.722 is a third of the size. */
const RATE = { webm: 48_000, wav: 16_000 } as const

interface Recording {
  stop(trouble: Trouble | null): Promise<void>
}

export class Recordings {
  /** Ended ones stay until their last piece has been sent, so that main can wait for it; main does not ask for each. */
  readonly #all = new Map<string, Recording>()

  constructor(readonly send: Send) {}

  /** Rejects `recording.failed`, `recording.unsupported`, `recording.noticeFailed`; nothing is recorded then. */
  async start({ recording: id, format, notice }: MediaInput<'recording.start'>, call: Recordable): Promise<Record<string, never>> {
    if (this.#all.has(id) || call.closed.aborted || !call.heard) throw new MediaError('recording.failed')
    // Nothing of it is played. A context without an output (sink `none`) would lose time: 13 % were measured on a busy machine.
    const context = new AudioContext({ sampleRate: RATE[format] })
    try {
      await context.resume()
      const words = notice ? await noticeIn(context) : null
      const running = await this.#run(id, format, call, context)
      this.#all.set(id, running)
      call.closed.addEventListener('abort', () => void running.stop(null), { once: true })
      if (words) say(context, words, call)
      return {}
    } catch (error) {
      await context.close().catch(() => undefined)
      throw error instanceof MediaError ? error : new MediaError('recording.failed', error)
    }
  }

  /** Resolves when the last of it has been sent. */
  async stop({ recording: id }: MediaInput<'recording.stop'>): Promise<Record<string, never>> {
    await this.#all.get(id)?.stop(null)
    return {}
  }

  /** Main is another now, or this page goes: nobody has asked for the end, and whoever still listens is told so. */
  stopAll(): void {
    for (const recording of this.#all.values()) void recording.stop({ code: 'recording.interrupted', params: {} })
    this.#all.clear()
  }

  async #run(id: string, format: 'webm' | 'wav', call: Recordable, context: AudioContext): Promise<Recording> {
    const into = new MediaStreamAudioDestinationNode(context, { channelCount: 2 })
    const sides = new ChannelMergerNode(context, { numberOfInputs: 2 })
    sides.connect(into)
    if (call.heard) context.createMediaStreamSource(new MediaStream([call.heard])).connect(sides, 0, 1)
    let spoken: MediaStreamAudioSourceNode | null = null
    const stopListening = call.onSent((track) => {
      spoken?.disconnect()
      spoken = track && context.createMediaStreamSource(new MediaStream([track]))
      spoken?.connect(sides, 0, 0)
    })

    let piece = 0
    let lost: unknown = null
    let sending: Promise<unknown> = Promise.resolve()
    const queue = (bytes: Blob | null, more: { last?: boolean; trouble?: Trouble | null } = {}) => {
      sending = sending.then(async () => {
        if (lost) return
        const base64 = bytes ? await base64Of(bytes) : ''
        await this.send({ recording: id, piece: piece++, base64, ...more }).catch((error: unknown) => {
          lost = error
          void stop(null)
        })
      })
      return sending
    }
    let stopped: Promise<void> | null = null
    const stop = (trouble: Trouble | null): Promise<void> => {
      stopped ??= (async () => {
        stopListening()
        await encoder.stop()
        await queue(null, { last: true, trouble })
        await context.close().catch(() => undefined)
      })().finally(() => this.#all.delete(id))
      return stopped
    }
    const onFailure = (error: unknown) => void stop(troubleOf(new MediaError('recording.failed', error)))
    const encoder: Encoder =
      format === 'webm' ? encodeWebm(into.stream, queue, onFailure) : encodePcm(into.stream, context.sampleRate, queue, onFailure)
    return { stop }
  }
}

async function noticeIn(context: AudioContext): Promise<AudioBuffer> {
  try {
    return await context.decodeAudioData(await (await fetch(noticeUrl)).arrayBuffer())
  } catch (error) {
    throw new MediaError('recording.noticeFailed', error)
  }
}

/** Speaks to the far end, over the rep's voice. The rep is not interrupted and may be muted meanwhile. */
function say(context: AudioContext, words: AudioBuffer, call: Recordable): void {
  const mouth = new MediaStreamAudioDestinationNode(context, { channelCount: 1 })
  const [spoken] = mouth.stream.getAudioTracks()
  if (!spoken) throw new MediaError('recording.noticeFailed')
  let own: MediaStreamAudioSourceNode | null = null
  const voice = new AudioBufferSourceNode(context, { buffer: words })
  voice.connect(mouth)
  call.sendThrough((track) => {
    own?.disconnect()
    own = track && context.createMediaStreamSource(new MediaStream([track]))
    own?.connect(mouth)
    return spoken
  })
  let over = false
  const end = () => {
    if (over || call.closed.aborted) return
    over = true
    call.sendThrough(null)
    own?.disconnect()
    spoken.stop()
  }
  voice.onended = end
  // A recording that is stopped in mid-sentence takes the voice with it.
  context.addEventListener('statechange', () => context.state === 'closed' && end())
  voice.start()
}

/** Without a line of its own: FileReader does it beside the page's work. */
function base64Of(bytes: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ''))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(bytes)
  })
}
