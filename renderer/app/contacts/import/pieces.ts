/** A chosen file as the bridge carries it: in pieces, none so large that main would be kept from a call by it. */

const pieceBytes = 393_216

/** Rejects with a DOMException when the file cannot be read (it was moved, or is a folder). */
export async function* piecesOf(file: Blob): AsyncGenerator<{ base64: string; bytes: number }> {
  for (let at = 0; at < file.size; at += pieceBytes) {
    const piece = file.slice(at, at + pieceBytes)
    yield { base64: await base64Of(piece), bytes: piece.size }
  }
}

function base64Of(piece: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => {
      // `data:…;base64,` and then what is wanted.
      const url = String(reader.result)
      resolve(url.slice(url.indexOf(',') + 1))
    }
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(piece)
  })
}
