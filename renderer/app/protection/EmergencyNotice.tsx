/** What a softphone cannot promise in an emergency, shown with the call from its first moment; it never stands in the call's way. */
import { IconUrgent } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import classes from './EmergencyNotice.module.css'

/** `compact`: one line, where there is no room for the rest. */
export function EmergencyNotice({ compact = false }: { readonly compact?: boolean }) {
  const { t } = useTranslation('emergency')
  if (compact) {
    return (
      <p className={classes.line} role="status">
        <IconUrgent size={16} aria-hidden />
        {t('short')}
      </p>
    )
  }
  return (
    <div className={classes.notice} role="alert">
      <strong className={classes.title}>
        <IconUrgent size={18} aria-hidden />
        {t('title')}
      </strong>
      <ul className={classes.words}>
        <li>{t('say')}</li>
        <li>{t('fails')}</li>
        <li>{t('stay')}</li>
      </ul>
    </div>
  )
}
