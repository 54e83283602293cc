/** Results, outcomes and durations as the command line writes them. */
import { words } from '../words'

/** The catalogue's word for a value of the model; the value itself where there is none, nothing for null. */
export function phrase(kind: 'direction' | 'outcome' | 'result', value: string | null): string {
  if (value === null) return ''
  const said = words('cli', `${kind}.${value}`)
  return said.startsWith('cli.') ? value : said
}

/** 4:12, or 1:04:12. */
export function callDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
