/** A short chime on a chosen output, to hear whether it is the right one. */

/** Two soft notes, Hz, one after the other. */
const notes = [523.25, 659.25]
const noteSeconds = 0.45

/**
 * Plays the chime and resolves when it is over. `deviceId` null: the system's output; `volume` 0…1. Rejects when the output
 * cannot be used (unplugged: NotFoundError) or the browser lets no sound out.
 */
export async function playTestTone(deviceId: string | null, volume: number): Promise<void> {
  const context = new AudioContext()
  const sink = context.createMediaStreamDestination()
  const element = new Audio()
  element.srcObject = sink.stream
  try {
    if (deviceId !== null) await element.setSinkId(deviceId)
    await Promise.all([element.play(), context.resume()])
    const begin = context.currentTime + 0.05
    const last = notes.map((frequency, index) => {
      const oscillator = context.createOscillator()
      const gain = context.createGain()
      const from = begin + index * noteSeconds
      oscillator.frequency.value = frequency
      gain.gain.setValueAtTime(0, from)
      gain.gain.linearRampToValueAtTime(0.4 * volume, from + 0.02)
      gain.gain.setTargetAtTime(0, from + noteSeconds - 0.1, 0.06)
      oscillator.connect(gain).connect(sink)
      oscillator.start(from)
      oscillator.stop(from + noteSeconds + 0.2)
      return oscillator
    })
    await new Promise<void>((resolve) => last.at(-1)?.addEventListener('ended', () => resolve()))
  } finally {
    element.srcObject = null
    await context.close()
  }
}
