/** What main suggests for the text in the dial field; kept while the list is put away, so that an arrow key shows it at once. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { useBridge } from '../context'
import { cleanDialText, type Suggestion, suggestionsOf } from './dialling'

/** How long typing pauses before main is asked, and how long a call that is being placed has main for itself, in ms. */
const pauseMs = { typing: 50, dialling: 1000 }

/** `postpone`: what is about to be asked waits, because the text is being dialled; when that succeeds it is not asked at all. */
export function useSuggestions(text: string): { lines: Suggestion[]; postpone: () => void } {
  const bridge = useBridge()
  const pending = useRef<((ms: number) => void) | null>(null)
  const postpone = useCallback(() => pending.current?.(pauseMs.dialling), [])
  const [lines, setLines] = useState<Suggestion[]>([])
  const asked = cleanDialText(text)
  useEffect(() => {
    if (asked === '') {
      setLines([])
      return
    }
    let current = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = () => {
      pending.current = null
      bridge.send('directory.suggest', { text: asked.slice(0, 120) }).then(
        ({ contacts, organizations }) => current && setLines(suggestionsOf(contacts, organizations)),
        // Without suggestions a number can still be dialled; main's absence has its own banner.
        () => current && setLines([]),
      )
    }
    pending.current = (ms) => {
      clearTimeout(timer)
      timer = setTimeout(ask, ms)
    }
    pending.current(pauseMs.typing)
    return () => {
      current = false
      pending.current = null
      clearTimeout(timer)
    }
  }, [bridge, asked])
  return { lines, postpone }
}
