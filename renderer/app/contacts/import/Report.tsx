/** What became of a file, and the way back. */
import { Button } from '@mantine/core'
import { IconArrowBackUp, IconCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct, useApp } from '../../context'
import { formatNumber } from '../../format'
import type { ImportFlow, ImportState } from './flow'
import classes from './import.module.css'
import { Refused } from './Refused'
import { undoneWords } from './undone'

interface Props {
  readonly flow: ImportFlow
  readonly state: Extract<ImportState, { stage: 'done' }>
  readonly onClose: () => void
}

export function Report({ flow, state, onClose }: Props) {
  const { t } = useTranslation('import')
  const connections = useApp((all) => all.connections)
  const act = useAct()
  const [undoing, setUndoing] = useState(false)
  const { report, undone } = state
  const undo = async (batchId: string) => {
    setUndoing(true)
    const answer = await act('import.undo', { batchId })
    setUndoing(false)
    if (answer) flow.undone(answer)
  }
  const { added, merged, inCrm, refused, read } = report
  const held = inCrm.reduce((sum, { count }) => sum + count, 0)
  const leftOut = read - added - merged
  const counted = (key: 'added' | 'merged' | 'refused', count: number) => t(key, { count, number: formatNumber(count) })
  return (
    <>
      <div className={classes.body}>
        <div role="status" className={classes.outcome}>
          <p className={classes.outcomeFirst}>
            {undone ? <IconArrowBackUp size={18} aria-hidden /> : <IconCheck size={18} aria-hidden />}
            <strong>{undone ? undoneWords(undone, t) : counted('added', added)}</strong>
          </p>
          {!undone && (
            <ul className={classes.counts}>
              {merged - held > 0 && <li>{counted('merged', merged - held)}</li>}
              {inCrm.map(({ connectionId, count }) => (
                <li key={connectionId}>
                  {t('inCrm', {
                    count,
                    number: formatNumber(count),
                    crm: connections.find(({ id }) => id === connectionId)?.label ?? t('aCrm'),
                  })}
                </li>
              ))}
              {leftOut > 0 && <li>{counted('refused', leftOut)}</li>}
            </ul>
          )}
        </div>
        {!undone && refused.length > 0 && <Refused refused={refused} title={t('refusedTitle')} more={leftOut - refused.length} />}
      </div>
      <footer className={classes.foot}>
        {report.batchId && !undone && (
          <Button
            size="sm"
            variant="default"
            loading={undoing}
            leftSection={<IconArrowBackUp size={16} aria-hidden />}
            onClick={() => report.batchId && void undo(report.batchId)}
          >
            {t('undoThis')}
          </Button>
        )}
        <Button size="sm" variant="default" onClick={() => flow.restart()}>
          {t('another')}
        </Button>
        <Button size="sm" onClick={onClose}>
          {t('toContacts')}
        </Button>
      </footer>
    </>
  )
}
