/** How an earlier call sounded, and its recording: to keep elsewhere or to delete. */
import { Button } from '@mantine/core'
import { IconDeviceFloppy, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallQuality, CallRecord } from '../../../preload/contract'
import { Graph, QualityFigures } from '../calls/Quality'
import { qualityWord } from '../calls/quality'
import { useAct } from '../context'
import { fetchFile } from '../download'
import classes from './history.module.css'

export function CallSound({ quality }: { readonly quality: CallQuality }) {
  const { t } = useTranslation('calls')
  const word = qualityWord(quality.mos)
  return (
    <section aria-label={t('quality.title')}>
      <h4 className={classes.factName}>
        {t('quality.title')}
        {word ? ` · ${t(`quality.${word}`)}` : ''}
      </h4>
      {quality.samples.length > 1 ? <Graph samples={quality.samples} label={t('quality.graph')} wide /> : null}
      <QualityFigures figures={quality} />
    </section>
  )
}

export function CallRecording({ call }: { readonly call: CallRecord }) {
  const { t } = useTranslation('calls')
  const act = useAct()
  const [asking, setAsking] = useState(false)
  const [kept, setKept] = useState(false)
  const [saved, setSaved] = useState<string | null>(null)
  const save = async () => {
    setSaved(null)
    const result = await act('recording.save', { callId: call.id })
    if (result?.path) setSaved(t('recording.saved', { path: result.path }))
    if (result?.download) fetchFile(result.download)
  }
  return (
    <section aria-label={t('recording.title')}>
      <h4 className={classes.factName}>{t('recording.title')}</h4>
      {asking ? (
        <div key="asked" role="alert" className={classes.recording}>
          <span>{t('recording.deleteAsk')}</span>
          <Button
            size="xs"
            color="red"
            onClick={async () => {
              await act('recording.remove', { callId: call.id })
              setAsking(false)
            }}
          >
            {t('recording.delete')}
          </Button>
          <Button
            size="xs"
            variant="default"
            autoFocus
            onClick={() => {
              setAsking(false)
              setKept(true)
            }}
          >
            {t('recording.keep')}
          </Button>
        </div>
      ) : (
        <div key="offered" className={classes.recording}>
          <Button size="xs" variant="default" leftSection={<IconDeviceFloppy size={14} />} onClick={() => void save()}>
            {t('recording.save')}
          </Button>
          <Button size="xs" variant="default" leftSection={<IconTrash size={14} />} autoFocus={kept} onClick={() => setAsking(true)}>
            {t('recording.delete')}
          </Button>
        </div>
      )}
      <div role="status" className={classes.savedTo}>
        {saved}
      </div>
    </section>
  )
}
