/**
 * An Asterisk on the far end of two cables: in a network namespace of its own, reached at one address over «Wi-Fi» or over
 * «cable», each of which can be pulled. Needs a namespace that is ours (in-own-network.sh) and root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PrivateAuthority, privateAuthority } from '../fixtures/certificates'
import { Asterisk } from './asterisk/asterisk'

const address = '10.77.9.1'
const links = { wifi: '10.77.1', cable: '10.77.2' } as const
export type Link = keyof typeof links

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: 'pipe' })
}

export class FarPbx {
  private constructor(
    readonly pbx: Asterisk,
    /** Signed the PBX's certificate, and signs others'. */
    readonly authority: PrivateAuthority,
    private readonly holder: ChildProcess,
  ) {}

  /** A process that lives in its namespace. */
  get pid(): number {
    return this.holder.pid ?? 0
  }

  static async start(): Promise<FarPbx> {
    // Something must live in a namespace for it to be there.
    const holder = spawn('unshare', ['-n', 'sleep', '100000'], { stdio: 'ignore' })
    const pid = holder.pid ?? 0
    await new Promise((resolve) => setTimeout(resolve, 300))
    const far = (...words: string[]) => execFileSync('nsenter', ['-t', String(pid), '-n', 'ip', ...words], { stdio: 'pipe' })
    far('link', 'set', 'lo', 'up')
    far('address', 'add', `${address}/32`, 'dev', 'lo')
    let metric = 10
    for (const [name, net] of Object.entries(links)) {
      ip('link', 'add', `${name}0`, 'type', 'veth', 'peer', 'name', `${name}1`)
      ip('link', 'set', `${name}1`, 'netns', String(pid))
      ip('address', 'add', `${net}.2/24`, 'dev', `${name}0`)
      ip('link', 'set', `${name}0`, 'up')
      far('address', 'add', `${net}.1/24`, 'dev', `${name}1`)
      far('link', 'set', `${name}1`, 'up')
      ip('route', 'add', address, 'via', `${net}.1`, 'metric', String(metric))
      metric += 10
    }
    // The pair that calls beside us run over leads nowhere here.
    ip('link', 'set', 'rb0', 'down')
    const authority = privateAuthority()
    const file = join(tmpdir(), `ringbook-far-authority-${process.pid}.pem`)
    writeFileSync(file, authority.cert)
    process.env.NODE_EXTRA_CA_CERTS = file
    const certificate = authority.issue(`IP:${address}`)
    return new FarPbx(await Asterisk.start({ certificate, elsewhere: { pid, address } }), authority, holder)
  }

  /** Pulls a cable, or puts it back with its route (the kernel drops routes with the link). */
  plug(link: Link, up: boolean): void {
    ip('link', 'set', `${link}0`, up ? 'up' : 'down')
    if (up)
      execFileSync('ip', ['route', 'replace', address, 'via', `${links[link]}.1`, 'metric', link === 'wifi' ? '10' : '20'], {
        stdio: 'pipe',
      })
  }

  /** Sound alone is lost, both ways; signalling goes on. */
  cutSound(): void {
    this.#drop('meta l4proto udp')
  }

  /** Everything is swallowed without a word: as behind a firewall that forgot us. */
  cutAll(): void {
    this.#drop('ip daddr 10.77.0.0/16')
  }

  /** Every so many in a hundred packets of sound are lost on the way to us, at random. */
  lose(percent: number): void {
    const rules = `table inet ringbook {\nchain input { type filter hook input priority 0; iifname != "lo" meta l4proto udp numgen random mod 100 < ${percent} drop; }\n}\n`
    execFileSync('nft', ['-f', '-'], { input: rules, stdio: 'pipe' })
  }

  restore(): void {
    execFileSync('nft', ['delete', 'table', 'inet', 'ringbook'], { stdio: 'pipe' })
  }

  /** Everything as at the start, whatever a test that failed has left. */
  mend(): void {
    execFileSync('nft', ['flush', 'ruleset'], { stdio: 'pipe' })
    for (const link of Object.keys(links) as Link[]) this.plug(link, true)
  }

  #drop(what: string): void {
    const chain = (hook: string, side: string) => `chain ${hook} { type filter hook ${hook} priority 0; ${side} != "lo" ${what} drop; }`
    const rules = `table inet ringbook {\n${chain('output', 'oifname')}\n${chain('input', 'iifname')}\n}\n`
    execFileSync('nft', ['-f', '-'], { input: rules, stdio: 'pipe' })
  }

  async stop(): Promise<void> {
    await this.pbx.stop()
    this.holder.kill('SIGKILL')
    for (const name of Object.keys(links)) {
      try {
        ip('link', 'delete', `${name}0`)
      } catch {
        // Gone with the namespace of its other end.
      }
    }
    ip('link', 'set', 'rb0', 'up')
  }
}
