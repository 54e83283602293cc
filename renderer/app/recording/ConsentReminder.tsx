/**
 * The reminder that recording may need everybody's consent, with the rep's country by its name. It states no country's law:
 * that changes, differs within countries, and depends on where the other party is.
 */
import { useTranslation } from 'react-i18next'
import { useApp } from '../context'
import { readerLocale } from '../format'
import styles from './ConsentReminder.module.css'

export function ConsentReminder() {
  const { t } = useTranslation('recording')
  const country = useApp((state) => state.settings.country)
  const name = new Intl.DisplayNames([readerLocale()], { type: 'region' }).of(country) ?? country
  return (
    <p className={styles.reminder} role="note">
      {t('consent.general')} {t(country === 'US' ? 'consent.hereStates' : 'consent.here', { country: name })}
    </p>
  )
}
