/** A whole number among the settings, kept when the field is left or Enter pressed. */
import { NumberInput } from '@mantine/core'
import { type ReactNode, useId, useState } from 'react'
import { TroubleText } from '../trouble'
import { Line } from './Section'
import classes from './settings.module.css'
import { useSetting } from './use-setting'

interface NumberSettingProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly value: number
  readonly min: number
  readonly max: number
  readonly change: (value: number) => Parameters<ReturnType<typeof useSetting>['save']>[0]
}

export function NumberSetting({ label, hint, value, min, max, change }: NumberSettingProps) {
  const id = useId()
  const { save, trouble } = useSetting()
  const [typed, setTyped] = useState<number | string | null>(null)
  const keep = async () => {
    if (typed === null) return
    const wanted = typed === '' ? value : Math.min(max, Math.max(min, Math.round(Number(typed))))
    if (wanted === value || (await save(change(wanted)))) setTyped(null)
  }
  return (
    <Line label={label} htmlFor={id} hint={hint}>
      <NumberInput
        id={id}
        className={classes.number}
        size="sm"
        min={min}
        max={max}
        allowDecimal={false}
        allowNegative={false}
        value={typed ?? value}
        error={trouble ? <TroubleText trouble={trouble} /> : null}
        onChange={setTyped}
        onBlur={() => void keep()}
        onKeyDown={(event) => {
          if (event.key === 'Enter') void keep()
        }}
      />
    </Line>
  )
}
