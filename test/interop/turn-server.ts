/**
 * A real coturn beside the PBX at the far end of the cables (far-pbx.ts), with an address of its own: everything is said on its
 * command line, so that neither the machine's configuration nor its user database counts. It ends with `stop`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PrivateAuthority } from '../fixtures/certificates'

const address = '10.77.9.2'
const ports = { plain: 3478, tls: 5349 }
export const turnUser = { username: 'rep', credential: 'turn-secret-of-tests' }

export class TurnServer {
  /** ICE server URLs as a rep enters them (RFC 7064, RFC 7065). */
  readonly stun = `stun:${address}:${ports.plain}`
  readonly udp = `turn:${address}:${ports.plain}?transport=udp`
  readonly tcp = `turn:${address}:${ports.plain}?transport=tcp`
  readonly tls = `turns:${address}:${ports.tls}?transport=tcp`
  /** The same server by another name: for an account with wrong and right credentials. */
  readonly refusing = `turn:${address}:${ports.tls}?transport=tcp`
  /** Nobody is at this address of the cable's network: whatever is sent there gets no answer. */
  readonly silent = 'turn:10.77.1.77:3478?transport=udp'
  /** Nothing listens there. */
  readonly closed = `turn:${address}:9?transport=tcp`

  private constructor(
    private readonly far: number,
    private readonly program: ChildProcess,
    private readonly folder: string,
    private readonly said: string[],
  ) {}

  /** `far`: a process in the PBX's namespace. */
  static async start(far: number, authority: PrivateAuthority): Promise<TurnServer> {
    inside(far, 'ip', 'address', 'add', `${address}/32`, 'dev', 'lo')
    execFileSync('ip', ['route', 'add', address, 'via', '10.77.1.1'], { stdio: 'pipe' })
    const folder = mkdtempSync(join(tmpdir(), 'rb-turn-'))
    const { cert, key } = authority.issue(`IP:${address}`)
    writeFileSync(join(folder, 'cert.pem'), cert)
    writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 })
    const program = spawn('nsenter', [
      ...['-t', String(far), '-n', 'turnserver', '-n', '--no-cli', '--verbose', '--log-file', 'stdout', '--simple-log'],
      ...['--listening-ip', address, '--relay-ip', address, '--listening-port', String(ports.plain)],
      ...['--tls-listening-port', String(ports.tls), '--cert', join(folder, 'cert.pem'), '--pkey', join(folder, 'key.pem')],
      ...['--lt-cred-mech', '--realm', 'ringbook.test', '--user', `${turnUser.username}:${turnUser.credential}`],
      ...['--userdb', join(folder, 'users.sqlite'), '--pidfile', join(folder, 'pid'), '--fingerprint'],
    ])
    const said: string[] = []
    for (const stream of [program.stdout, program.stderr]) stream.on('data', (text) => said.push(String(text)))
    const server = new TurnServer(far, program, folder, said)
    for (;;) {
      if (program.exitCode !== null) throw new Error(`coturn did not start:\n${server.log().slice(-3000)}`)
      if (/TCP listener opened on : [^\n]*:5349/.test(server.log()) || /TLS\/TCP listener opened/.test(server.log())) return server
      await new Promise((done) => setTimeout(done, 100))
    }
  }

  log(): string {
    return this.said.join('')
  }

  /**
   * From now on sound reaches the PBX through this server alone: datagrams between the two ends of the cables are lost without
   * a word unless they are to it or from it. `tcpOnly`: those as well.
   */
  block({ tcpOnly = false } = {}): void {
    const table = (side: string, port: string) => {
      const others = tcpOnly ? '' : `ip ${side} ${address} udp ${port} ${ports.plain} accept\n`
      return `table inet turn {\nchain input {\ntype filter hook input priority 0\niifname "lo" accept\n${others}meta l4proto udp drop\n}\n}`
    }
    nft(null, table('saddr', 'sport'))
    nft(this.far, table('daddr', 'dport'))
  }

  /** From now on we stand behind a router that translates ports (NAPT), so that STUN has something to find. */
  translate(): void {
    nft(
      null,
      `table ip turn {\nchain post {\ntype nat hook postrouting priority 100\nip daddr ${address} udp dport ${ports.plain} masquerade to :40000-49999\n}\n}`,
    )
  }

  /** As before `block` and `translate`. */
  unblock(): void {
    for (const where of [null, this.far]) nft(where, 'add table inet turn\ndelete table inet turn\nadd table ip turn\ndelete table ip turn')
  }

  /** A home folder whose NSS database, which Chromium on Linux asks beside its own roots, trusts the authority. */
  homeThatTrusts(authority: PrivateAuthority): string {
    const home = join(this.folder, 'home')
    const database = join(home, '.pki/nssdb')
    mkdirSync(database, { recursive: true })
    writeFileSync(join(home, 'authority.pem'), authority.cert)
    const certutil = (...words: string[]) => execFileSync('certutil', ['-d', `sql:${database}`, ...words], { stdio: 'pipe' })
    certutil('-N', '--empty-password')
    certutil('-A', '-n', 'Ringbook test authority', '-t', 'C,,', '-i', join(home, 'authority.pem'))
    return home
  }

  async stop(): Promise<void> {
    const gone = new Promise((done) => this.program.once('exit', done))
    if (this.program.exitCode === null && this.program.signalCode === null) {
      this.program.kill('SIGKILL')
      await gone
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function inside(pid: number, ...words: string[]): void {
  execFileSync('nsenter', ['-t', String(pid), '-n', ...words], { stdio: 'pipe' })
}

/** `where`: a process in the namespace that is meant; null: our own. */
function nft(where: number | null, rules: string): void {
  const into = where === null ? [] : ['nsenter', '-t', String(where), '-n']
  const [program = 'nft', ...words] = [...into, 'nft', '-f', '-']
  execFileSync(program, words, { input: `${rules}\n`, stdio: ['pipe', 'pipe', 'pipe'] })
}
