/** A chosen file as the bridge carries it. */

/** More than this main does not take in one piece (base64 adds a third to it); bytes. */
export const largestFile = 47_000_000

/** The file's bytes as base64; rejects when the file cannot be read (it was moved, or is a folder). */
export async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let binary = ''
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(binary)
}
