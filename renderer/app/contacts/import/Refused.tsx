/** Lines of a file that were left out, each with the reason. */
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportReport } from '../../../../preload/contract'
import { useDescribeTrouble } from '../../trouble'
import classes from './import.module.css'

export function Refused({
  refused,
  title,
  more = 0,
}: {
  readonly refused: ImportReport['refused']
  readonly title: string
  readonly more?: number
}) {
  const { t } = useTranslation('import')
  const describe = useDescribeTrouble()
  const id = useId()
  return (
    <section aria-labelledby={id}>
      <h3 id={id} className={classes.subtitle}>
        {title}
      </h3>
      <ul className={classes.refused} aria-label={t('refusedList')}>
        {refused.map(({ line, trouble }, index) => (
          <li key={index}>
            <span className={classes.line}>{t('line', { line })}</span>
            <span>{describe(trouble)}</span>
          </li>
        ))}
        {more > 0 && <li>{t('refusedMore', { count: more })}</li>}
      </ul>
    </section>
  )
}
