/** What main suggests for the text in the dial field; kept while the list is put away, so that an arrow key shows it at once. */
import { useEffect, useState } from 'react'
import { useBridge } from '../context'
import { cleanDialText, type Suggestion, suggestionsOf } from './dialling'

export function useSuggestions(text: string): Suggestion[] {
  const bridge = useBridge()
  const [lines, setLines] = useState<Suggestion[]>([])
  const asked = cleanDialText(text)
  useEffect(() => {
    if (asked === '') {
      setLines([])
      return
    }
    let current = true
    const timer = setTimeout(() => {
      bridge.send('contacts.suggest', { text: asked.slice(0, 120) }).then(
        (contacts) => current && setLines(suggestionsOf(contacts)),
        // Without suggestions a number can still be dialled; main's absence has its own banner.
        () => current && setLines([]),
      )
    }, 50)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [bridge, asked])
  return lines
}
