/**
 * A long list read from main page by page. Rows far from what is on screen are let go and fetched again by their page's
 * cursor, so that a list of 100,000 rows costs a key and a mark for each and no more. Refreshing keeps what is known in
 * place: a row that is added on top or changed somewhere moves nothing else.
 */
import type { Trouble } from '../../../preload/contract'

export interface Page<T> {
  rows: T[]
  next: string | null
}

export interface PageOptions<T> {
  /** One page from main; rejects with an error that `troubleOf` can read. */
  fetch(cursor: string | null, limit: number): Promise<Page<T>>
  key(row: T): string
  /** What is kept of a row after it is let go, for group headings. */
  mark(row: T): string
  troubleOf(error: unknown): Trouble
  pageSize?: number
  /** Pages whose rows are kept. */
  keep?: number
}

export interface Entry {
  readonly key: string
  readonly mark: string
}

export interface PagesState {
  /** Grows with every change, also of a row's content. */
  readonly version: number
  readonly entries: readonly Entry[]
  readonly status: 'loading' | 'ready' | 'failed'
  /** Nothing comes after the last entry. */
  readonly complete: boolean
  readonly trouble: Trouble | null
}

interface Loaded<T> {
  readonly cursor: string | null
  entries: Entry[]
  /** Null when let go, or known to be old. */
  rows: T[] | null
  used: number
}

/** Rows that a refreshed page may have gained before its end is looked for in vain. */
const slack = 40
const largestPage = 200
/** Further answers that are read to find the page that follows, before all below is read anew. */
const mostBridged = 5

export class Pages<T> {
  #pages: Loaded<T>[] = []
  /** Where the next page begins; null when there is none. */
  #next: string | null = null
  #state: PagesState = { version: 0, entries: [], status: 'loading', complete: false, trouble: null }
  #visible: readonly [number, number] = [0, 0]
  #clock = 0
  #busy: Promise<void> = Promise.resolve()
  #waiting = new Set<string>()
  /** How often something changed in main. */
  #changes = 0
  #closed = true
  /** Where the list stood and which row had the focus when it was last shown, for whoever shows it again. */
  place: { scrolled: number; active: string | null } = { scrolled: 0, active: null }
  readonly #listeners = new Set<() => void>()
  readonly #size: number
  readonly #keep: number

  constructor(readonly options: PageOptions<T>) {
    this.#size = options.pageSize ?? 60
    this.#keep = options.keep ?? 10
  }

  /** Begins to read, or goes on after `close`. */
  open(): void {
    this.#closed = false
    if (this.#pages.length === 0) this.#enqueue('more', () => this.#append())
  }

  get state(): PagesState {
    return this.#state
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The row at this place, or undefined while it is not here (it is then on its way if it was announced by `show`). */
  row(index: number): T | undefined {
    let before = 0
    for (const page of this.#pages) {
      if (index < before + page.entries.length) return page.rows?.[index - before]
      before += page.entries.length
    }
    return undefined
  }

  /** Announces which entries are on screen: missing rows are fetched, far ones let go. */
  show(first: number, last: number): void {
    this.#visible = [first, last]
    if (this.#state.status === 'failed') return
    let before = 0
    for (const page of this.#pages) {
      const after = before + page.entries.length
      if (first < after && last >= before) {
        page.used = ++this.#clock
        if (!page.rows) this.#enqueue(`page ${page.cursor}`, () => this.#reload(page))
      }
      before = after
    }
    if (last >= before - this.#size / 2 && this.#next !== null) this.#enqueue('more', () => this.#append())
  }

  /**
   * Something changed in main. With a key that is in the list its page is read again; with a key that is not, the first
   * page; without one, what is on screen: all else is read again when it comes into view, so that what has come in above
   * moves nothing of what is being read.
   */
  refresh(key: string | null = null): void {
    this.#changes++
    const page = key === null ? undefined : this.#pages.find((one) => one.entries.some((entry) => entry.key === key))
    const first = this.#pages[0]
    if (!first) return this.retry()
    const seen = key === null ? this.#pages.filter((one) => this.#onScreen(one)) : [page ?? first]
    if (key === null) for (const one of this.#pages) if (!seen.includes(one)) one.rows = null
    for (const one of seen.length > 0 ? seen : [first]) this.#enqueue(`page ${one.cursor}`, () => this.#reload(one))
  }

  /** After a failure: asks again for what is missing. */
  retry(): void {
    this.#publish({ status: this.#pages.length ? 'ready' : 'loading', trouble: null })
    if (this.#pages.length === 0) this.#enqueue('more', () => this.#append())
    else this.show(...this.#visible)
  }

  /** Answers that are still on their way are ignored from now on. */
  close(): void {
    this.#closed = true
  }

  #onScreen(page: Loaded<T>): boolean {
    const [first, last] = this.#visible
    let before = 0
    for (const one of this.#pages) {
      if (one === page) return first < before + one.entries.length && last >= before
      before += one.entries.length
    }
    return false
  }

  /** One request at a time; one that already waits is not asked for twice. */
  #enqueue(name: string, work: () => Promise<void>): void {
    if (this.#waiting.has(name) || this.#closed) return
    this.#waiting.add(name)
    this.#busy = this.#busy.then(async () => {
      this.#waiting.delete(name)
      if (this.#closed) return
      try {
        await work()
      } catch (error) {
        if (!this.#closed) this.#publish({ status: 'failed', trouble: this.options.troubleOf(error) })
      }
    })
  }

  async #append(): Promise<void> {
    const cursor = this.#next
    if (cursor === null && this.#pages.length > 0) return
    const changes = this.#changes
    const answer = await this.options.fetch(cursor, this.#size)
    if (this.#closed) return
    const known = new Set(this.#pages.at(-1)?.entries.map((entry) => entry.key))
    const rows = answer.rows.filter((row) => !known.has(this.options.key(row)))
    const page: Loaded<T> = { cursor, rows, entries: this.#entries(rows), used: ++this.#clock }
    this.#pages.push(page)
    this.#next = answer.next
    this.#publish({ status: 'ready', trouble: null })
    // What changed while the answer was on its way may not be in it.
    if (changes !== this.#changes) this.#enqueue(`page ${cursor}`, () => this.#reload(page))
    this.show(...this.#visible)
  }

  async #reload(page: Loaded<T>): Promise<void> {
    if (!this.#pages.includes(page)) return
    const limit = Math.min(largestPage, Math.max(this.#size, page.entries.length) + slack)
    const answer = await this.options.fetch(page.cursor, limit)
    if (this.#closed || !this.#pages.includes(page)) return
    const at = this.#pages.indexOf(page)
    const after = this.#pages[at + 1]
    let { rows, next } = answer
    let end = this.#endBefore(after, rows)
    const further: Loaded<T>[] = []
    while (end < 0 && after && next !== null && further.length < mostBridged) {
      // More has come in than one answer holds.
      const more = await this.options.fetch(next, largestPage)
      if (this.#closed) return
      further.push({ cursor: next, rows: more.rows, entries: this.#entries(more.rows), used: ++this.#clock })
      ;({ rows, next } = more)
      end = this.#endBefore(after, rows)
    }
    if (end < 0) {
      // The page after it does not follow any more (or there is none): what comes next is asked for anew.
      this.#pages.length = at + 1
      this.#next = next
    }
    page.rows = answer.rows
    page.used = ++this.#clock
    const last = further.at(-1) ?? page
    if (end >= 0) last.rows = rows.slice(0, end)
    for (const one of [page, ...further]) one.entries = this.#entries(one.rows ?? [])
    this.#pages.splice(at + 1, 0, ...further)
    this.#once([page, ...further])
    this.#publish({ status: 'ready', trouble: null })
    this.show(...this.#visible)
  }

  /** Where among these rows the page after them begins; its first ones may be gone. Negative: not among them. */
  #endBefore(after: Loaded<T> | undefined, rows: readonly T[]): number {
    const places = new Map(rows.map((row, at) => [this.options.key(row), at]))
    for (const { key } of after?.entries ?? []) {
      const at = places.get(key)
      if (at !== undefined) return at
    }
    return -1
  }

  /** A row that has moved into these pages is no longer where it was. */
  #once(fresh: readonly Loaded<T>[]): void {
    const here = new Set(fresh.flatMap((one) => one.entries.map(({ key }) => key)))
    for (const one of this.#pages) {
      if (fresh.includes(one) || !one.entries.some(({ key }) => here.has(key))) continue
      one.entries = one.entries.filter(({ key }) => !here.has(key))
      one.rows = null
    }
  }

  #entries(rows: readonly T[]): Entry[] {
    return rows.map((row) => ({ key: this.options.key(row), mark: this.options.mark(row) }))
  }

  #publish(change: Pick<PagesState, 'status' | 'trouble'>): void {
    const held = this.#pages.filter((page) => page.rows).sort((a, b) => b.used - a.used)
    for (const page of held.slice(this.#keep)) if (!this.#onScreen(page)) page.rows = null
    this.#state = {
      ...change,
      version: this.#state.version + 1,
      entries: this.#pages.flatMap((page) => page.entries),
      complete: this.#pages.length > 0 && this.#next === null,
    }
    for (const listener of this.#listeners) listener()
  }
}
