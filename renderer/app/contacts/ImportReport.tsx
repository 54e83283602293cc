/** What became of an imported file: counts, and each line that could not be used with the reason. */
import { CloseButton } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ImportReport as Report, Trouble } from '../../../preload/contract'
import { formatNumber } from '../format'
import { TroubleText, useDescribeTrouble } from '../trouble'
import classes from './contacts.module.css'

export type Import =
  | { readonly file: string; readonly state: 'working' }
  | { readonly file: string; readonly state: 'done'; readonly report: Report }
  | { readonly file: string; readonly state: 'failed'; readonly trouble: Trouble }
  | { readonly file: string; readonly state: 'tooLarge' | 'unreadable' }

export function ImportReport({ result, onClose }: { readonly result: Import; readonly onClose: () => void }) {
  const { t } = useTranslation('contacts')
  const describe = useDescribeTrouble()
  const refused = result.state === 'done' ? result.report.refused : []
  return (
    <div
      className={classes.report}
      role={result.state === 'working' || result.state === 'done' ? 'status' : 'alert'}
      data-state={result.state}
    >
      <div className={classes.reportHead}>
        <div className={classes.reportText}>
          {result.state === 'working' && t('import.working', { file: result.file })}
          {result.state === 'failed' && <TroubleText trouble={result.trouble} />}
          {result.state === 'tooLarge' && t('import.tooLarge', { file: result.file })}
          {result.state === 'unreadable' && t('import.unreadable', { file: result.file })}
          {result.state === 'done' && (
            <>
              <strong>{t('import.added', { count: result.report.added, number: formatNumber(result.report.added) })}</strong>
              {result.report.merged > 0 &&
                ` · ${t('import.merged', { count: result.report.merged, number: formatNumber(result.report.merged) })}`}
              {refused.length > 0 && ` · ${t('import.refused', { count: refused.length })}`}
            </>
          )}
        </div>
        {result.state !== 'working' && <CloseButton size="sm" aria-label={t('import.dismiss')} onClick={onClose} />}
      </div>
      {refused.length > 0 && (
        <ul className={classes.refused} aria-label={t('import.refusedList')}>
          {refused.map(({ line, trouble }, index) => (
            <li key={index}>
              <span className={classes.line}>{t('import.line', { line })}</span> {describe(trouble)}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
