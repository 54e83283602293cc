/**
 * Calling a number that was copied somewhere else. It is read only when the rep asks for it (the button, or pasting where
 * there is no field), and nothing is dialled before the rep has seen the number and said yes.
 */
import { useCallback, useEffect } from 'react'
import { askRep, useAct, useAppStore } from '../context'
import { dialAccountOf } from './AccountChoice'
import { numbersIn } from './clipboard'
import { isVanityNumber, lettersToDigits } from './letters'

export type ClipboardOutcome = 'done' | 'nothing' | 'refused'

/** Answers with a function for the button: what came of it. `onNothing` hears of a paste without a number. */
export function useClipboardCall(onNothing: () => void): () => Promise<ClipboardOutcome> {
  const store = useAppStore()
  const act = useAct()
  const offer = useCallback(
    async (text: string): Promise<ClipboardOutcome> => {
      const numbers = numbersIn(text)
      if (numbers.length === 0) return 'nothing'
      const number = await askRep(store, { kind: 'clipboard', numbers })
      if (number === null) return 'done'
      const account = dialAccountOf(store.getState())
      await act('call.dial', {
        number: (isVanityNumber(number) ? lettersToDigits(number) : number).slice(0, 120),
        origin: 'clipboard',
        ...(account ? { accountId: account.id } : {}),
      })
      return 'done'
    },
    [store, act],
  )
  useEffect(() => {
    const onPaste = async (event: ClipboardEvent) => {
      const target = event.target instanceof Element ? event.target : null
      if (target?.closest('input, textarea, [contenteditable="true"], [role="dialog"]') || store.getState().questions.length > 0) return
      if ((await offer(event.clipboardData?.getData('text') ?? '')) === 'nothing') onNothing()
    }
    document.addEventListener('paste', onPaste)
    return () => document.removeEventListener('paste', onPaste)
  }, [store, offer, onNothing])
  return useCallback(async () => {
    try {
      return await offer(await navigator.clipboard.readText())
    } catch {
      // Where a page may not read the clipboard, the rep can still paste.
      return 'refused'
    }
  }, [offer])
}
