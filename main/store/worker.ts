/** A worker thread of the store: runs named jobs on its own connection, as main asks by message. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Database } from 'better-sqlite3'
import { troubleOf } from '../trouble'
import { Aside } from './aside'
import { connect } from './connection'
import { storeFault } from './faults'
import { runJob } from './job'
import type { FromWorker, ToWorker, WorkerStart } from './messages'
import { findJob, findWork, loadJobs } from './registry'
import { Turn } from './turn'

const start = workerData as WorkerStart
const turn = start.role === 'writer' ? new Turn(start.turn) : null
const running = new Map<number, AbortController>()
let db: Database | null = null
const aside = start.role === 'writer' ? new Aside(start) : null

function say(message: FromWorker): void {
  parentPort?.postMessage(message)
}

async function run(id: number, name: string, input: unknown): Promise<void> {
  const abort = new AbortController()
  running.set(id, abort)
  try {
    if (start.role === 'aside') {
      const work = await findWork(name)
      return say({ id, output: await work(input) })
    }
    const job = await findJob(name)
    db ??= connect(start.file, start.role === 'reader' ? 'reader' : 'writer')
    const progress = (value: unknown) => say({ id, progress: value })
    say({ id, output: await runJob(job, { db, input, signal: abort.signal, progress, turn, pauseMs: start.pauseMs, aside }) })
  } catch (error) {
    say({ id, trouble: storeFault(error, start.file) ?? troubleOf(error) })
  } finally {
    running.delete(id)
  }
}

parentPort?.on('message', (message: ToWorker) => {
  if ('run' in message) void run(message.run, message.job, message.input)
  else if ('cancel' in message) running.get(message.cancel)?.abort()
  else {
    aside?.close()
    db?.close()
    process.exit(0)
  }
})

// The reader is started ahead of its first search.
if (start.role === 'reader') void loadJobs()
