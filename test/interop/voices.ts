/**
 * Who hears whom, told by each party's own tone: the far ends' ears are files that Asterisk keeps of what reaches them, the
 * rep's are the tracks that arrive, and the rep's voice is a file that Chromium's microphone plays.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { type Asterisk, speakerTones } from './asterisk/asterisk'

/** Hz. Numbers are the extensions of the dialplan that say them. */
export const voices = { rep: 2300, ...speakerTones } as const
export type Voice = keyof typeof voices
export type Speaker = Exclude<Voice, 'rep'>

/** dB of full scale: a voice that is there measures -30 to -8, one that is not below -62 (beside a loud one) to -200. */
const audible = -42
const silent = -55

/** Switches of a Chromium whose microphone says the rep's tone. In bursts: noise suppression takes a steady one for noise. */
export function repMicrophone(): string[] {
  const rate = 48_000
  const samples = new Int16Array(rate)
  for (let at = 0; at < samples.length; at++) {
    const on = at % (rate / 4) < rate / 8
    samples[at] = on ? Math.round(12_000 * Math.sin((2 * Math.PI * voices.rep * at) / rate)) : 0
  }
  const header = Buffer.alloc(44)
  header.write('RIFF', 0, 'ascii')
  header.writeUInt32LE(36 + samples.byteLength, 4)
  header.write('WAVEfmt ', 8, 'ascii')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'ascii')
  header.writeUInt32LE(samples.byteLength, 40)
  const file = join(tmpdir(), `ringbook-rep-voice-${process.pid}.wav`)
  writeFileSync(file, Buffer.concat([header, Buffer.from(samples.buffer)]))
  return [`--use-file-for-fake-audio-capture=${file}`]
}

/** The strength of one frequency (Goertzel's algorithm under a Hann window), dB of a full-scale sine; -200 for nothing. */
export function levelOf(samples: Int16Array, rate: number, frequency: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * frequency) / rate)
  let [last, before] = [0, 0]
  samples.forEach((sample, at) => {
    const windowed = (sample / 32_768) * (0.5 - 0.5 * Math.cos((2 * Math.PI * at) / samples.length))
    const now = windowed + turn * last - before
    before = last
    last = now
  })
  const power = last * last + before * before - turn * last * before
  return Math.max(-200, 20 * Math.log10((4 * Math.sqrt(Math.max(0, power))) / Math.max(1, samples.length)))
}

/** Of each voice, how loud a speaker hears it in the last second that is kept. */
export function speakerHears(pbx: Asterisk, speaker: Speaker): Record<Voice, number> {
  const heard = pbx.heard(speaker).slice(-16_000)
  return measured((frequency) => levelOf(heard, 16_000, frequency))
}

/** Of each voice, the loudest in any of the calls that arrive at the rep, from the tracks as they arrive. */
export async function repHears(page: Page): Promise<Record<Voice, number>> {
  const found = await Promise.all(
    page.frames().map((frame) =>
      frame
        .evaluate(async (frequencies) => {
          const scope = globalThis as unknown as {
            testPeers?: WeakRef<RTCPeerConnection>[]
            testEars?: { context: AudioContext; of: Map<string, AnalyserNode> }
          }
          const tracks = (scope.testPeers ?? [])
            .flatMap((ref) => ref.deref() ?? [])
            .filter((peer) => peer.connectionState === 'connected')
            .flatMap((peer) => peer.getReceivers().map((receiver) => receiver.track))
            .filter((track) => track.readyState === 'live')
          if (tracks.length === 0) return null
          scope.testEars ??= { context: new AudioContext(), of: new Map() }
          const { context, of } = scope.testEars
          for (const track of tracks) {
            if (of.has(track.id)) continue
            const ear = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 })
            new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(ear)
            of.set(track.id, ear)
          }
          await new Promise((resolve) => setTimeout(resolve, 400))
          const levels = frequencies.map(() => -200)
          for (const track of tracks) {
            const ear = of.get(track.id)
            if (!ear) continue
            const bins = new Float32Array(ear.frequencyBinCount)
            ear.getFloatFrequencyData(bins)
            frequencies.forEach((frequency, at) => {
              const bin = Math.round((frequency * ear.fftSize) / context.sampleRate)
              levels[at] = Math.max(levels[at] ?? -200, ...bins.slice(bin - 2, bin + 3))
            })
          }
          return levels
        }, Object.values(voices))
        .catch(() => null),
    ),
  )
  const loudest = Object.values(voices).map((_, at) => Math.max(-200, ...found.map((levels) => levels?.[at] ?? -200)))
  return measured((frequency) => loudest[Object.values<number>(voices).indexOf(frequency)] ?? -200)
}

function measured(level: (frequency: number) => number): Record<Voice, number> {
  return { rep: level(voices.rep), '611': level(voices['611']), '612': level(voices['612']), '613': level(voices['613']) }
}

/** Waits until each of these ears hears those voices and no other one, and prints how loud. */
export async function expectHeard(page: Page, pbx: Asterisk, when: string, expected: Partial<Record<Voice, Voice[]>>): Promise<void> {
  const lines = new Map<Voice, string>()
  const wrong = async () => {
    const found: string[] = []
    for (const [ear, heard] of Object.entries(expected) as [Voice, Voice[]][]) {
      const levels = ear === 'rep' ? await repHears(page) : speakerHears(pbx, ear)
      lines.set(
        ear,
        Object.entries(levels)
          .map(([voice, level]) => `${voice} ${level.toFixed(0)}`)
          .join(', '),
      )
      for (const [voice, level] of Object.entries(levels) as [Voice, number][]) {
        // Neither hears himself, but for an echo of the line's, which is not asked about here.
        if (voice === ear) continue
        if (heard.includes(voice) ? level < audible : level > silent) found.push(`${ear} hears ${voice} at ${level.toFixed(0)} dB`)
      }
    }
    return found
  }
  await expect.poll(wrong, { timeout: 25_000, intervals: [500], message: when }).toEqual([])
  for (const [ear, line] of lines) console.log(`${when}: ${ear} hears, dB: ${line}`)
}
