/** Microphone, speaker and ringer: which, how loud, and whether they work. */
import { Button, NativeSelect } from '@mantine/core'
import { IconVolume } from '@tabler/icons-react'
import { useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '../../../preload/contract'
import { useApp } from '../context'
import { type Asked, askForMicrophone } from '../microphone'
import { TroubleText } from '../trouble'
import { defaultLabel, devicesOf, findDevice } from './devices'
import { LevelMeter } from './LevelMeter'
import { Line, Section } from './Section'
import classes from './settings.module.css'
import { playTestTone } from './test-tone'
import { type DeviceList, useDevices } from './use-devices'
import { useSetting } from './use-setting'

type Role = 'microphone' | 'speaker' | 'ringer'

export function AudioSettings() {
  const { t } = useTranslation('settings')
  const devices = useDevices()
  return (
    <Section title={t('audio.title')}>
      <Permission devices={devices} />
      <Device which="microphone" devices={devices} />
      <Device which="speaker" devices={devices} />
      <Device which="ringer" devices={devices} />
      <Volume setting="ringVolume" />
      <Volume setting="toneVolume" />
    </Section>
  )
}

function Permission({ devices }: { readonly devices: DeviceList }) {
  const { t } = useTranslation('settings')
  const [asked, setAsked] = useState<Asked | null>(null)
  if (devices.permission === 'granted' || devices.permission === 'unknown') return null
  const answer = devices.permission === 'denied' ? 'denied' : asked
  return (
    <div className={classes.ask}>
      <p className={classes.plain} role={asked && asked !== 'granted' ? 'alert' : undefined}>
        {answer && answer !== 'granted' ? t(`audio.asked.${answer}`) : t('audio.ask')}
      </p>
      <Button
        size="xs"
        onClick={() =>
          void askForMicrophone().then((found) => {
            setAsked(found)
            devices.refresh()
          })
        }
      >
        {t('audio.allow')}
      </Button>
    </div>
  )
}

function Device({ which, devices }: { readonly which: Role; readonly devices: DeviceList }) {
  const { t } = useTranslation('settings')
  const id = useId()
  const { save, trouble } = useSetting()
  const choice = useApp((state) => (which === 'ringer' ? (state.settings.ringers[0] ?? null) : state.settings[which]))
  const volume = useApp((state) => (which === 'ringer' ? state.settings.ringVolume : state.settings.toneVolume))
  const speaker = useApp((state) => state.settings.speaker)
  const kind = which === 'microphone' ? 'audioinput' : 'audiooutput'
  const known = devicesOf(kind, devices.all)
  const found = findDevice(choice, known)
  const system = defaultLabel(kind, devices.all)
  const none = which === 'ringer' ? t('audio.asSpeaker') : system ? t('audio.systemIs', { label: system }) : t('audio.system')
  const gone = choice !== null && found === null
  const options = [
    { value: '', label: none },
    ...known.map((device) => ({ value: device.id, label: device.label })),
    ...(gone ? [{ value: choice.id, label: t('audio.gone', { label: choice.label }) }] : []),
  ]
  const outputs = devicesOf('audiooutput', devices.all)
  const output = which === 'ringer' && choice === null ? findDevice(speaker, outputs) : found
  return (
    <Line
      label={t(`audio.${which}`)}
      htmlFor={id}
      hint={gone ? t('audio.goneHint', { label: choice.label }) : which === 'ringer' ? t('audio.ringerHint') : undefined}
    >
      <div className={classes.device}>
        <NativeSelect
          className={classes.choice}
          id={id}
          data={options}
          value={found?.id ?? choice?.id ?? ''}
          error={trouble ? <TroubleText trouble={trouble} /> : null}
          onChange={(event) => {
            const device = known.find((one) => one.id === event.currentTarget.value)
            const chosen = device ? { id: device.id, label: device.label } : null
            void save((which === 'ringer' ? { ringers: chosen ? [chosen] : [] } : { [which]: chosen }) satisfies Partial<Settings>)
          }}
        />
        {which === 'microphone' ? (
          <LevelMeter deviceId={found?.id ?? null} onOpened={devices.refresh} />
        ) : (
          <TestTone which={which} deviceId={output?.id ?? null} volume={volume} />
        )}
      </div>
    </Line>
  )
}

function TestTone({ which, deviceId, volume }: { readonly which: Role; readonly deviceId: string | null; readonly volume: number }) {
  const { t } = useTranslation('settings')
  const [state, setState] = useState<'idle' | 'playing' | 'failed'>('idle')
  const play = async () => {
    setState('playing')
    try {
      await playTestTone(deviceId, volume)
      setState('idle')
    } catch {
      setState('failed')
    }
  }
  return (
    <div className={classes.try}>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconVolume size={15} aria-hidden />}
        disabled={state === 'playing'}
        aria-label={t('audio.toneOn', { device: t(`audio.${which}`) })}
        onClick={() => void play()}
      >
        {t('audio.tone')}
      </Button>
      <span role="status" className={classes.hint}>
        {state === 'playing' ? t('audio.tonePlaying') : state === 'failed' ? t('audio.toneFailed') : ''}
      </span>
    </div>
  )
}

function Volume({ setting }: { readonly setting: 'ringVolume' | 'toneVolume' }) {
  const { t } = useTranslation('settings')
  const id = useId()
  const { save, trouble } = useSetting()
  const kept = useApp((state) => state.settings[setting])
  const [moved, setMoved] = useState<number | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const value = moved ?? kept
  return (
    <Line label={t(`audio.${setting}`)} htmlFor={id} hint={trouble ? <TroubleText trouble={trouble} /> : undefined}>
      <div className={classes.volume}>
        <input
          id={id}
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={value}
          aria-valuetext={t('audio.percent', { percent: Math.round(value * 100) })}
          onChange={(event) => {
            const next = event.currentTarget.valueAsNumber
            setMoved(next)
            // While it is being dragged nothing is sent.
            clearTimeout(timer.current)
            timer.current = setTimeout(() => void save({ [setting]: next } satisfies Partial<Settings>).then(() => setMoved(null)), 200)
          }}
        />
        <span className="rb-figures">{t('audio.percent', { percent: Math.round(value * 100) })}</span>
      </div>
    </Line>
  )
}
