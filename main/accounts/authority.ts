/** The certificates of an account's own authority, as an administrator hands them out: PEM text, checked before it is kept. */
import { X509Certificate } from 'node:crypto'
import { TroubleError } from '../trouble'

const block = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g
const most = 20

/**
 * The certificates of `text` alone, without what stands around them; empty for empty text. Throws TroubleError
 * `account.authorityUnreadable`, `account.authorityHasKey`, `account.authorityExpired`, `account.authorityNotYet`.
 */
export function readAuthority(text: string, now: number): string {
  if (text.trim() === '') return ''
  const blocks = [...text.matchAll(block)]
  // A key in this field would be kept unprotected, and shown.
  if (/PRIVATE KEY-----/.test(text)) throw new TroubleError('account.authorityHasKey')
  if (blocks.length === 0 || blocks.length > most || blocks.some(([, kind]) => kind !== 'CERTIFICATE'))
    throw new TroubleError('account.authorityUnreadable')
  return blocks.map(([pem]) => checked(pem, now)).join('')
}

function checked(pem: string, now: number): string {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch (error) {
    throw new TroubleError('account.authorityUnreadable', {}, error instanceof Error ? error.message : String(error))
  }
  const name = (/^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? certificate.subject.replaceAll('\n', ', ')).slice(0, 120)
  if (certificate.validToDate.getTime() <= now)
    throw new TroubleError('account.authorityExpired', { name, day: dayOf(certificate.validToDate) })
  if (certificate.validFromDate.getTime() > now)
    throw new TroubleError('account.authorityNotYet', { name, day: dayOf(certificate.validFromDate) })
  return certificate.toString()
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}
