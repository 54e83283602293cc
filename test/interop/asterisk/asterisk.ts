/**
 * A real Asterisk for tests: unpacked once by get-asterisk.sh, run from its folder through its own loader, on free ports of
 * 127.0.0.1, its state in a folder that goes away with it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

// Benches run it from a bundle of their own, at another depth.
let repository = import.meta.dirname
while (!existsSync(join(repository, 'package.json'))) repository = resolve(repository, '..')
const here = join(repository, 'test/interop/asterisk')
const cache = process.env.RINGBOOK_ASTERISK_CACHE ?? join(repository, '.cache/asterisk')
const root = join(cache, 'root')
const loader = join(root, 'usr/lib64/ld-linux-x86-64.so.2')

/** Hz; the tone of each speaker of the dialplan. None is a multiple of another. */
export const speakerTones = { '611': 440, '612': 1040, '613': 1640 } as const

export interface AsteriskOptions {
  /** PEM; with it the server speaks wss too. */
  certificate?: { cert: string; key: string }
  /** Where it stands: the network namespace of that process, and the address it is reached at from ours. Absent: beside us. */
  elsewhere?: { pid: number; address: string }
}

export class Asterisk {
  readonly #run: string
  readonly #ports: { ws: number; wss: number; udp: number }
  #process: ChildProcess | null = null

  readonly #elsewhere: AsteriskOptions['elsewhere']

  private constructor(run: string, ports: { ws: number; wss: number; udp: number }, elsewhere: AsteriskOptions['elsewhere']) {
    this.#run = run
    this.#ports = ports
    this.#elsewhere = elsewhere
  }

  /** Unpacks Asterisk first when the cache has none. */
  static async start(options: AsteriskOptions = {}): Promise<Asterisk> {
    if (!existsSync(loader)) await promisify(execFile)('bash', [join(here, 'get-asterisk.sh'), cache], { maxBuffer: 1e8 })
    // Short: the control socket's path must fit into 108 characters.
    const run = mkdtempSync(join(tmpdir(), 'rb-pbx-'))
    const ports = { ws: await freePort(), wss: await freePort(), udp: await freePort() }
    for (const folder of ['etc', 'run', 'var/keys', 'spool', 'log', 'moh', 'tones', 'heard'])
      mkdirSync(join(run, folder), { recursive: true })
    const rtp = 20_000 + 2 * Math.floor(Math.random() * 10_000)
    const values: Record<string, string> = {
      BIND: options.elsewhere ? '0.0.0.0' : '127.0.0.1',
      WS: String(ports.ws),
      WSS: String(ports.wss),
      UDP: String(ports.udp),
      TLS: options.certificate ? 'yes' : 'no',
      ETC: join(run, 'etc'),
      RUN: run,
      RTP: String(rtp),
      RTP_END: String(rtp + 200),
    }
    for (const name of readdirSync(join(here, 'conf'))) {
      const text = readFileSync(join(here, 'conf', name), 'utf8')
      writeFileSync(
        join(run, 'etc', name),
        text.replace(/@([A-Z_]+)@/g, (whole, key: string) => values[key] ?? whole),
      )
    }
    if (options.certificate) {
      writeFileSync(join(run, 'etc/pbx.pem'), options.certificate.cert)
      writeFileSync(join(run, 'etc/pbx.key'), options.certificate.key, { mode: 0o600 })
    }
    writeFileSync(join(run, 'etc/asterisk.conf'), mainConf(run))
    // The packages bring no hold music.
    cpSync(join(root, 'usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.gsm'), join(run, 'moh/demo-congrats.gsm'))
    for (const [speaker, frequency] of Object.entries(speakerTones)) writeTone(join(run, `tones/${speaker}.sln`), frequency)
    const asterisk = new Asterisk(run, ports, options.elsewhere)
    await asterisk.boot()
    return asterisk
  }

  /** «Asterisk 22.10.1 …», as it calls itself. */
  async version(): Promise<string> {
    return (await this.rx('core show version')).split(' built by')[0]?.trim() ?? ''
  }
  get ws(): string {
    return `ws://${this.#elsewhere?.address ?? '127.0.0.1'}:${this.#ports.ws}/ws`
  }
  get wss(): string {
    return `wss://${this.#elsewhere?.address ?? 'localhost'}:${this.#ports.wss}/ws`
  }

  /** Starts it (again) and waits until it is up. */
  async boot(): Promise<void> {
    const log = openSync(join(this.#run, 'console.log'), 'a')
    const into = this.#elsewhere ? ['nsenter', '-t', String(this.#elsewhere.pid), '-n'] : []
    const [program = loader, ...words] = [...into, loader, ...this.#words(), '-f', '-vvv']
    const child = spawn(program, words, { stdio: ['ignore', log, log] })
    this.#process = child
    for (;;) {
      if (child.exitCode !== null) throw new Error(`Asterisk did not start:\n${this.log().slice(-3000)}`)
      if (
        await this.rx('core waitfullybooted').then(
          (text) => /fully booted/i.test(text),
          () => false,
        )
      )
        return
      await new Promise((done) => setTimeout(done, 100))
    }
  }

  /** SIGKILL: as a power cut would. */
  async kill(): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>((gone) => {
      child.once('exit', () => gone())
      child.kill('SIGKILL')
    })
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#run, { recursive: true, force: true, maxRetries: 5 })
  }

  /** Runs a command of Asterisk's own console and gives what it prints. */
  async rx(command: string): Promise<string> {
    const { stdout } = await promisify(execFile)(loader, [...this.#words(), '-rx', command], { timeout: 20_000 })
    return stdout
  }

  /** Asterisk calls an endpoint (`alice`) and lets it hear an application. */
  async call(endpoint: string, application = 'Playback demo-congrats'): Promise<void> {
    await this.rx(`channel originate PJSIP/${endpoint} application ${application}`)
  }

  /** A caller with a number of their own dials an extension of the dialplan. */
  async callFrom(number: string, name: string, extension: string): Promise<void> {
    await this.rx(`dialplan set global CALLERNAME "${name}"`)
    await this.rx(`dialplan set global CALLERNUMBER ${number}`)
    await this.rx(`channel originate Local/${extension}@as-caller application Playback demo-congrats&demo-congrats&demo-congrats`)
  }

  /** A speaker of the dialplan (`611`) calls an extension: what he hears is kept. */
  async speakerCalls(speaker: string, name: string, extension: string): Promise<void> {
    await this.rx(`dialplan set global CALLERNAME "${name}"`)
    await this.rx(`dialplan set global CALLERNUMBER ${speaker}`)
    await this.rx(`channel originate PJSIP/loop/sip:${speaker}@127.0.0.1:${this.#ports.udp} extension ${extension}@as-caller`)
  }

  /** The channel in which a speaker speaks; undefined: he is in no call. */
  async speakerChannel(speaker: string): Promise<string | undefined> {
    const channels = (await this.rx('core show channels concise')).split('\n').map((line) => line.split('!'))
    return channels.find(([, context, extension]) => context === 'speakers' && extension === speaker)?.[0]
  }

  /** What a speaker has heard in his last call until about a second ago: mono, 16 bit, 16 kHz. */
  heard(speaker: string): Int16Array {
    const file = join(this.#run, `heard/${speaker}.sln16`)
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
    return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1)
  }

  log(): string {
    return readFileSync(join(this.#run, 'console.log'), 'utf8')
  }

  #words(): string[] {
    return [
      '--library-path',
      join(root, 'usr/lib/x86_64-linux-gnu'),
      join(root, 'usr/sbin/asterisk'),
      '-C',
      join(this.#run, 'etc/asterisk.conf'),
    ]
  }
}

/** A minute of it, 16 bit at 8 kHz. */
function writeTone(file: string, frequency: number): void {
  writeFileSync(
    file,
    Int16Array.from({ length: 480_000 }, (_, at) => 7000 * Math.sin((2 * Math.PI * frequency * at) / 8000)),
  )
}

function mainConf(run: string): string {
  return `[directories]
astcachedir => ${run}/var
astetcdir => ${run}/etc
astmoddir => ${root}/usr/lib/x86_64-linux-gnu/asterisk/modules
astvarlibdir => ${run}/var
astdbdir => ${run}/var
astkeydir => ${run}/var
astdatadir => ${root}/usr/share/asterisk
astagidir => ${run}/var
astspooldir => ${run}/spool
astrundir => ${run}/run
astlogdir => ${run}/log
astsbindir => ${root}/usr/sbin
[options]
verbose = 3
documentation_language = en_US
`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
