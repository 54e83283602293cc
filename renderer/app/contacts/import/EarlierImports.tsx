/** Imports that can still be taken back, newest first; each asks once more before it goes. */
import { Button } from '@mantine/core'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportBatch } from '../../../../preload/contract'
import { useAct, useApp, useAsk } from '../../context'
import { formatNumber, formatWhen } from '../../format'
import classes from './import.module.css'
import { undoneWords } from './undone'

export function EarlierImports() {
  const { t } = useTranslation('import')
  const revision = useApp((state) => state.contactsRevision)
  const { data, reload } = useAsk('import.batches', {}, revision)
  const [told, setTold] = useState<string | null>(null)
  const id = useId()
  const batches = data ?? []
  return (
    <>
      <p role="status" className={told ? classes.outcome : classes.news}>
        {told}
      </p>
      {batches.length > 0 && (
        <section aria-labelledby={id}>
          <h3 id={id} className={classes.subtitle}>
            {t('earlier')}
          </h3>
          <ul className={classes.batches} aria-labelledby={id}>
            {batches.map((batch) => (
              <Batch
                key={batch.id}
                batch={batch}
                onUndone={(words) => {
                  setTold(words)
                  reload()
                }}
              />
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function Batch({ batch, onUndone }: { readonly batch: ImportBatch; readonly onUndone: (words: string) => void }) {
  const { t } = useTranslation('import')
  const act = useAct()
  const [asking, setAsking] = useState<boolean | 'kept'>(false)
  const [busy, setBusy] = useState(false)
  const undo = async () => {
    setBusy(true)
    const undone = await act('import.undo', { batchId: batch.id })
    setBusy(false)
    setAsking(false)
    if (undone) onUndone(undoneWords(undone, t))
  }
  return (
    <li className={classes.batch}>
      <span className={classes.batchText}>
        <bdi className={classes.name}>{batch.name}</bdi>
        <span className={classes.facts}>
          <span>{formatWhen(batch.at)}</span>
          <span>{t('added', { count: batch.added, number: formatNumber(batch.added) })}</span>
          {batch.merged > 0 && <span>{t('mergedShort', { count: batch.merged, number: formatNumber(batch.merged) })}</span>}
        </span>
      </span>
      {asking === true ? (
        <span className={classes.ask}>
          <span>{t('undoAsk')}</span>
          <Button size="xs" color="red" loading={busy} onClick={() => void undo()}>
            {t('undoYes')}
          </Button>
          <Button size="xs" variant="default" disabled={busy} autoFocus onClick={() => setAsking('kept')}>
            {t('undoNo')}
          </Button>
        </span>
      ) : (
        <Button
          size="xs"
          variant="default"
          aria-label={t('undoOf', { name: batch.name })}
          autoFocus={asking === 'kept'}
          onClick={() => setAsking(true)}
        >
          {t('undo')}
        </Button>
      )}
    </li>
  )
}
