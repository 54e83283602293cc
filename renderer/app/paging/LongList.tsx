/**
 * A list of any length as an accessible grid: only what is on screen is in the page, one row is in the tab order, arrows
 * move, Enter opens. Rows that come in above do not move what is being read, and the focused row is never taken away.
 */
import { VisuallyHidden } from '@mantine/core'
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import classes from './LongList.module.css'
import type { ShownPages } from './use-pages'

export interface RowState {
  readonly selected: boolean
  /** For the buttons inside: only those of the row in the tab order can be reached by Tab. */
  readonly tabIndex: 0 | -1
}

interface Props<T> {
  readonly label: string
  readonly shown: ShownPages<T>
  /** A row's content: one or more elements with `role="gridcell"`. */
  readonly row: (row: T, state: RowState) => ReactNode
  /** The group's heading, shown where a row's mark differs from the one before; null for none. */
  readonly heading?: ((mark: string) => string | null) | undefined
  readonly rowName: (row: T) => string
  readonly selected: string | null
  readonly onOpen: (row: T) => void
  /** Escape in the list: what was opened is put away. */
  readonly onClose?: () => void
  /** An estimate in px; the real height is measured. */
  readonly rowHeight: number
  readonly loadingText: string
}

type Item = { readonly heading: string; readonly at: string } | { readonly entry: number; readonly key: string }

/** Down from a search field goes into the list below it, for that field's `onKeyDown`. */
export function downIntoList(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' || (event.target as HTMLElement).tagName !== 'INPUT') return
  const row = event.currentTarget.closest('[data-own-scroll]')?.querySelector<HTMLElement>('[data-key][tabindex="0"]')
  if (!row) return
  event.preventDefault()
  row.focus()
}

export function LongList<T>(props: Props<T>) {
  const { shown, heading, onOpen } = props
  const { pages, state } = shown
  const scroller = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState<string | null>(pages.place.active)
  const focusNext = useRef(false)

  const items = useMemo(() => {
    const list: Item[] = []
    let mark: string | null = null
    state.entries.forEach((entry, index) => {
      const text = entry.mark === mark ? null : (heading?.(entry.mark) ?? null)
      if (text !== null) list.push({ heading: text, at: entry.key })
      mark = entry.mark
      list.push({ entry: index, key: entry.key })
    })
    return list
  }, [state.entries, heading])
  const places = useMemo(() => new Map(items.map((item, index) => ['key' in item ? item.key : `heading ${item.at}`, index])), [items])

  const activeIndex = (active === null ? undefined : places.get(active)) ?? items.findIndex((item) => 'key' in item)
  const tail = state.complete || state.status === 'failed' ? 0 : 1
  const virtual = useVirtualizer({
    count: items.length + tail,
    getScrollElement: () => scroller.current,
    initialOffset: pages.place.scrolled,
    estimateSize: (index) => ('heading' in (items[index] ?? {}) ? 30 : props.rowHeight),
    getItemKey: (index) => {
      const item = items[index]
      return item === undefined ? 'tail' : 'key' in item ? item.key : `heading ${item.at}`
    },
    overscan: 8,
    rangeExtractor: useCallback(
      (range: Parameters<typeof defaultRangeExtractor>[0]) => {
        const wanted = defaultRangeExtractor(range)
        if (activeIndex < 0 || activeIndex >= range.count || wanted.includes(activeIndex)) return wanted
        return activeIndex < (wanted[0] ?? 0) ? [activeIndex, ...wanted] : [...wanted, activeIndex]
      },
      [activeIndex],
    ),
  })
  const drawn = virtual.getVirtualItems()
  useEffect(() => {
    pages.place.active = active
  }, [pages, active])

  // Rows that are on screen are asked for; the one that only keeps the focus is not.
  const [from, to] = [virtual.range?.startIndex ?? 0, virtual.range?.endIndex ?? 0]
  useEffect(() => {
    const entryAt = (index: number) => {
      for (let at = Math.min(index, items.length - 1); at >= 0; at--) {
        const item = items[at]
        if (item && 'entry' in item) return item.entry
      }
      return 0
    }
    pages.show(entryAt(from), to >= items.length ? state.entries.length : entryAt(to))
  }, [pages, from, to, state.version])

  // What is being read stays where it is when rows come or go above it.
  const anchor = useRef<{ key: string; start: number } | null>(null)
  useLayoutEffect(() => {
    const held = anchor.current
    const element = scroller.current
    const place = held ? places.get(held.key) : undefined
    if (!held || !element || place === undefined || element.scrollTop < 8) return
    const start = virtual.measurementsCache[place]?.start
    if (start !== undefined && start !== held.start) element.scrollTop += start - held.start
  }, [items])
  useLayoutEffect(() => {
    const first = drawn.find((one) => one.index >= from && 'key' in (items[one.index] ?? {}))
    anchor.current = first ? { key: String(first.key), start: first.start } : null
  })

  // Before the next key can be pressed: one that meets a row which has just gone is nobody's.
  useLayoutEffect(() => {
    if (!focusNext.current || active === null) return
    const element = scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(active)}"]`)
    if (!element) return
    focusNext.current = false
    element.focus({ preventScroll: true })
  })

  const move = (target: number, step: 1 | -1) => {
    let index = Math.max(0, Math.min(items.length - 1, target))
    while (items[index] && !('key' in (items[index] as Item))) index += index === 0 ? 1 : step
    const item = items[index]
    if (!item || !('key' in item)) return
    setActive(item.key)
    focusNext.current = true
    virtual.scrollToIndex(index, { align: 'auto' })
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || activeIndex < 0) return
    const onRow = (event.target as HTMLElement).dataset.key !== undefined
    const screenful = Math.max(1, to - from - 1)
    const steps: Record<string, () => void> = {
      ArrowDown: () => move(activeIndex + 1, 1),
      ArrowUp: () => move(activeIndex - 1, -1),
      PageDown: () => move(activeIndex + screenful, 1),
      PageUp: () => move(activeIndex - screenful, -1),
      Home: () => move(0, 1),
      End: () => move(items.length - 1, -1),
    }
    const step = steps[event.key]
    const item = items[activeIndex]
    if (step) step()
    else if (event.key === 'Escape' && props.selected !== null && props.onClose) props.onClose()
    else if (onRow && (event.key === 'Enter' || event.key === ' ') && item && 'entry' in item) {
      const row = pages.row(item.entry)
      if (row !== undefined) onOpen(row)
    } else return
    event.preventDefault()
  }

  return (
    <div
      ref={scroller}
      className={classes.scroll}
      data-stale={shown.stale || undefined}
      onScroll={(event) => {
        pages.place.scrolled = event.currentTarget.scrollTop
      }}
    >
      <div
        role="grid"
        aria-label={props.label}
        aria-rowcount={state.complete ? items.length : -1}
        aria-busy={state.status === 'loading' || shown.stale}
        className={classes.all}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {drawn.map((one) => {
          const item = items[one.index]
          const place = { transform: `translateY(${one.start}px)` }
          if (item === undefined)
            return (
              <div key="tail" className={classes.tail} style={place} aria-hidden>
                {props.loadingText}
              </div>
            )
          if ('heading' in item)
            return (
              <div
                key={one.key}
                ref={virtual.measureElement}
                data-index={one.index}
                className={classes.heading}
                style={place}
                role="row"
                aria-rowindex={one.index + 1}
                tabIndex={-1}
              >
                <span role="rowheader">{item.heading}</span>
              </div>
            )
          const row = pages.row(item.entry)
          const tabIndex = one.index === activeIndex ? 0 : -1
          const selected = item.key === props.selected
          return (
            <div
              key={one.key}
              ref={row === undefined ? undefined : virtual.measureElement}
              data-index={one.index}
              data-key={item.key}
              className={classes.row}
              style={place}
              role="row"
              aria-rowindex={one.index + 1}
              aria-selected={selected}
              aria-label={row === undefined ? props.loadingText : props.rowName(row)}
              tabIndex={tabIndex}
              onFocus={() => setActive(item.key)}
              onClick={(event) => {
                if (row !== undefined && !(event.target as HTMLElement).closest('button, a')) onOpen(row)
              }}
            >
              {row === undefined ? (
                <div role="gridcell" className={classes.ghost} style={{ height: one.size }}>
                  <VisuallyHidden>{props.loadingText}</VisuallyHidden>
                </div>
              ) : (
                props.row(row, { selected, tabIndex })
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}
