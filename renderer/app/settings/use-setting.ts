/** Changing settings from a control: sent to main, which answers with what is now in force, or with what is wrong. */
import { useCallback, useRef, useState } from 'react'
import type { CommandInput, Trouble } from '../../../preload/contract'
import { troubleOf, useBridge } from '../context'

export interface Change {
  readonly trouble: Trouble | null
  /** Main has taken the last change. */
  readonly saved: boolean
  readonly save: (change: CommandInput<'settings.change'>) => Promise<boolean>
}

/** One for each control, so that what is wrong stands beside it. */
export function useSetting(): Change {
  const bridge = useBridge()
  const latest = useRef(0)
  const [state, setState] = useState<{ trouble: Trouble | null; saved: boolean }>({ trouble: null, saved: false })
  const save = useCallback(
    async (change: CommandInput<'settings.change'>) => {
      const mine = ++latest.current
      const settle = (trouble: Trouble | null) => {
        if (mine === latest.current) setState({ trouble, saved: trouble === null })
        return trouble === null
      }
      try {
        await bridge.send('settings.change', change)
        return settle(null)
      } catch (error) {
        return settle(troubleOf(error))
      }
    },
    [bridge],
  )
  return { ...state, save }
}
