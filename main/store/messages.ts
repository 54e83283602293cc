/** What the store's threads are started with, and say to each other. */
import type { Trouble } from '../../preload/contract'

export interface WorkerStart {
  file: string
  /** `aside`: beside the writer, without the database. */
  role: 'reader' | 'writer' | 'aside'
  /** The address of the worker's file, or of what starts it from source. */
  self: string
  turn: SharedArrayBuffer
  pauseMs: number
}
export type ToWorker = { run: number; job: string; input: unknown } | { cancel: number } | { close: true }
export type FromWorker = { id: number; progress: unknown } | { id: number; output: unknown } | { id: number; trouble: Trouble }
