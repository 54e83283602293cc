/** A sound that is known again after any telephone codec: a sweep within the narrow band (300 to 3400 Hz), found by correlation. */

/** Seconds. */
const LENGTH = 0.06
/** Hz. */
const FROM = 500
const TO = 2800
/** Hz; what samples are thinned out to before they are compared. */
const COARSE = 8000
/** Of 1 for the very same sound. */
const ALIKE = 0.5
/** Mean square below which there is nothing but a codec's own noise. */
const FLOOR = 1e-7

/** The samples at that rate, Hz. */
export function makeChirp(rate: number): Float32Array<ArrayBuffer> {
  const chirp = new Float32Array(Math.round(LENGTH * rate))
  for (let at = 0; at < chirp.length; at++) {
    const time = at / rate
    const phase = 2 * Math.PI * (FROM * time + ((TO - FROM) * time * time) / (2 * LENGTH))
    chirp[at] = 0.5 * Math.sin(phase) * Math.sin((Math.PI * at) / chirp.length) ** 2
  }
  return chirp
}

/** At which sample the chirp begins in what was heard, both at that rate; null when it is not there. Right to about 0.2 ms. */
export function findChirp(heard: Float32Array, chirp: Float32Array, rate: number): number | null {
  const step = Math.max(1, Math.round(rate / COARSE))
  const [sound, wanted] = [thin(heard, step), thin(chirp, step)]
  const power = energy(wanted, wanted.length)
  let window = energy(sound, wanted.length)
  let best = { likeness: ALIKE, at: -1 }
  for (let at = 0; at + wanted.length <= sound.length; at++) {
    if (window > FLOOR * wanted.length) {
      let product = 0
      for (let index = 0; index < wanted.length; index++) product += (sound[at + index] ?? 0) * (wanted[index] ?? 0)
      const likeness = Math.abs(product) / Math.sqrt(window * power)
      if (likeness > best.likeness) best = { likeness, at }
    }
    window += (sound[at + wanted.length] ?? 0) ** 2 - (sound[at] ?? 0) ** 2
  }
  return best.at < 0 ? null : best.at * step
}

function energy(samples: Float32Array, length: number): number {
  let sum = 0
  for (let at = 0; at < Math.min(length, samples.length); at++) sum += (samples[at] ?? 0) ** 2
  return sum
}

/** Every so many samples become their mean. */
function thin(samples: Float32Array, step: number): Float32Array {
  const thinned = new Float32Array(Math.floor(samples.length / step))
  for (let at = 0; at < thinned.length; at++) {
    let sum = 0
    for (let index = 0; index < step; index++) sum += samples[at * step + index] ?? 0
    thinned[at] = sum / step
  }
  return thinned
}
