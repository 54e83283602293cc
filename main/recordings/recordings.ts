/**
 * Recordings of calls: started by the rep, made by the media page, written piece by piece to a file of the rep's own, ended
 * with the call. Whatever goes wrong, what was recorded until then stays and the rep is told.
 */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, lstat, mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { CommandParsed, LiveCall, Settings, Trouble } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Host } from '../hosts/host'
import type { Log } from '../log'
import type { MediaGateway } from '../telephony/port'
import { TroubleError } from '../trouble'
import { RecordingFile, safeName } from './recording-file'

export interface RecordingsNeeds {
  media: Pick<MediaGateway, 'request' | 'onPresence'>
  settings(): Pick<Settings, 'recordingFolder' | 'recordingFormat' | 'recordingNotice'>
  /** Where they are kept when the rep has chosen no folder; made when it is needed. */
  ownFolder: string
  /** Private, for copies until they are handed over. */
  exportFolder: string
  host: Pick<Host, 'deliverFile'>
  clock: Clock
  log: Log
  /** History's mark of a call: the file's path. */
  marks: { get(callId: string): string | null; set(callId: string, path: string | null): void }
  /** A live call's recording began, is on the disk, or ended. */
  onChange(callId: string, recording: LiveCall['recording']): void
  /** Something that the rep must know of a call's recording. */
  onTrouble(callId: string, trouble: Trouble): void
}

interface Active {
  readonly id: string
  readonly callId: string
  readonly file: RecordingFile
  /** The piece that is due. */
  next: number
  /** All that was taken so far is written, or has failed. */
  written: Promise<void>
  /** Resolves when the file is closed. */
  ended: Promise<void> | null
}

const mimes = { webm: 'audio/webm', wav: 'audio/wav' } as const

export class Recordings {
  /** By call; `unwanted`: stopped while it was being started. */
  readonly #active = new Map<string, Active | 'starting' | 'unwanted'>()
  readonly #stop: () => void

  constructor(private readonly needs: RecordingsNeeds) {
    this.#stop = needs.media.onPresence((present) => {
      if (present) return
      for (const active of this.#all()) void this.#finish(active, { code: 'recording.interrupted', params: {} })
    })
  }

  /**
   * Begins to record a call. Rejects with TroubleError `recording.notConnected`, `recording.already`, `recording.folder…`, or what
   * kept the page from recording; nothing is recorded then.
   */
  async start(call: Pick<LiveCall, 'id' | 'phase' | 'caller'>): Promise<void> {
    const { media, settings, log, onChange } = this.needs
    if (call.phase !== 'connected') throw new TroubleError('recording.notConnected')
    if (this.#active.has(call.id)) throw new TroubleError('recording.already')
    this.#active.set(call.id, 'starting')
    onChange(call.id, 'starting')
    const { recordingFolder, recordingFormat: format, recordingNotice: notice } = settings()
    let active: Active | null = null
    try {
      const folder = await this.#folder(recordingFolder)
      const file = await RecordingFile.create(folder, this.#name(call), format).catch((error: unknown) => {
        throw writeTrouble(error, folder)
      })
      if (this.#active.get(call.id) === 'unwanted') {
        await file.discard()
        throw new TroubleError('recording.notConnected')
      }
      active = { id: randomUUID(), callId: call.id, file, next: 0, written: Promise.resolve(), ended: null }
      this.#active.set(call.id, active)
      await media.request('recording.start', { recording: active.id, peer: call.id, format, notice })
      log.info({ callId: call.id, format, notice }, 'a call is being recorded')
    } catch (error) {
      if (active) await this.#finish(active, null)
      else {
        this.#active.delete(call.id)
        onChange(call.id, 'off')
      }
      throw error
    }
  }

  /** Ends the recording of a call, if there is one; resolves when its file is whole. */
  async stop(callId: string): Promise<void> {
    const active = this.#active.get(callId)
    if (active === 'starting') this.#active.set(callId, 'unwanted')
    if (typeof active !== 'object') return
    await this.needs.media
      .request('recording.stop', { recording: active.id })
      .catch((err: unknown) => this.needs.log.warn({ err, callId }, 'the end of a recording did not come'))
    await this.#finish(active, null)
  }

  /** A piece from the media page. Resolves when it is on the disk. */
  async take({ recording, piece, base64, last, trouble }: CommandParsed<'media.recorded'>): Promise<void> {
    const active = this.#all().find(({ id }) => id === recording)
    if (!active || active.ended) return
    if (piece !== active.next++) return this.#finish(active, { code: 'recording.writeFailed', params: {}, detail: `piece ${piece}` })
    active.written = active.written.then(() => this.#write(active, Buffer.from(base64, 'base64')))
    await active.written
    if (last) await this.#finish(active, trouble)
  }

  /**
   * Hands over a copy of an earlier call's recording; null: the rep cancelled. Rejects with TroubleError `recording.none`,
   * `recording.gone`, `recording.diskFull`, `recording.writeFailed`.
   */
  async save(callId: string): Promise<{ download: string | null; path: string | null } | null> {
    const { host, exportFolder } = this.needs
    const path = this.#marked(callId)
    const format = path.endsWith('.wav') ? 'wav' : 'webm'
    await mkdir(exportFolder, { recursive: true, mode: 0o700 })
    const copy = join(exportFolder, `${randomUUID()}.${format}`)
    let delivered: Awaited<ReturnType<Host['deliverFile']>> = null
    try {
      await copyOwn(path, copy)
      delivered = await host.deliverFile({ name: path.replace(/^.*[\\/]/, ''), mime: mimes[format], path: copy })
    } finally {
      if (!delivered) await rm(copy, { force: true })
    }
    return delivered
  }

  /** Deletes an earlier call's recording, file and mark. Rejects with TroubleError `recording.none`, `recording.writeFailed`. */
  async remove(callId: string): Promise<void> {
    await this.stop(callId)
    const path = this.#marked(callId)
    try {
      // What has been put in its place is not ours to delete.
      if ((await lstat(path)).isFile()) await rm(path)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw new TroubleError('recording.writeFailed', {}, String(error))
    }
    this.needs.marks.set(callId, null)
  }

  /** Throws TroubleError `recording.folderNotAbsolute`, `recording.folderNoFolder`, `recording.folderUnusable`. Empty is fine. */
  async checkFolder(folder: string): Promise<void> {
    if (folder !== '') await this.#folder(folder)
  }

  /** Ends all that is being recorded. */
  async close(): Promise<void> {
    this.#stop()
    await Promise.all(this.#all().map((active) => this.stop(active.callId)))
  }

  async #write(active: Active, bytes: Buffer): Promise<void> {
    if (active.ended || bytes.length === 0) return
    const first = active.file.empty
    try {
      await active.file.append(bytes)
    } catch (error) {
      this.needs.log.error({ err: error, callId: active.callId }, 'a recording could not be written')
      // Not awaited: it waits for this write.
      void this.#finish(active, writeTrouble(error, '').trouble)
      void this.needs.media.request('recording.stop', { recording: active.id }).catch(() => undefined)
      return
    }
    if (!first) return
    this.needs.marks.set(active.callId, active.file.path)
    this.needs.onChange(active.callId, 'on')
  }

  #finish(active: Active, trouble: Trouble | null): Promise<void> {
    active.ended ??= (async () => {
      await active.written
      if (active.file.empty) await active.file.discard()
      else await active.file.close()
      if (this.#active.get(active.callId) === active) this.#active.delete(active.callId)
      this.needs.onChange(active.callId, 'off')
      if (trouble) this.needs.onTrouble(active.callId, trouble)
    })()
    return active.ended
  }

  #all(): Active[] {
    return [...this.#active.values()].filter((active) => typeof active === 'object')
  }

  #marked(callId: string): string {
    const path = this.needs.marks.get(callId)
    if (!path) throw new TroubleError('recording.none')
    return path
  }

  async #folder(chosen: string): Promise<string> {
    const folder = chosen || this.needs.ownFolder
    if (!isAbsolute(folder) || folder.includes('\0')) throw new TroubleError('recording.folderNotAbsolute', { folder })
    try {
      await makeFolder(resolve(folder))
      if (!(await stat(folder)).isDirectory()) throw new TroubleError('recording.folderNoFolder', { folder })
      await access(folder, constants.W_OK | constants.X_OK)
    } catch (error) {
      if (error instanceof TroubleError) throw error
      const code = codeOf(error)
      if (code === 'EEXIST' || code === 'ENOTDIR') throw new TroubleError('recording.folderNoFolder', { folder }, String(error))
      throw new TroubleError('recording.folderUnusable', { folder }, String(error))
    }
    return folder
  }

  /** «2026-11-20 14-03-05 Anna Björk», on the rep's own clock. */
  #name({ caller }: Pick<LiveCall, 'caller'>): string {
    const { clock } = this.needs
    const now = clock.wall()
    const local = new Date(now + clock.utcOffset(now) * 60_000).toISOString()
    const contact = caller.match === 'exact' ? caller.contacts[0]?.name : undefined
    const party = safeName(contact ?? (caller.display || caller.networkName || caller.raw))
    return `${local.slice(0, 10)} ${local.slice(11, 19).replaceAll(':', '-')}${party ? ` ${party}` : ''}`
  }
}

/** Step by step: `recursive` never returns where the system refuses with ENOENT (below /proc). */
async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = []
  for (let at = folder; !(await stat(at).catch((error: unknown) => absent(error))); at = dirname(at)) missing.push(at)
  for (const at of missing.toReversed()) {
    await mkdir(at, { mode: 0o700 }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  }
}

function absent(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null
  throw error
}

/** Copies a file that must be one: never what a link points to. */
async function copyOwn(from: string, to: string): Promise<void> {
  const source = await open(from, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch((error: unknown) => {
    throw new TroubleError('recording.gone', {}, String(error))
  })
  try {
    if (!(await source.stat()).isFile()) throw new TroubleError('recording.gone')
    const copy = await open(to, 'wx', 0o600)
    await pipeline(source.createReadStream({ autoClose: false }), copy.createWriteStream())
  } catch (error) {
    throw error instanceof TroubleError ? error : writeTrouble(error, '')
  } finally {
    await source.close()
  }
}

function writeTrouble(error: unknown, folder: string): TroubleError {
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return new TroubleError('recording.diskFull', {}, String(error))
  if (folder) return new TroubleError('recording.folderUnusable', { folder }, String(error))
  return new TroubleError('recording.writeFailed', {}, String(error))
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
