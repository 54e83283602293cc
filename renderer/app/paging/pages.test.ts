/** The paged list against a source that behaves as main does: keyset cursors over rows in descending order. */
import { describe, expect, it } from 'vitest'
import { Pages } from './pages'

interface Row {
  id: number
  text: string
}

class Source {
  rows: Row[]
  asked = 0
  fail = false
  constructor(count: number) {
    this.rows = Array.from({ length: count }, (_, index) => ({ id: count - index, text: `call ${count - index}` }))
  }
  fetch = async (cursor: string | null, limit: number) => {
    this.asked++
    if (this.fail) throw new Error('the disk is gone')
    const after = cursor === null ? this.rows : this.rows.filter((row) => row.id < Number(cursor))
    const rows = after.slice(0, limit).map((row) => ({ ...row }))
    return { rows, next: after.length > limit ? String(rows.at(-1)?.id) : null }
  }
}

function pagesOf(source: Source, options: { keep?: number } = {}) {
  const pages = new Pages<Row>({
    fetch: source.fetch,
    key: (row) => String(row.id),
    mark: (row) => String(Math.floor(row.id / 100)),
    troubleOf: (error) => ({ code: 'general.unexpected', params: {}, detail: String(error) }),
    pageSize: 20,
    ...options,
  })
  pages.open()
  return pages
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5))
const keys = (pages: Pages<Row>) => pages.state.entries.map((entry) => Number(entry.key))

async function scrollTo(pages: Pages<Row>, count: number) {
  while (pages.state.entries.length < count && !pages.state.complete) {
    pages.show(pages.state.entries.length - 5, pages.state.entries.length - 1)
    await settle()
  }
}

describe('Pages', () => {
  it('reads again what changed while the first answer was on its way', async () => {
    const source = new Source(3)
    const answer = source.fetch
    let arrive: () => void = () => {}
    source.fetch = async (cursor, limit) => {
      const page = await answer(cursor, limit)
      if (source.asked === 1) await new Promise<void>((done) => (arrive = done))
      return page
    }
    const pages = pagesOf(source)
    await settle()
    const changed = source.rows[1]
    if (changed) changed.text = 'ended'
    pages.refresh('2')
    arrive()
    await settle()
    expect(pages.row(1)?.text).toBe('ended')
  })

  it('reads one page first and the next when the end comes near', async () => {
    const source = new Source(100)
    const pages = pagesOf(source)
    expect(pages.state.status).toBe('loading')
    pages.show(0, 5)
    await settle()
    expect(pages.state.entries.length).toBe(20)
    pages.show(12, 19)
    await settle()
    expect(keys(pages)).toEqual(source.rows.slice(0, 40).map((row) => row.id))
    expect(pages.state.complete).toBe(false)
  })

  it('knows the end, also of an empty list', async () => {
    const empty = pagesOf(new Source(0))
    await settle()
    expect(empty.state).toMatchObject({ status: 'ready', complete: true, entries: [] })
    const short = pagesOf(new Source(20))
    await settle()
    expect(short.state).toMatchObject({ status: 'ready', complete: true })
  })

  it('lets go of rows far away, keeps their place, and fetches them again on return', async () => {
    const source = new Source(1000)
    const pages = pagesOf(source, { keep: 3 })
    await scrollTo(pages, 400)
    expect(pages.row(0)).toBeUndefined()
    expect(pages.state.entries[0]?.key).toBe('1000')
    pages.show(0, 8)
    await settle()
    expect(pages.row(0)?.text).toBe('call 1000')
    expect(keys(pages).slice(0, 400)).toEqual(source.rows.slice(0, 400).map((row) => row.id))
  })

  it('puts a new row on top without reading or moving the pages below', async () => {
    const source = new Source(200)
    const pages = pagesOf(source)
    await scrollTo(pages, 100)
    const before = source.asked
    source.rows.unshift({ id: 201, text: 'new' })
    pages.refresh('201')
    await settle()
    expect(keys(pages)[0]).toBe(201)
    expect(new Set(keys(pages)).size).toBe(keys(pages).length)
    expect(keys(pages)).toEqual(source.rows.slice(0, keys(pages).length).map((row) => row.id))
    expect(source.asked - before).toBe(1)
  })

  it('reads a changed row again where it stands, and drops one that no longer belongs', async () => {
    const source = new Source(200)
    const pages = pagesOf(source)
    await scrollTo(pages, 100)
    pages.show(40, 50)
    const changed = source.rows[45]
    if (changed) changed.text = 'now logged'
    pages.refresh(String(changed?.id))
    await settle()
    expect(pages.row(45)?.text).toBe('now logged')
    source.rows.splice(45, 1)
    pages.refresh(String(changed?.id))
    await settle()
    expect(keys(pages)).toEqual(source.rows.slice(0, keys(pages).length).map((row) => row.id))
  })

  it('leaves what is being read in its place however much comes in above, and reads that when it comes into view', async () => {
    for (const came of [400, 3000]) {
      const source = new Source(200)
      const pages = pagesOf(source)
      await scrollTo(pages, 60)
      pages.show(45, 55)
      const before = keys(pages)
      for (let id = 201; id <= 200 + came; id++) source.rows.unshift({ id, text: 'imported' })
      const asked = source.asked
      pages.refresh()
      await settle()
      expect(keys(pages).slice(0, before.length)).toEqual(before)
      expect(source.asked - asked).toBeLessThanOrEqual(3)
      pages.show(0, 10)
      await settle()
      const shown = keys(pages)
      expect(shown).toEqual(source.rows.slice(0, shown.length).map((row) => row.id))
      // Up to what a few answers hold, the rows below are still there.
      expect(shown.includes(before[50] ?? 0)).toBe(came === 400)
    }
  })

  it('reads an empty list again, and goes on where the first rows of the page below are gone', async () => {
    const source = new Source(0)
    const pages = pagesOf(source)
    await settle()
    source.rows = new Source(100).rows
    pages.refresh()
    await settle()
    expect(keys(pages).length).toBeGreaterThanOrEqual(20)
    await scrollTo(pages, 80)
    pages.show(0, 10)
    const length = keys(pages).length
    source.rows.splice(58, 6)
    pages.refresh()
    await settle()
    expect(keys(pages).length).toBeGreaterThan(length - 20)
    pages.show(0, keys(pages).length - 1)
    await settle()
    await settle()
    expect(keys(pages)).toEqual(source.rows.slice(0, keys(pages).length).map((row) => row.id))
  })

  it('has a row once that moved to another page', async () => {
    const source = new Source(200)
    const pages = pagesOf(source)
    await scrollTo(pages, 100)
    pages.show(0, 10)
    const [moved] = source.rows.splice(70, 1)
    if (moved) source.rows.splice(5, 0, moved)
    pages.refresh()
    await settle()
    expect(new Set(keys(pages)).size).toBe(keys(pages).length)
    expect(keys(pages)[5]).toBe(moved?.id)
  })

  it('says what went wrong and goes on when asked again', async () => {
    const source = new Source(50)
    source.fail = true
    const pages = pagesOf(source)
    await settle()
    expect(pages.state).toMatchObject({ status: 'failed', trouble: { code: 'general.unexpected' } })
    source.fail = false
    pages.retry()
    await settle()
    expect(pages.state).toMatchObject({ status: 'ready', trouble: null })
    expect(pages.state.entries.length).toBeGreaterThanOrEqual(20)
  })

  it('does not hammer a source that fails while the screen keeps drawing', async () => {
    const source = new Source(100)
    const pages = pagesOf(source)
    await settle()
    source.fail = true
    pages.subscribe(() => pages.show(0, 19))
    pages.show(15, 19)
    await settle()
    await settle()
    expect(pages.state.status).toBe('failed')
    expect(source.asked).toBe(2)
  })

  it('ignores answers that come after it was closed', async () => {
    const pages = pagesOf(new Source(50))
    let told = 0
    pages.subscribe(() => told++)
    pages.close()
    await settle()
    expect(told).toBe(0)
    expect(pages.state.entries).toEqual([])
  })
})
