/** Pages for a component: a new list for each new question, with the old one shown until the new one has an answer. */
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { type PageOptions, Pages, type PagesState } from './pages'

export interface ShownPages<T> {
  readonly pages: Pages<T>
  readonly state: PagesState
  /** What is shown belongs to the question before; the answer to this one is on its way. */
  readonly stale: boolean
}

/** `question` names what is asked for: when it changes a new list is begun. */
export function usePages<T>(question: string, options: PageOptions<T>): ShownPages<T> {
  const latest = useRef(options)
  latest.current = options
  const asked = useMemo(() => new Pages<T>(latest.current), [question])
  useEffect(() => {
    asked.open()
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
