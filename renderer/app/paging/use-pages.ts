/** Pages for a component: a new list for each new question, with the old one shown until the new one has an answer. */
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { useAppStore } from '../context'
import { type PageOptions, Pages, type PagesState } from './pages'
import { keptIn } from './use-kept'

export interface ShownPages<T> {
  readonly pages: Pages<T>
  readonly state: PagesState
  /** What is shown belongs to the question before; the answer to this one is on its way. */
  readonly stale: boolean
}

/**
 * `question` names what is asked for: when it changes a new list is begun. The last list of `name` is kept while another
 * screen is open, and read again where it stood when the rep comes back.
 */
export function usePages<T>(name: string, question: string, options: PageOptions<T>): ShownPages<T> {
  const store = useAppStore()
  const latest = useRef(options)
  latest.current = options
  const asked = useMemo(() => {
    const last = keptIn(store).get(`pages ${name}`) as { question: string; pages: Pages<T> } | undefined
    if (last?.question === question) return last.pages
    const pages = new Pages<T>(latest.current)
    keptIn(store).set(`pages ${name}`, { question, pages })
    return pages
  }, [store, name, question])
  useEffect(() => {
    asked.open()
    // What changed while nobody looked.
    if (asked.state.version > 0) asked.refresh()
    return () => asked.close()
  }, [asked])
  const askedState = useSyncExternalStore(
    (listener) => asked.subscribe(listener),
    () => asked.state,
  )
  const answered = useRef<Pages<T> | null>(null)
  const loading = askedState.status === 'loading'
  if (!loading) answered.current = asked
  const pages = loading && answered.current ? answered.current : asked
  return { pages, state: pages.state, stale: pages !== asked }
}
