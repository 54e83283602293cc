/** The navigation: a column at the left, a bar at the bottom of narrow windows. */
import { useTranslation } from 'react-i18next'
import { useApp, useAppStore } from './context'
import styles from './Navigation.module.css'
import { screenParts } from './screens'
import { screens } from './state'

export function Navigation() {
  const { t } = useTranslation('shell')
  const store = useAppStore()
  const screen = useApp((state) => state.screen)
  const toLog = useApp((state) => state.drafts.filter((draft) => draft.record.result !== null).length)
  return (
    <nav className={styles.navigation} aria-label={t('navigation')}>
      {screens.map((name) => {
        const { Icon } = screenParts[name]
        return (
          <button
            key={name}
            type="button"
            className={styles.item}
            data-screen={name}
            aria-current={screen === name ? 'page' : undefined}
            aria-description={name === 'history' && toLog > 0 ? t('toLog', { count: toLog }) : undefined}
            onClick={() => store.setState({ screen: name, savedLog: null })}
          >
            <Icon size={22} stroke={1.6} aria-hidden />
            <span>{t(`screen.${name}`)}</span>
            {name === 'history' && toLog > 0 ? (
              <span className={`rb-figures ${styles.badge}`} title={t('toLog', { count: toLog })} aria-hidden>
                {toLog}
              </span>
            ) : null}
          </button>
        )
      })}
    </nav>
  )
}
