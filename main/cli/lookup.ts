/** `ringbook lookup NUMBER`: who is this number. */
import type { CallerId, Deal } from '../../preload/contract'
import { isoWithOffset } from '../calls/export-format'
import type { Clock } from '../clock'
import { Contacts } from '../contacts/contacts'
import { words } from '../words'
import { type Command, textOf, withStore } from './command'
import { callDuration, phrase } from './phrases'

export const lookupCommand: Command = {
  options: { region: { type: 'string' }, json: { type: 'boolean' } },
  takes: ['number'],
  run: (call) =>
    withStore(call, async (store, home) => {
      const { out, clock } = call.terminal
      const contacts = new Contacts({ store, clock, country: () => home })
      const answer = contacts.lookup(call.words[0] ?? '', { country: textOf(call, 'region') ?? home })
      out(call.values.json ? `${JSON.stringify(answer, null, 2)}\n` : `${lines(answer, clock).join('\n')}\n`)
      return 0
    }),
}

function lines(answer: CallerId, clock: Clock): string[] {
  if (answer.withheld) return [words('cli', 'lookup.withheld')]
  const number = [answer.display || answer.raw, answer.country].filter((part) => part).join(' · ')
  const [first, ...others] = answer.contacts
  const found = first
    ? [
        [
          answer.match === 'possible' ? words('cli', 'lookup.possible', { name: first.name }) : first.name,
          first.organization,
          first.jobTitle,
        ]
          .filter((part) => part)
          .join(' · '),
        number,
        ...first.deals.filter(({ status }) => status === 'open').map((deal) => words('cli', 'lookup.deal', { deal: dealLine(deal) })),
      ]
    : [words('cli', 'lookup.nobody', { number })]
  const last = answer.lastCalls[0]
  if (last) {
    const when = isoWithOffset(last.startedAt, clock.utcOffset(last.startedAt)).slice(0, 16).replace('T', ' ')
    const parts = [
      when,
      phrase('direction', last.direction),
      callDuration(last.talkMs),
      phrase('outcome', last.outcome),
      last.notes.replace(/\s+/g, ' '),
    ]
    found.push(words('cli', 'lookup.last', { call: parts.filter((part) => part !== '').join(' · ') }))
  }
  if (others.length > 0) found.push(words('cli', 'lookup.also', { names: others.map(({ name }) => name).join(', ') }))
  return found
}

function dealLine({ title, amount, currency, stage }: Deal): string {
  const sum = amount === null ? '' : [amount.toLocaleString('en'), currency].filter((part) => part).join(' ')
  return [title, sum, stage].filter((part) => part).join(' · ')
}
