/** Times, durations, money and places as the reader writes them: words in the app's language, conventions of the reader's region. */
import type { TFunction } from 'i18next'

/** Making an Intl formatter takes up to a millisecond, which a ringing call cannot wait for: each is made once. */
function once<A extends unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  const made = new Map<string, T>()
  return (...args) => {
    const key = JSON.stringify(args)
    const known = made.get(key)
    if (known !== undefined) return known
    const fresh = make(...args)
    made.set(key, fresh)
    return fresh
  }
}
/** A formatter keeps the time zone it was made in; a machine that travels gets another. */
const dateTimeIn = once((locale: string, options: Intl.DateTimeFormatOptions, _offset: number) => new Intl.DateTimeFormat(locale, options))
const dateTime = (locale: string, options: Intl.DateTimeFormatOptions) => dateTimeIn(locale, options, new Date().getTimezoneOffset())
const relativeTime = once((locale: string) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }))
const numbers = once((locale: string, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options))
const regions = once((locale: string) => new Intl.DisplayNames([locale], { type: 'region' }))
const localeOf = once((language: string, machine: string) => {
  try {
    const locale = new Intl.Locale(machine)
    if (locale.language === language) return locale.baseName
    const region = locale.maximize().region
    return region ? `${language}-${region}` : language
  } catch {
    return language
  }
})

/** The app's language with the reader's region, so that `en` on a Swedish machine says «Tuesday» and 14:03. */
export function readerLocale(language = 'en', machine = globalThis.navigator?.language ?? 'en'): string {
  return localeOf(language, machine)
}

/** `4:12`, or `1:04:12` from an hour on. `ms` is a duration in milliseconds. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = String(seconds % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

function daysBetween(earlier: Date, later: Date): number {
  const day = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  return Math.round((day(later) - day(earlier)) / 86_400_000)
}

/** `14:03`. */
export function formatTime(instant: number, locale = readerLocale()): string {
  return dateTime(locale, { hour: '2-digit', minute: '2-digit' }).format(instant)
}

/** «Today», «Yesterday», «Tomorrow», a weekday within the last week, then a date; for headings and for `formatWhen`. */
export function formatDay(instant: number, now = Date.now(), locale = readerLocale()): string {
  const date = new Date(instant)
  const today = new Date(now)
  const days = daysBetween(date, today)
  if (days >= -1 && days <= 1) return relativeTime(locale).format(-days, 'day')
  if (days > 1 && days < 7) return dateTime(locale, { weekday: 'long' }).format(date)
  return dateTime(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(date.getFullYear() === today.getFullYear() ? {} : { year: 'numeric' }),
  }).format(date)
}

/** «today 14:03», «Tuesday 14:03», «Fri, 6 Nov 14:03». */
export function formatWhen(instant: number, now = Date.now(), locale = readerLocale()): string {
  return `${formatDay(instant, now, locale)} ${formatTime(instant, locale)}`
}

/** A calendar day `YYYY-MM-DD` as «Tue, 24 Nov», with its year when it is not this one. */
export function formatDate(day: string, locale = readerLocale()): string {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number)
  const otherYear: Intl.DateTimeFormatOptions = year === new Date().getFullYear() ? {} : { year: 'numeric' }
  return dateTime(locale, { weekday: 'short', day: 'numeric', month: 'short', ...otherYear }).format(new Date(year, month - 1, date))
}

/** `€48,000`; without a currency the bare number, null when there is no amount. Cents only when there are any. */
export function formatMoney(amount: number | null, currency: string | null, locale = readerLocale()): string | null {
  if (amount === null) return null
  const digits = Number.isInteger(amount) ? 0 : 2
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  try {
    return numbers(locale, currency ? { style: 'currency', currency, ...options } : options).format(amount)
  } catch {
    return `${currency} ${numbers(locale, options).format(amount)}`
  }
}

/** `1,204`. */
export function formatNumber(value: number, locale = readerLocale()): string {
  return numbers(locale, {}).format(value)
}

/** «Sweden» for `SE`; null when there is none. */
export function countryName(country: string | null, locale = readerLocale()): string | null {
  if (!country) return null
  try {
    return regions(locale).of(country) ?? null
  } catch {
    return null
  }
}

/** Up to two initials of a name, for its round mark; empty for a number. */
export function initials(name: string): string {
  const words = name
    .normalize('NFC')
    .split(/\s+/)
    .filter((word) => /^\p{L}/u.test(word))
  const first = words[0]
  const last = words.length > 1 ? words.at(-1) : undefined
  return [first, last]
    .filter((word) => word !== undefined)
    .map((word) => [...word][0]?.toLocaleUpperCase() ?? '')
    .join('')
}

/** A duration in words for lists: «4 min», «40 s». */
export function formatLength(ms: number, t: TFunction): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? t('shell:seconds', { seconds }) : t('shell:minutes', { minutes: Math.round(seconds / 60) })
}

/** Makes what a ringing call shows of times, money and places ahead of the first one. */
export function prepareFormats(): void {
  const now = Date.now()
  for (const daysAgo of [0, 3, 30, 400]) formatWhen(now - daysAgo * 86_400_000, now)
  formatMoney(1, 'EUR')
  countryName('SE')
}
