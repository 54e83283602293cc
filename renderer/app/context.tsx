/** How components reach the store and the bridge: by React context, never by import. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { type Bridge, BridgeError, type CommandInput, type CommandName, type CommandOutput, type Trouble } from '../../preload/contract'
import type { DraftKeeper } from './log-form/draft-keeper'
import { microphoneBeforeCall } from './microphone'
import type { AppState, AppStore, Asking } from './state'

export interface App {
  bridge: Bridge
  store: AppStore
  /** Holds what is typed into log forms until main has it. */
  keeper: DraftKeeper
}
const context = createContext<App | null>(null)

export function AppProvider({ app, children }: { app: App; children: ReactNode }) {
  return <context.Provider value={app}>{children}</context.Provider>
}

function useAppContext(): App {
  const app = useContext(context)
  if (!app) throw new Error('a component stands outside AppProvider')
  return app
}

/** A part of the state; the component renders again when that part changes. Return existing references, not new objects. */
export function useApp<T>(select: (state: AppState) => T): T {
  return useStore(useAppContext().store, select)
}
/** The store itself, for handlers: `getState`, `setState`. */
export function useAppStore(): AppStore {
  return useAppContext().store
}
export function useBridge(): Bridge {
  return useAppContext().bridge
}
export function useDraftKeeper(): DraftKeeper {
  return useAppContext().keeper
}

/** What to tell of any error that a command rejected with. */
export function troubleOf(error: unknown): Trouble {
  // Not `instanceof` alone: on Electron the error crosses from the preload's world.
  if (error instanceof BridgeError) return error.trouble
  const carried = (error as { trouble?: Trouble } | null)?.trouble
  if (carried && typeof carried.code === 'string') return carried
  return { code: 'general.unexpected', params: {}, detail: error instanceof Error ? error.message : String(error) }
}

let notices = 0
/** Tells the rep of a trouble above the screen until it is put away. */
export function addNotice(store: AppStore, trouble: Trouble): void {
  store.setState((state) => ({
    notices: [...state.notices.filter((notice) => notice.trouble.code !== trouble.code), { id: ++notices, trouble }].slice(-3),
  }))
}

let questions = 0
/** Asks the rep before something is done; answers with «yes», or with the number that was chosen; null: no. */
export function askRep(store: AppStore, asking: Asking): Promise<string | null> {
  return new Promise((resolve) => {
    const id = ++questions
    const answer = (number: string | null) => {
      store.setState((state) => ({ questions: state.questions.filter((other) => other.id !== id) }))
      resolve(number)
    }
    store.setState((state) => ({ questions: [...state.questions, { ...asking, id, answer }] }))
  })
}

/** The dialling guard asks; the same command again with `confirmed` is the rep's yes. */
export function isGuardQuestion(trouble: Trouble): boolean {
  return trouble.code.startsWith('guard.ask')
}

/** Commands that open the microphone for a call of the rep's own making. */
const callsOut: readonly CommandName[] = ['call.dial', 'call.consult', 'colleague.pickUp', 'voicemail.listen']

/**
 * Sends a command for a click: a question of the dialling guard is put to the rep, other failures are told as a notice, and
 * the promise resolves to null.
 */
export function useAct(): <C extends CommandName>(name: C, input: CommandInput<C>) => Promise<CommandOutput<C> | null> {
  const { bridge, store } = useAppContext()
  return useCallback(
    async (name, input) => {
      try {
        if (callsOut.includes(name)) await microphoneBeforeCall(store)
        // A caller is not kept waiting: the answered call gets the microphone when it is allowed.
        if (name === 'call.answer') void microphoneBeforeCall(store)
        try {
          return await bridge.send(name, input)
        } catch (error) {
          const trouble = troubleOf(error)
          if (!isGuardQuestion(trouble) || 'confirmed' in input) throw error
          if ((await askRep(store, { kind: 'guard', trouble })) === null) return null
          return await bridge.send(name, { ...input, confirmed: true })
        }
      } catch (error) {
        addNotice(store, troubleOf(error))
        return null
      }
    },
    [bridge, store],
  )
}

export interface Answer<T> {
  data: T | null
  trouble: Trouble | null
  loading: boolean
  reload: () => void
}

/** Changes come in bursts, and most while a call begins, when painting it matters more than a list: asked again after this, ms. */
const settleMs = 120

/**
 * Asks main for something whenever `name` or `input` (compared as JSON) or `revision` changes; keeps showing the last answer
 * to the same question meanwhile, and never an answer that a later question has overtaken. `input` null: nothing to ask.
 */
export function useAsk<C extends CommandName>(name: C, input: CommandInput<C> | null, revision: unknown = 0): Answer<CommandOutput<C>> {
  const { bridge } = useAppContext()
  const key = input === null ? null : JSON.stringify(input)
  const [again, setAgain] = useState(0)
  const [answer, setAnswer] = useState<{ key: string | null; data: CommandOutput<C> | null; trouble: Trouble | null; loading: boolean }>({
    key: null,
    data: null,
    trouble: null,
    loading: true,
  })
  const latest = useRef(0)
  const askedKey = useRef<string | null>(null)
  // revision and again only say when to ask anew
  useEffect(() => {
    const mine = ++latest.current
    if (key === null) {
      setAnswer({ key, data: null, trouble: null, loading: false })
      return
    }
    setAnswer((before) => (before.key === key ? before : { key, data: null, trouble: null, loading: true }))
    const ask = () =>
      bridge.send(name, JSON.parse(key) as CommandInput<C>).then(
        (data) => {
          if (mine === latest.current) setAnswer({ key, data, trouble: null, loading: false })
        },
        (error) => {
          if (mine === latest.current) setAnswer((before) => ({ ...before, trouble: troubleOf(error), loading: false }))
        },
      )
    const timer = setTimeout(ask, askedKey.current === key ? settleMs : 0)
    askedKey.current = key
    return () => clearTimeout(timer)
  }, [bridge, name, key, revision, again])
  return {
    data: answer.key === key ? answer.data : null,
    trouble: answer.key === key ? answer.trouble : null,
    loading: answer.key !== key || answer.loading,
    reload: useCallback(() => setAgain((n) => n + 1), []),
  }
}
