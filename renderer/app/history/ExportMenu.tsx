/** History as a file, with the filters in force. Main writes it; in the browser host the page fetches it from main. */
import { ActionIcon, Loader, Menu } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CommandOutput, HistoryFilter } from '../../../preload/contract'
import { useAct } from '../context'
import { fetchFile } from '../download'

export type Exported = NonNullable<CommandOutput<'history.export'>>

interface Props {
  /** Taken at the moment of the export, so that «today» is today. */
  readonly filter: () => HistoryFilter
  readonly filtered: boolean
  readonly onDone: (done: Exported) => void
}

export function ExportMenu({ filter, filtered, onDone }: Props) {
  const { t } = useTranslation('history')
  const act = useAct()
  const [working, setWorking] = useState(false)
  const write = async (format: 'csv' | 'json') => {
    setWorking(true)
    const done = await act('history.export', { format, filter: filter() })
    setWorking(false)
    if (!done) return
    if (done.download) fetchFile(done.download)
    onDone(done)
  }
  const label = working ? t('export.working') : t('export.menu')
  return (
    <Menu position="bottom-end" withinPortal shadow="md">
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label={label} title={label} disabled={working}>
          {working ? <Loader size={14} /> : <IconDownload size={16} aria-hidden />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{filtered ? t('export.filtered') : t('export.all')}</Menu.Label>
        <Menu.Item onClick={() => void write('csv')}>{t('export.csv')}</Menu.Item>
        <Menu.Item onClick={() => void write('json')}>{t('export.json')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
