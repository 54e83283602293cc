/** Whom a call may be handed to, found by what the rep typed. */
import type { CallRecord, Colleague, ColleagueState, ContactSummary } from '../../../preload/contract'
import { cleanDialText, isDialable, suggestionsOf } from '../phone/dialling'
import { isVanityNumber, lettersToDigits } from '../phone/letters'

export interface Target {
  /** Distinct among those shown. */
  key: string
  name: string
  /** What is dialled. */
  number: string
  /** The number as it is shown; empty where it is the name already. */
  display: string
  kind: 'colleague' | 'contact' | 'recent'
  /** Of a colleague's line, as last heard. */
  state: ColleagueState['state'] | null
}

/** Without case and accents, for comparing what was typed with a name. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase()
}

/**
 * Colleagues first, free ones before busy ones, then contacts as main ranked them, then (with nothing typed) whom the rep
 * spoke to lately; each number once, at most `limit`.
 */
export function targetsOf(
  text: string,
  from: {
    colleagues: readonly Colleague[]
    states: readonly ColleagueState[]
    contacts: readonly ContactSummary[]
    recent: readonly CallRecord[]
  },
  limit = 8,
): Target[] {
  const asked = folded(cleanDialText(text))
  const stateOf = (id: string) => from.states.find((each) => each.id === id)?.state ?? 'unknown'
  const order = { idle: 0, unknown: 1, ringing: 2, busy: 3, offline: 4 }
  const colleagues = from.colleagues
    .filter((each) => asked === '' || folded(each.name).includes(asked) || each.number.includes(asked))
    .map((each) => ({ ...each, state: stateOf(each.id) }))
    .sort((a, b) => order[a.state] - order[b.state])
  const all: Target[] = [
    ...colleagues.map(
      ({ id, name, number, state }): Target => ({ key: `colleague/${id}`, name, number, display: number, kind: 'colleague', state }),
    ),
    ...suggestionsOf(from.contacts).map(
      ({ key, name, phone }): Target => ({
        key,
        name,
        number: phone.e164 ?? phone.raw,
        display: phone.display,
        kind: 'contact',
        state: null,
      }),
    ),
    ...(asked === '' ? from.recent : [])
      .filter((record) => record.number !== '')
      .map((record): Target => {
        const display = record.display || record.number
        const name = record.contactName ?? record.networkName ?? display
        return {
          key: `recent/${record.id}`,
          name,
          number: record.number,
          display: name === display ? '' : display,
          kind: 'recent',
          state: null,
        }
      }),
  ]
  const seen = new Set<string>()
  return all.filter(({ number }) => !seen.has(number) && seen.add(number)).slice(0, limit)
}

/** What would be dialled for a typed text; null: it is no number. */
export function numberIn(text: string): string | null {
  const cleaned = cleanDialText(text)
  if (isVanityNumber(cleaned)) return lettersToDigits(cleaned)
  return isDialable(cleaned) ? cleaned : null
}
