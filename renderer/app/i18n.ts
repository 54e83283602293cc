/** The text catalogue: every file of resources/locales/LANGUAGE is a namespace named by its path (`shell`, `trouble/media`). */
import i18next, { type i18n } from 'i18next'
import { initReactI18next } from 'react-i18next'

const files = import.meta.glob<Record<string, unknown>>('../../resources/locales/*/**/*.json', { eager: true, import: 'default' })

/** Initializes the catalogue; everything is bundled, so that no text ever arrives late. */
export function createCatalogue(language = 'en'): i18n {
  const resources: Record<string, Record<string, Record<string, unknown>>> = {}
  for (const [path, text] of Object.entries(files)) {
    const found = /\/locales\/([^/]+)\/(.+)\.json$/.exec(path)
    if (!found?.[1] || !found[2]) continue
    resources[found[1]] = { ...resources[found[1]], [found[2]]: text }
  }
  const instance = i18next.createInstance()
  void instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    ns: Object.keys(resources.en ?? {}),
    defaultNS: 'shell',
    resources,
    initAsync: false,
    interpolation: { escapeValue: false },
  })
  return instance
}
