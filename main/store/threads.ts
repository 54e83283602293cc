/** The store's two worker threads, one that reads and one that writes, each started by its first job. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Log } from '../log'
import { TroubleError, troubleOf } from '../trouble'
import { storeFault } from './faults'
import { runJob } from './job'
import type { FromWorker, ToWorker, WorkerStart } from './messages'
import { findJob } from './registry'
import type { Jobs, Store } from './store'
import type { Turn } from './turn'

type Options = Parameters<Jobs['run']>[3]
interface Waiting {
  resolve(output: unknown): void
  reject(error: Error): void
  onProgress: ((progress: unknown) => void) | undefined
}

/** Where the worker's code is: beside this file or above its chunk when built, else its source. */
function workerFile(): URL {
  for (const built of ['./worker.js', '../worker.js']) {
    const url = new URL(built, import.meta.url)
    if (existsSync(fileURLToPath(url))) return url
  }
  return new URL('./worker-from-source.mjs', import.meta.url)
}

class Thread {
  #worker: Worker | null = null
  #last = 0
  readonly #waiting = new Map<number, Waiting>()
  constructor(
    readonly start: WorkerStart,
    readonly log: Log,
    readonly onGone: () => void,
  ) {}

  run(job: string, input: unknown, options: Options): Promise<unknown> {
    if (options?.signal?.aborted) return Promise.reject(new TroubleError('store.jobCancelled'))
    const worker = this.#started()
    const id = ++this.#last
    const say = (message: ToWorker) => worker.postMessage(message)
    const cancel = () => say({ cancel: id })
    options?.signal?.addEventListener('abort', cancel, { once: true })
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress: options?.onProgress })
      worker.ref()
      say({ run: id, job, input })
    }).finally(() => {
      options?.signal?.removeEventListener('abort', cancel)
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) worker.unref()
    })
  }

  #started(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(workerFile(), {
      workerData: this.start,
      name: `store ${this.start.role}`,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    worker.unref()
    worker.on('message', (message: FromWorker) => {
      const waiting = this.#waiting.get(message.id)
      if (!waiting) return
      if ('progress' in message) waiting.onProgress?.(message.progress)
      else if ('trouble' in message) {
        waiting.reject(new TroubleError(message.trouble.code, message.trouble.params, message.trouble.detail))
      } else waiting.resolve(message.output)
    })
    worker.on('error', (error) => this.log.error({ err: error, role: this.start.role }, 'a store worker failed'))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null
      this.onGone()
      for (const waiting of this.#waiting.values()) waiting.reject(new TroubleError('store.workerLost'))
      this.#waiting.clear()
    })
    this.#worker = worker
    return worker
  }

  async close(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    for (const id of this.#waiting.keys()) worker.postMessage({ cancel: id } satisfies ToWorker)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => void worker.terminate().then(() => resolve()), 3_000)
      worker.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
      worker.postMessage({ close: true } satisfies ToWorker)
    })
  }
}

export interface ClosableJobs extends Jobs {
  close(): Promise<void>
}

/** `pauseMs`: how long the writer leaves the lock free after each batch. */
export function threadedJobs(file: string, turn: Turn, pauseMs: number, log: Log): ClosableJobs {
  const thread = (role: WorkerStart['role']) =>
    new Thread({ file, role, turn: turn.shared, pauseMs, self: workerFile().href }, log, () => {
      if (role === 'writer') turn.clear()
    })
  const threads = { read: thread('reader'), write: thread('writer') }
  let closed = false
  return {
    async run<O>(on: 'read' | 'write', job: string, input: unknown, options?: Options) {
      if (closed) throw new TroubleError('store.closed')
      return (await threads[on].run(job, input, options)) as O
    },
    async close() {
      closed = true
      await Promise.all([threads.read.close(), threads.write.close()])
    },
  }
}

/** The same jobs on main's own connection, for a database that exists only in memory. */
export function inlineJobs(db: Store['db']): ClosableJobs {
  const closing = new AbortController()
  return {
    async run<O>(_on: 'read' | 'write', name: string, input: unknown, options?: Options) {
      try {
        const signal = options?.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal
        const progress = (value: unknown) => options?.onProgress?.(value)
        const job = await findJob(name)
        return (await runJob(job, { db, input: structuredClone(input), signal, progress, turn: null, pauseMs: 1 })) as O
      } catch (error) {
        const { code, params, detail } = storeFault(error, ':memory:') ?? troubleOf(error)
        throw new TroubleError(code, params, detail, { cause: error })
      }
    },
    async close() {
      closing.abort()
    },
  }
}
