/** Files that main hands over in the browser host. */

/** Fetches what main serves under this address as a file. */
export function fetchFile(address: string) {
  const link = document.createElement('a')
  link.href = address
  link.download = ''
  document.body.append(link)
  link.click()
  link.remove()
}
