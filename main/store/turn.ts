/**
 * Who may write next, inside one process: SQLite's own lock is polled with growing pauses, so that main could wait far
 * longer than a worker's batch lasts. With these two shared numbers main waits for the running batch and no longer, and
 * the worker starts none while main waits. Between processes SQLite's lock alone decides.
 */
const waiting = 0
const held = 1

export class Turn {
  readonly #cells: Int32Array
  constructor(readonly shared: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.#cells = new Int32Array(shared)
  }

  /** Main is about to write: waits for the worker's running batch, 50 ms at most. */
  mainBegins(): void {
    Atomics.add(this.#cells, waiting, 1)
    if (Atomics.load(this.#cells, held) !== 1) return
    try {
      Atomics.wait(this.#cells, held, 1, 50)
    } catch {
      // Where a main thread may not wait (some embedders), SQLite's lock alone decides.
    }
  }

  mainEnds(): void {
    Atomics.sub(this.#cells, waiting, 1)
    Atomics.notify(this.#cells, waiting)
  }

  /** Main waits for the running batch. */
  get isWanted(): boolean {
    return Atomics.load(this.#cells, waiting) > 0
  }

  workerBegins(): void {
    for (let mains = Atomics.load(this.#cells, waiting); mains > 0; mains = Atomics.load(this.#cells, waiting)) {
      if (Atomics.wait(this.#cells, waiting, mains, 100) === 'timed-out') break
    }
    Atomics.store(this.#cells, held, 1)
  }

  workerEnds(): void {
    Atomics.store(this.#cells, held, 0)
    Atomics.notify(this.#cells, held)
  }

  /** The worker died: nothing is held any more. */
  clear(): void {
    this.workerEnds()
  }
}
