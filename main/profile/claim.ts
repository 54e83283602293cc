/**
 * One main per profile. The claim is a lock that the operating system releases with the process (SQLite's, held by an open
 * exclusive transaction), so that nothing is stale after `kill -9`; beside it a private socket, over which a second start
 * talks to the main that holds it.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { TroubleError, troubleOf } from '../trouble'
import { troubleWords } from '../words'
import { type Profile, temporaryFolder } from './folder'

/** `show`: bring the window up. `print-link`: a fresh address for a browser. */
export const profileMessage = z.enum(['show', 'print-link'])
export type ProfileMessage = z.infer<typeof profileMessage>

const answer = z.union([z.object({ ok: z.literal(true), text: z.string() }), z.object({ ok: z.literal(false), text: z.string() })])
/** What the holder said: `text` is for the reader (a link, or why not). */
export type HolderAnswer = z.infer<typeof answer>

export interface Claim {
  /** What to do with a message; the text it resolves to goes back to the sender, an error's sentence likewise. */
  onMessage(handler: (message: ProfileMessage) => Promise<string> | string): void
  release(): Promise<void>
}

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with the closing zero. */
const longestSocketPath = 100
const longestMessage = 1_000

/** Takes the profile for this process; null when another main has it. */
export async function claimProfile(profile: Profile): Promise<Claim | null> {
  const lock = takeLock(join(profile.runtimeFolder, 'lock.sqlite'))
  if (!lock) return null
  const address = socketAddress(profile)
  let handler: Parameters<Claim['onMessage']>[0] | null = null
  // A second start may come before the windows exist: its message waits here.
  const waiting: (() => void)[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    const serve = () => handler && void listen(socket, handler)
    if (handler) serve()
    else waiting.push(serve)
    socket.on('error', () => {})
  })
  try {
    if (process.platform !== 'win32') rmSync(address, { force: true })
    await listening(server, address)
    if (process.platform !== 'win32') chmodSync(address, 0o600)
    writeFileSync(join(profile.runtimeFolder, 'instance.json'), JSON.stringify({ pid: process.pid, address }), { mode: 0o600 })
  } catch (error) {
    lock.close()
    throw new TroubleError('host.profileSocket', { folder: profile.folder }, String(error), { cause: error })
  }
  return {
    onMessage(given) {
      handler = given
      for (const serve of waiting.splice(0)) serve()
    },
    async release() {
      rmSync(join(profile.runtimeFolder, 'instance.json'), { force: true })
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
      lock.close()
    },
  }
}

/**
 * Talks to the main that holds the profile. Null when none does. A main that is just starting has a moment to open its
 * socket, and ten seconds (`timeoutMs`) to answer.
 */
export async function tellHolder(profile: Profile, message: ProfileMessage, timeoutMs = 10_000): Promise<HolderAnswer | null> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const lock = takeLock(join(profile.runtimeFolder, 'lock.sqlite'))
    if (lock) {
      lock.close()
      return null
    }
    const left = deadline - performance.now()
    const said = await askOnce(profile, message, left)
    if (said) return said
    if (left <= 0) throw new TroubleError('host.holderSilent', { folder: profile.folder })
    await sleep(60)
  }
}

function takeLock(file: string): Database.Database | null {
  let database: Database.Database | undefined
  try {
    database = new Database(file, { timeout: 0 })
    // Nothing is ever written: no journal beside it.
    database.pragma('journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database?.close()
    if (error instanceof Database.SqliteError && (error.code === 'SQLITE_BUSY' || error.code === 'SQLITE_LOCKED')) return null
    throw new TroubleError('host.profileLock', { file }, String(error), { cause: error })
  }
}

/** Windows has named pipes, which no folder protects: there the name itself is the secret, kept in `instance.json`. */
function socketAddress(profile: Profile): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\ringbook-${randomBytes(16).toString('hex')}`
  const near = join(profile.runtimeFolder, 'main.sock')
  if (Buffer.byteLength(near) <= longestSocketPath) return near
  return join(temporaryFolder(profile.folder), 'main.sock')
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed)
    server.listen(address, () => {
      server.removeListener('error', failed)
      server.on('error', () => {})
      done()
    })
  })
}

async function listen(socket: Socket, handler: Parameters<Claim['onMessage']>[0]): Promise<void> {
  socket.setTimeout(5_000, () => socket.destroy())
  const line = await readLine(socket).catch(() => null)
  const message = profileMessage.safeParse(line)
  let said: HolderAnswer
  try {
    said = message.success ? { ok: true, text: await handler(message.data) } : { ok: false, text: '' }
  } catch (error) {
    said = { ok: false, text: troubleWords(troubleOf(error)) }
  }
  socket.end(`${JSON.stringify(said)}\n`)
}

async function askOnce(profile: Profile, message: ProfileMessage, timeoutMs: number): Promise<HolderAnswer | null> {
  let address: string
  try {
    const found = JSON.parse(readFileSync(join(profile.runtimeFolder, 'instance.json'), 'utf8'))
    address = z.object({ address: z.string() }).parse(found).address
  } catch {
    return null
  }
  const socket = connect(address)
  socket.setTimeout(Math.max(timeoutMs, 100), () => socket.destroy())
  try {
    socket.write(`${message}\n`)
    const line = await readLine(socket)
    return answer.parse(JSON.parse(line))
  } catch {
    return null
  } finally {
    socket.destroy()
  }
}

/** The first line that a socket sends, without its end; rejects when there is none or it is too long. */
function readLine(socket: Socket): Promise<string> {
  return new Promise((done, failed) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (part) => {
      text += part
      const end = text.indexOf('\n')
      if (end >= 0) done(text.slice(0, end))
      else if (text.length > longestMessage) socket.destroy(new Error('the line is too long'))
    })
    socket.on('error', failed)
    socket.on('close', () => failed(new Error('closed without a line')))
  })
}
