/** Recording: as what, where it is kept, and whether the other party is told by a voice. */
import { NativeSelect, Switch, TextInput } from '@mantine/core'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '../../../preload/contract'
import { useApp } from '../context'
import { ConsentReminder } from '../recording/ConsentReminder'
import { TroubleText } from '../trouble'
import { Line, Section } from './Section'
import classes from './settings.module.css'
import { useSetting } from './use-setting'

export function RecordingSettings() {
  const { t } = useTranslation('recording')
  return (
    <Section title={t('settings.title')} text={t('settings.text')}>
      <ConsentReminder />
      <Notice />
      <Format />
      <Folder />
    </Section>
  )
}

function Notice() {
  const { t } = useTranslation('recording')
  const { save, trouble } = useSetting()
  const notice = useApp((state) => state.settings.recordingNotice)
  return (
    <Line label={t('settings.notice')} hint={trouble ? <TroubleText trouble={trouble} /> : undefined}>
      <div className={classes.switches}>
        <Switch
          label={t('settings.noticeLabel')}
          description={t('settings.noticeHint')}
          checked={notice}
          onChange={(event) => void save({ recordingNotice: event.currentTarget.checked })}
        />
      </div>
    </Line>
  )
}

function Format() {
  const { t } = useTranslation('recording')
  const id = useId()
  const { save, trouble } = useSetting()
  const format = useApp((state) => state.settings.recordingFormat)
  return (
    <Line label={t('settings.format')} htmlFor={id} hint={t('settings.formatHint')}>
      <NativeSelect
        id={id}
        data={(['webm', 'wav'] as const).map((value) => ({ value, label: t(`settings.formats.${value}`) }))}
        value={format}
        error={trouble ? <TroubleText trouble={trouble} /> : null}
        onChange={(event) => void save({ recordingFormat: event.currentTarget.value as Settings['recordingFormat'] })}
      />
    </Line>
  )
}

function Folder() {
  const { t } = useTranslation('recording')
  const id = useId()
  const { save, trouble, saved } = useSetting()
  const kept = useApp((state) => state.settings.recordingFolder)
  const [typed, setTyped] = useState<string | null>(null)
  const keep = async () => {
    if (typed === null) return
    if (typed.trim() === kept || (await save({ recordingFolder: typed.trim() }))) setTyped(null)
  }
  return (
    <Line label={t('settings.folder')} htmlFor={id} hint={t('settings.folderHint')}>
      <TextInput
        id={id}
        value={typed ?? kept}
        placeholder={t('settings.folderDefault')}
        spellCheck={false}
        maxLength={1000}
        error={trouble ? <TroubleText trouble={trouble} /> : null}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => void keep()}
        onKeyDown={(event) => {
          if (event.key === 'Enter') void keep()
        }}
      />
      <span role="status" className={classes.hint}>
        {saved && typed === null ? t('settings.saved') : ''}
      </span>
    </Line>
  )
}
