/** The countries a number without an international prefix may belong to, by their names in the reader's language. */
import { type CountryCode, getCountries, getCountryCallingCode } from 'libphonenumber-js/min'

export interface CountryOption {
  value: string
  label: string
}

/** Every country with a numbering plan as «Sweden (+46)», in the language's own order. */
export function countryOptions(locale: string): CountryOption[] {
  const names = new Intl.DisplayNames([locale], { type: 'region' })
  return getCountries()
    .map((country: CountryCode) => ({ value: country, label: `${names.of(country) ?? country} (+${getCountryCallingCode(country)})` }))
    .sort((a, b) => a.label.localeCompare(b.label, locale))
}
