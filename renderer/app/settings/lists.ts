/** What can be wrong with an entry of the lists that a rep keeps in Settings: blocked numbers and colleagues. */
import type { Colleague } from '../../../preload/contract'

export const mostBlocked = 2_000

const plain = (text: string) =>
  text
    .normalize('NFKC')
    .replace(/[\p{Pd}\p{Z}\s().[\]/]/gu, '')
    .toLowerCase()

/** The key of what is wrong with a number to block, or null. */
export function blockedFault(entry: string, blocked: readonly string[]): 'empty' | 'everything' | 'known' | 'full' | null {
  const text = plain(entry)
  if (text === '') return 'empty'
  if (/^\+?\*+$/.test(text)) return 'everything'
  if (blocked.some((each) => plain(each) === text)) return 'known'
  return blocked.length >= mostBlocked ? 'full' : null
}

/** The entries in which what has been typed stands; all when nothing has. */
export function blockedMatches(blocked: readonly string[], typed: string): string[] {
  const text = plain(typed)
  return blocked.filter((each) => plain(each).includes(text))
}

/** `except`: the colleague that is being changed. */
export function colleagueFault(
  { name, number, accountId }: Omit<Colleague, 'id'>,
  colleagues: readonly Colleague[],
  except: string | null,
): 'name' | 'number' | 'known' | null {
  if (name === '') return 'name'
  if (number === '') return 'number'
  const same = colleagues.some((each) => each.id !== except && each.accountId === accountId && plain(each.number) === plain(number))
  return same ? 'known' : null
}
