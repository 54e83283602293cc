/**
 * A thread beside the write worker, for work that needs no database (reading a CRM's page) and would otherwise keep it from
 * writing. Started by the first such work, and ended when there has been none for a while.
 */
import { Worker } from 'node:worker_threads'
import { TroubleError } from '../trouble'
import type { FromWorker, ToWorker, WorkerStart } from './messages'

/** It holds some 40 MB. */
const idleMs = 20_000

export class Aside {
  #worker: Worker | null = null
  #idle: NodeJS.Timeout | null = null
  #last = 0
  readonly #waiting = new Map<number, { resolve(output: unknown): void; reject(error: Error): void }>()

  constructor(readonly start: WorkerStart) {}

  /** Rejects with the work's own TroubleError, or `store.workerLost`. `transfer`: what of the input it takes away. */
  run(work: string, input: unknown, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    const worker = this.#started()
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.postMessage({ run: id, job: work, input } satisfies ToWorker, transfer)
    })
  }

  close(): void {
    if (this.#idle) clearTimeout(this.#idle)
    void this.#worker?.terminate()
  }

  #started(): Worker {
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = null
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL(this.start.self), {
      workerData: { ...this.start, role: 'aside' } satisfies WorkerStart,
      name: 'store aside',
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    worker.unref()
    worker.on('message', (message: FromWorker) => {
      const waiting = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      if ('trouble' in message) {
        waiting?.reject(new TroubleError(message.trouble.code, message.trouble.params, message.trouble.detail))
      } else if ('output' in message) waiting?.resolve(message.output)
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => void worker.terminate(), idleMs).unref()
    })
    const lost = () => {
      if (this.#worker === worker) this.#worker = null
      for (const waiting of this.#waiting.values()) waiting.reject(new TroubleError('store.workerLost'))
      this.#waiting.clear()
    }
    worker.on('error', lost)
    worker.on('exit', lost)
    this.#worker = worker
    return worker
  }
}
