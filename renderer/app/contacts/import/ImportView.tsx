/** Contacts out of a file, in place of the list: choose, look at what comes, import, and take it back. */
import { Button, CloseButton, Progress } from '@mantine/core'
import { IconArrowLeft, IconFileImport } from '@tabler/icons-react'
import { type ReactNode, useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useAppStore, useBridge } from '../../context'
import { formatNumber } from '../../format'
import { keptIn } from '../../paging/use-kept'
import { TroubleText } from '../../trouble'
import { EarlierImports } from './EarlierImports'
import { ImportFlow, type ImportState } from './flow'
import classes from './import.module.css'
import { Preview } from './Preview'
import { Report } from './Report'

/** The one import of this window; it goes on while another screen is shown. */
export function useImportFlow(): { flow: ImportFlow; state: ImportState } {
  const store = useAppStore()
  const bridge = useBridge()
  const known = keptIn(store).get('contacts.import')
  const flow = known instanceof ImportFlow ? known : new ImportFlow(bridge)
  keptIn(store).set('contacts.import', flow)
  const state = useSyncExternalStore(flow.subscribe, () => flow.state)
  return { flow, state }
}

export function ImportView({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation('import')
  const { flow, state } = useImportFlow()
  const [over, setOver] = useState(false)
  const picker = useRef<HTMLInputElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const close = useRef(onClose)
  close.current = () => {
    // A running import goes on; one that was not begun is given up.
    if (state.stage !== 'running') flow.restart()
    onClose()
  }
  const takes = state.stage !== 'running' && state.stage !== 'reading'
  const take = useCallback((file: File | null | undefined) => file && void flow.take(file), [flow])
  const { stage } = state
  // What is new is read out and stands where the keyboard is; the field that was left may be gone.
  useEffect(() => {
    if (stage !== 'reading') heading.current?.focus({ preventScroll: true })
  }, [stage])
  useEffect(() => {
    // A file that is dropped beside the field must not take the window's place.
    const onOver = (event: DragEvent) => {
      event.preventDefault()
      setOver(takes && (event.dataTransfer?.types.includes('Files') ?? false))
    }
    const onLeave = (event: DragEvent) => event.relatedTarget === null && setOver(false)
    const onDrop = (event: DragEvent) => {
      event.preventDefault()
      setOver(false)
      if (takes) take(event.dataTransfer?.files[0])
    }
    const onKey = (event: KeyboardEvent) => {
      const at = event.target instanceof HTMLElement ? event.target : null
      const mine = at === document.body || (at?.closest('#import-view') && !at.closest('select, input'))
      if (event.key !== 'Escape' || event.defaultPrevented || !mine) return
      event.preventDefault()
      close.current()
    }
    document.addEventListener('keydown', onKey)
    document.addEventListener('dragover', onOver)
    document.addEventListener('dragleave', onLeave)
    document.addEventListener('drop', onDrop)
    return () => {
      document.removeEventListener('keydown', onKey)
      document.removeEventListener('dragover', onOver)
      document.removeEventListener('dragleave', onLeave)
      document.removeEventListener('drop', onDrop)
    }
  }, [takes, take])
  const pick = () => picker.current?.click()
  return (
    <section id="import-view" className={classes.view} aria-labelledby="import-title">
      <header className={classes.head}>
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          leftSection={<IconArrowLeft size={15} aria-hidden />}
          onClick={() => close.current()}
        >
          {t('back')}
        </Button>
        <h2 id="import-title" ref={heading} tabIndex={-1} className={classes.title}>
          {state.stage === 'choose' ? t('title') : <bdi>{state.file}</bdi>}
        </h2>
      </header>
      <input
        ref={picker}
        type="file"
        hidden
        accept=".csv,.tsv,.vcf,.vcard,.txt,text/csv,text/vcard"
        aria-label={t('file')}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0]
          // The same file chosen again is a new choice.
          event.currentTarget.value = ''
          take(file)
        }}
      />
      {state.stage === 'choose' && (
        <div className={classes.body}>
          {state.trouble && (
            <Told onClose={() => flow.restart()}>
              <TroubleText trouble={state.trouble} />
            </Told>
          )}
          <div className={classes.drop} data-over={over || undefined}>
            <IconFileImport size={30} stroke={1.4} aria-hidden />
            <p>{over ? t('dropNow') : t('drop')}</p>
            <Button size="sm" onClick={pick} data-autofocus>
              {t('choose')}
            </Button>
            <p className={classes.quiet}>{t('hint')}</p>
          </div>
          <EarlierImports />
        </div>
      )}
      {state.stage === 'reading' && (
        <div className={classes.waiting} role="status">
          <p>{t('reading')}</p>
          <Progress value={state.share * 100} aria-label={t('reading')} className={classes.progress} />
          <Button size="xs" variant="default" onClick={() => flow.restart()}>
            {t('cancel')}
          </Button>
        </div>
      )}
      {state.stage === 'preview' && <Preview flow={flow} state={state} />}
      {state.stage === 'running' && (
        <div className={classes.waiting}>
          <p role="status">{t('running', { count: state.read, number: formatNumber(state.read) })}</p>
          <Progress value={100} animated aria-label={t('runningLabel')} className={classes.progress} />
          <p className={classes.quiet}>{t('goesOn')}</p>
          <Button size="xs" variant="default" loading={state.stopping} onClick={() => flow.stop()}>
            {t('stop')}
          </Button>
        </div>
      )}
      {state.stage === 'stopped' && (
        <div className={classes.body}>
          <Told onClose={() => flow.restart()}>{t('stopped')}</Told>
          <EarlierImports />
        </div>
      )}
      {state.stage === 'done' && <Report flow={flow} state={state} onClose={() => close.current()} />}
    </section>
  )
}

function Told({ children, onClose }: { readonly children: ReactNode; readonly onClose: () => void }) {
  const { t } = useTranslation('import')
  return (
    <div role="alert" className={classes.told}>
      <div>{children}</div>
      <CloseButton size="sm" aria-label={t('dismiss')} onClick={onClose} />
    </div>
  )
}
