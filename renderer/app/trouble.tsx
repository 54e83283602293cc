/** Troubles in the reader's words: the sentence of the catalogue, the machine's own text only under «Details». */
import type { i18n } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Trouble } from '../../preload/contract'
import styles from './trouble.module.css'

/** The sentence for a trouble; a code that the catalogue does not know becomes the general sentence. */
export function describeTrouble(trouble: Trouble, catalogue: i18n): string {
  const [file, ...rest] = trouble.code.split('.')
  const key = rest.join('.')
  const ns = `trouble/${file}`
  if (key && catalogue.exists(key, { ns })) return catalogue.t(key, { ns, ...trouble.params })
  return catalogue.t('unexpected', { ns: 'trouble/general' })
}

/** The same as a hook: `const describe = useDescribeTrouble()`. */
export function useDescribeTrouble(): (trouble: Trouble) => string {
  const { i18n } = useTranslation()
  return (trouble) => describeTrouble(trouble, i18n)
}

/** The sentence with its «Details». */
export function TroubleText({ trouble }: { trouble: Trouble }) {
  const { t, i18n } = useTranslation('shell')
  return (
    <span className={styles.trouble}>
      <span>{describeTrouble(trouble, i18n)}</span>
      <details className={styles.details}>
        <summary>{t('details')}</summary>
        <code>
          {trouble.code}
          {trouble.detail ? ` · ${trouble.detail}` : ''}
        </code>
      </details>
    </span>
  )
}
