/** Shows how loud the chosen microphone is. The microphone is open only while the meter is on, and a minute at most. */
import { Button } from '@mantine/core'
import { IconMicrophone } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useApp } from '../context'
import { levelOf } from './level'
import classes from './settings.module.css'

const longest = 60_000
/** Below this for `quietFor` ms, the rep is told that nothing is heard. */
const quiet = 0.12
const quietFor = 4000

type State = 'off' | 'on' | 'silent' | 'denied' | 'missing' | 'failed'

/** `deviceId` null: the system's microphone. */
export function LevelMeter({ deviceId, onOpened }: { readonly deviceId: string | null; readonly onOpened: () => void }) {
  const { t } = useTranslation('settings')
  const [wanted, setWanted] = useState(false)
  const [state, setState] = useState<State>('off')
  const bar = useRef<HTMLDivElement>(null)
  const { echoCancellation, noiseSuppression, autoGainControl } = useApp((state) => state.settings)
  const opened = useRef(onOpened)
  opened.current = onOpened

  useEffect(() => {
    if (!wanted) return
    let frame = 0
    let stream: MediaStream | null = null
    let context: AudioContext | null = null
    let over = false
    const close = () => {
      over = true
      cancelAnimationFrame(frame)
      clearTimeout(timer)
      for (const track of stream?.getTracks() ?? []) track.stop()
      void context?.close()
    }
    const end = (why: State) => {
      close()
      setWanted(false)
      setState(why)
    }
    const timer = setTimeout(() => end('off'), longest)
    const measure = (opened: MediaStream) => {
      context = new AudioContext()
      const analyser = context.createAnalyser()
      analyser.fftSize = 2048
      context.createMediaStreamSource(opened).connect(analyser)
      const samples = new Float32Array(analyser.fftSize)
      let shown = 0
      let heardAt = performance.now()
      let told = 0
      const draw = (now: number) => {
        analyser.getFloatTimeDomainData(samples)
        const level = levelOf(samples)
        // Quick up, slow down, so that the eye can follow.
        shown = level > shown ? level : Math.max(level, shown - 0.015)
        if (level > quiet) heardAt = now
        setState(now - heardAt > quietFor ? 'silent' : 'on')
        if (bar.current) {
          bar.current.style.setProperty('--level', shown.toFixed(3))
          if (now - told > 250) {
            told = now
            bar.current.setAttribute('aria-valuenow', String(Math.round(shown * 100)))
          }
        }
        frame = requestAnimationFrame(draw)
      }
      frame = requestAnimationFrame(draw)
    }
    setState('on')
    // As a call would hear it.
    const processing = { echoCancellation, noiseSuppression, autoGainControl }
    navigator.mediaDevices.getUserMedia({ audio: { ...processing, ...(deviceId === null ? {} : { deviceId: { exact: deviceId } }) } }).then(
      (answer) => {
        stream = answer
        if (over) return close()
        for (const track of answer.getTracks()) track.addEventListener('ended', () => end('missing'))
        opened.current()
        measure(answer)
      },
      (error: unknown) => {
        if (over) return
        const name = error instanceof DOMException ? error.name : ''
        end(name === 'NotAllowedError' ? 'denied' : name === 'NotFoundError' || name === 'OverconstrainedError' ? 'missing' : 'failed')
      },
    )
    return close
  }, [wanted, deviceId, echoCancellation, noiseSuppression, autoGainControl])

  const on = wanted && (state === 'on' || state === 'silent')
  return (
    <div className={classes.try}>
      <Button
        size="xs"
        variant="default"
        aria-pressed={on}
        leftSection={<IconMicrophone size={15} aria-hidden />}
        onClick={() => {
          setWanted(!wanted)
          setState('off')
        }}
      >
        {on ? t('audio.meterStop') : t('audio.meterStart')}
      </Button>
      {on && (
        <div
          ref={bar}
          className={classes.meter}
          role="meter"
          aria-label={t('audio.meter')}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={0}
        />
      )}
      <span role="status" className={classes.hint}>
        {on ? t(state === 'silent' ? 'audio.meterSilent' : 'audio.meterOn') : state === 'off' ? '' : t(`audio.meterTrouble.${state}`)}
      </span>
    </div>
  )
}
