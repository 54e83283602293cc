/** Microphone, speaker and ringers: which, how loud, and whether they work. */
import { Button, Checkbox, NativeSelect, Switch } from '@mantine/core'
import { IconVolume } from '@tabler/icons-react'
import { useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '../../../preload/contract'
import { choiceOf, defaultLabel, identify, isReal } from '../../devices/identity'
import { useApp } from '../context'
import { type Asked, askForMicrophone } from '../microphone'
import { TroubleText } from '../trouble'
import { LevelMeter } from './LevelMeter'
import { Line, Section } from './Section'
import classes from './settings.module.css'
import { playTestTone } from './test-tone'
import { type DeviceList, useDevices } from './use-devices'
import { useSetting } from './use-setting'

/** As many as the settings hold. */
const mostRingers = 6

export function AudioSettings() {
  const { t } = useTranslation('settings')
  const devices = useDevices()
  return (
    <Section title={t('audio.title')}>
      <Permission devices={devices} />
      <Device which="microphone" devices={devices} />
      <Processing />
      <Device which="speaker" devices={devices} />
      <Ringers devices={devices} />
      <Volume setting="ringVolume" />
      <Volume setting="toneVolume" />
      <Volume setting="waitingVolume" />
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

const useChoices = (kind: MediaDeviceKind, devices: DeviceList) => {
  const all = devices.all.filter((device) => device.kind === kind)
  return { all, real: all.filter(isReal) }
}

function Device({ which, devices }: { readonly which: 'microphone' | 'speaker'; readonly devices: DeviceList }) {
  const { t } = useTranslation('settings')
  const id = useId()
  const { save, trouble } = useSetting()
  const choice = useApp((state) => state.settings[which])
  const volume = useApp((state) => state.settings.toneVolume)
  const { all, real } = useChoices(which === 'microphone' ? 'audioinput' : 'audiooutput', devices)
  const found = identify(choice, all)
  const device = found.as === 'device' ? found.device : null
  const system = defaultLabel(all)
  const away = choice !== null && (found.as === 'missing' || found.as === 'twins')
  const options = [
    { value: '', label: system ? t('audio.systemIs', { label: system }) : t('audio.system') },
    ...real.map((one) => ({ value: one.deviceId, label: one.label })),
    ...(away ? [{ value: choice.id, label: t('audio.gone', { label: choice.label }) }] : []),
  ]
  return (
    <Line
      label={t(`audio.${which}`)}
      htmlFor={id}
      hint={away ? t(found.as === 'twins' ? 'audio.twinsHint' : 'audio.goneHint', { label: choice.label }) : undefined}
    >
      <div className={classes.device}>
        <NativeSelect
          className={classes.choice}
          id={id}
          data={options}
          value={device?.deviceId ?? (away ? choice.id : '')}
          error={trouble ? <TroubleText trouble={trouble} /> : null}
          onChange={(event) => {
            const chosen = real.find((one) => one.deviceId === event.currentTarget.value)
            void save({ [which]: chosen ? choiceOf(chosen) : null } satisfies Partial<Settings>)
          }}
        />
        {which === 'microphone' ? (
          <LevelMeter deviceId={device?.deviceId ?? null} onOpened={devices.refresh} />
        ) : (
          <TestTone name={t('audio.speaker')} deviceId={device?.deviceId ?? null} volume={volume} />
        )}
      </div>
    </Line>
  )
}

const processing = ['echoCancellation', 'noiseSuppression', 'autoGainControl'] as const

/** What the browser does to the microphone's sound; each is in force at once, also in a call. */
function Processing() {
  const { t } = useTranslation('settings')
  const { save, trouble } = useSetting()
  const settings = useApp((state) => state.settings)
  return (
    <Line label={t('audio.processing')} hint={trouble ? <TroubleText trouble={trouble} /> : undefined}>
      <div className={classes.switches}>
        {processing.map((which) => (
          <Switch
            key={which}
            label={t(`audio.${which}`)}
            description={t(`audio.${which}Hint`)}
            checked={settings[which]}
            onChange={(event) => void save({ [which]: event.currentTarget.checked } satisfies Partial<Settings>)}
          />
        ))}
      </div>
    </Line>
  )
}

/** Where it rings: any number of outputs at once. */
function Ringers({ devices }: { readonly devices: DeviceList }) {
  const { t } = useTranslation('settings')
  const { save, trouble } = useSetting()
  const ringers = useApp((state) => state.settings.ringers)
  const volume = useApp((state) => state.settings.ringVolume)
  const speaker = useApp((state) => state.settings.speaker)
  const { all, real } = useChoices('audiooutput', devices)
  const chosen = ringers.map((choice) => ({ choice, found: identify(choice, all) }))
  const idOf = (choice: Settings['speaker']) => {
    const found = identify(choice, all)
    return found.as === 'device' ? found.device.deviceId : null
  }
  const put = (next: Settings['ringers']) => void save({ ringers: next })
  return (
    <Line
      label={<span id="ringers">{t('audio.ringers')}</span>}
      hint={trouble ? <TroubleText trouble={trouble} /> : ringers.length >= mostRingers ? t('audio.ringersFull') : t('audio.ringerHint')}
    >
      <fieldset className={classes.ringers} aria-labelledby="ringers">
        {ringers.length === 0 && (
          <div className={classes.ringer}>
            <span>{t('audio.asSpeaker')}</span>
            <TestTone name={t('audio.ringers')} deviceId={idOf(speaker)} volume={volume} />
          </div>
        )}
        {real.map((device) => {
          const mine = chosen.find(({ found }) => found.as === 'device' && found.device.deviceId === device.deviceId)
          return (
            <div key={device.deviceId} className={classes.ringer}>
              <Checkbox
                label={device.label}
                checked={Boolean(mine)}
                disabled={!mine && ringers.length >= mostRingers}
                onChange={() => put(mine ? ringers.filter((one) => one !== mine.choice) : [...ringers, choiceOf(device)])}
              />
              <TestTone name={device.label} deviceId={device.deviceId} volume={volume} />
            </div>
          )
        })}
        {chosen
          .filter(({ found }) => found.as !== 'device')
          .map(({ choice, found }) => (
            <div key={choice.id} className={classes.ringer}>
              <Checkbox
                label={t(found.as === 'twins' ? 'audio.twins' : 'audio.gone', { label: choice.label })}
                checked
                onChange={() => put(ringers.filter((one) => one !== choice))}
              />
            </div>
          ))}
      </fieldset>
    </Line>
  )
}

/** `name`: of what it plays on, for those who do not see the line. */
function TestTone({ name, deviceId, volume }: { readonly name: string; readonly deviceId: string | null; readonly volume: number }) {
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
        aria-label={t('audio.toneOn', { device: name })}
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

function Volume({ setting }: { readonly setting: 'ringVolume' | 'toneVolume' | 'waitingVolume' }) {
  const { t } = useTranslation('settings')
  const id = useId()
  const { save, trouble } = useSetting()
  const kept = useApp((state) => state.settings[setting])
  const [moved, setMoved] = useState<number | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const value = moved ?? kept
  return (
    <Line
      label={t(`audio.${setting}`)}
      htmlFor={id}
      hint={trouble ? <TroubleText trouble={trouble} /> : setting === 'waitingVolume' ? t('audio.waitingHint') : undefined}
    >
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
