/** How a call sounds: one word with a small graph of MOS (ITU-T G.107) beside it, and the figures for whoever asks. */
import { IconAntennaBars3, IconAntennaBars4, IconAntennaBars5 } from '@tabler/icons-react'
import { useCallback, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { QualitySample } from '../../../preload/contract'
import { useApp } from '../context'
import { formatNumber } from '../format'
import { Flyout } from './Flyout'
import styles from './Quality.module.css'
import { graphLines, qualityWord } from './quality'

const icons = { good: IconAntennaBars5, fair: IconAntennaBars4, poor: IconAntennaBars3 }

/** MOS over time; `label` says in words what it shows. */
export function Graph({ samples, label, wide = false }: { samples: readonly QualitySample[]; label: string; wide?: boolean }) {
  const [width, height] = wide ? [280, 44] : [56, 16]
  const lines = graphLines(samples, width - 2, height - 2)
  return (
    <svg className={styles.graph} role="img" aria-label={label} width={width} height={height} viewBox={`-1 -1 ${width} ${height}`}>
      <path className={styles.base} d={`M0 ${height - 2}H${width - 2}`} />
      {lines.map((points) => (
        <polyline key={points} points={points} />
      ))}
    </svg>
  )
}

export interface Figures {
  mos: number | null
  worstMos?: number | null
  roundTrip: number | null
  jitter: number | null
  /** 0 to 1. */
  loss: number | null
  codec: string | null
}

/** The figures by name; what was not measured is left out. */
export function QualityFigures({ figures }: { figures: Figures }) {
  const { t } = useTranslation('calls')
  const one = (value: number) => formatNumber(Math.round(value * 10) / 10)
  const lines: [string, string | null][] = [
    [t('quality.mos'), figures.mos === null ? null : one(figures.mos)],
    [t('quality.worst'), figures.worstMos == null ? null : one(figures.worstMos)],
    [t('quality.roundTrip'), figures.roundTrip === null ? null : t('quality.ms', { ms: formatNumber(Math.round(figures.roundTrip)) })],
    [t('quality.jitter'), figures.jitter === null ? null : t('quality.ms', { ms: one(figures.jitter) })],
    [t('quality.loss'), figures.loss === null ? null : t('quality.percent', { percent: one(figures.loss * 100) })],
    [t('quality.codec'), figures.codec],
  ]
  return (
    <dl className={styles.figures}>
      {lines.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="rb-figures">{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}

/** The call's quality now; nothing before there is something to say. */
export function QualityMark({ callId }: { callId: string }) {
  const { t } = useTranslation('calls')
  const quality = useApp((state) => state.quality[callId])
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = useCallback(() => {
    setOpen(false)
    button.current?.focus()
  }, [])
  const last = quality?.samples.at(-1)
  const mos = quality?.samples.findLast((sample) => sample.mos !== null)?.mos ?? null
  const word = qualityWord(mos)
  if (!quality || !last || word === null || mos === null) return null
  const Icon = icons[word]
  const words = t('quality.now', { word: t(`quality.${word}`), mos: formatNumber(Math.round(mos * 10) / 10) })
  return (
    <>
      <button
        ref={button}
        type="button"
        className={styles.mark}
        data-word={word}
        aria-label={words}
        aria-expanded={open}
        title={words}
        onClick={() => setOpen((now) => !now)}
      >
        <Icon size={17} stroke={2} aria-hidden />
        <span>{t(`quality.${word}`)}</span>
        <span aria-hidden className={styles.spark}>
          <Graph samples={quality.samples} label={t('quality.graph')} />
        </span>
      </button>
      {open ? (
        <Flyout label={t('quality.title')} opener={button} onClose={close} className={styles.details}>
          <Graph samples={quality.samples} label={t('quality.graph')} wide />
          <QualityFigures figures={{ ...last, mos, codec: quality.codec }} />
        </Flyout>
      ) : null}
    </>
  )
}

/** What is wrong with the network, once main says that it has lasted. */
export function QualityWarning({ callId }: { callId: string }) {
  const { t } = useTranslation('calls')
  const warning = useApp((state) => state.quality[callId]?.warning ?? null)
  return <>{warning ? t(`quality.warning.${warning}`) : null}</>
}
