/** `ringbook doctor`: looks at this installation and says in sentences what is well and what is not. Changes nothing. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import module from 'node:module'
import { dirname, join, resolve } from 'node:path'
import * as tls from 'node:tls'
import Database from 'better-sqlite3'
import { getProxyForUrl } from 'proxy-from-env'
import type { SelfCheck, Trouble } from '../../preload/contract'
import { findChromium, whyNoWindow } from '../hosts/browser/chromium'
import { keyring } from '../hosts/browser/keyring'
import { secretStore } from '../hosts/secrets'
import { createLog } from '../log'
import type { Profile } from '../profile/folder'
import { migrations } from '../store/migrations/index'
import { troubleWords, words } from '../words'
import { type AccountRow, checkAccounts } from './checks'
import type { Command } from './command'
import { isHeld } from './held'

/** `bad`: it keeps Ringbook from working as it should; the exit code is then 1. */
export interface Finding {
  about: 'profile' | 'database' | 'secrets' | 'programs' | 'accounts' | 'network' | 'check'
  state: 'good' | 'note' | 'bad'
  code: string
  params: Trouble['params']
  sentence: string
  detail?: string
  /** One of the numbered self-checks, as under Help. */
  check?: { number: number; id: string; title: string; state: SelfCheck['state'] }
}

const marks = { good: '✓', note: '·', bad: '✗' } as const
const littleSpaceMb = 200

export const doctorCommand: Command = {
  options: { json: { type: 'boolean' } },
  takes: [],
  async run({ terminal, folder, values }) {
    const root = resolve(folder)
    const database = lookAtDatabase(join(root, 'ringbook.sqlite'))
    const findings = [
      ...lookAtProfile(root),
      ...database.findings,
      ...lookAtCopies(join(root, 'backups')),
      ...(await lookAtSecrets(root)),
      ...lookAtPrograms(terminal.env),
      ...database.accounts,
      ...lookAtNetwork(database.proxy),
      ...(await lookAtAccountsOnTheNetwork(database.rows, database.proxy, isHeld(root), terminal.signal)),
    ]
    if (values.json) terminal.out(`${JSON.stringify(findings, null, 2)}\n`)
    else for (const finding of findings) terminal.out(lineOf(finding))
    return findings.some(({ state }) => state === 'bad') ? 1 : 0
  },
}

function find(about: Finding['about'], state: Finding['state'], code: string, params: Trouble['params'] = {}, detail?: string): Finding {
  return { about, state, code, params, sentence: words('doctor', code, params), ...(detail ? { detail } : {}) }
}

function lineOf({ state, sentence, detail, check }: Finding): string {
  const title = check ? `${check.number}. ${check.title}: ` : ''
  return `${marks[state]} ${title}${sentence}${detail ? `\n    ${detail.replaceAll('\n', '\n    ')}` : ''}\n`
}

/** The numbered self-checks, as far as they need no window; a Ringbook that runs meanwhile does not notice. */
async function lookAtAccountsOnTheNetwork(
  rows: readonly AccountRow[],
  proxy: string,
  running: boolean,
  signal: AbortSignal,
): Promise<Finding[]> {
  const states = { ok: 'good', warning: 'note', failed: 'bad', skipped: 'note', waiting: 'note', running: 'note' } as const
  const checks = await checkAccounts(rows, { proxy, running, signal })
  return checks.map(({ id, title, params, state, finding }, index) => ({
    about: 'check',
    state: states[state],
    code: finding?.code ?? '',
    params: finding?.params ?? {},
    sentence: finding ? troubleWords(finding) : '',
    ...(finding?.detail ? { detail: finding.detail } : {}),
    check: { number: index + 1, id, title: words('help', `check.${title}`, params), state },
  }))
}

function lookAtProfile(folder: string): Finding[] {
  if (!existsSync(folder)) return [find('profile', 'note', 'profileNone', { folder })]
  const findings: Finding[] = []
  const mode = statSync(folder).mode & 0o777
  if (!isWritable(folder)) findings.push(find('profile', 'bad', 'profileReadOnly', { folder }))
  else if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    findings.push(find('profile', 'bad', 'profileOpen', { folder, mode: mode.toString(8) }))
  else findings.push(find('profile', 'good', 'profileGood', { folder }))
  const disk = statfsSync(folder)
  const free = Math.floor((disk.bavail * disk.bsize) / 1e6)
  if (free < littleSpaceMb) findings.push(find('profile', 'bad', 'profileFull', { free }))
  findings.push(find('profile', 'note', isHeld(folder) ? 'running' : 'notRunning'))
  return findings
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

function lookAtDatabase(file: string): { findings: Finding[]; accounts: Finding[]; rows: AccountRow[]; proxy: string } {
  const none = (finding: Finding) => ({ findings: [finding], accounts: [], rows: [], proxy: '' })
  if (!existsSync(file)) return none(find('database', 'note', 'databaseNone'))
  let db: Database.Database | null = null
  try {
    db = new Database(file, { readonly: true, fileMustExist: true })
    const version = db.pragma('user_version', { simple: true }) as number
    const known = migrations.at(-1)?.version ?? 0
    if (version > known) return none(find('database', 'bad', 'databaseNewer', { version, known }))
    const problem = db.pragma('quick_check(1)', { simple: true }) as string
    if (problem !== 'ok') return none(find('database', 'bad', 'databaseDamaged', {}, problem))
    if (version < known) return none(find('database', 'note', 'databaseOld', { version }))
    const count = (table: 'contacts' | 'calls') => Number(db?.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
    const size = Math.round(statSync(file).size / 1e5) / 10
    const rows = db.prepare<[], AccountRow>('SELECT id, kind, label, config FROM accounts ORDER BY position').all()
    const proxy = db.prepare<[], string>("SELECT value FROM settings WHERE key = 'proxy'").pluck().get()
    return {
      findings: [find('database', 'good', 'databaseGood', { version, size, contacts: count('contacts'), calls: count('calls') })],
      accounts: lookAtAccounts(rows),
      rows,
      proxy: proxy === undefined ? '' : String(JSON.parse(proxy)),
    }
  } catch (error) {
    const damaged = error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)
    return none(
      find('database', 'bad', damaged ? 'databaseDamaged' : 'databaseUnreadable', {}, error instanceof Error ? error.message : ''),
    )
  } finally {
    db?.close()
  }
}

function lookAtAccounts(rows: readonly AccountRow[]): Finding[] {
  const real = rows.filter(({ kind }) => kind !== 'practice')
  const findings = real.map(({ label, config }) => find('accounts', 'good', 'account', { label, server: serverOf(config) }))
  if (rows.length > real.length) findings.unshift(find('accounts', 'note', 'accountsPractice'))
  if (real.length === 0) findings.push(find('accounts', 'note', 'accountsNone'))
  return findings
}

function serverOf(config: string): string {
  try {
    const { server } = JSON.parse(config) as { server?: unknown }
    return typeof server === 'string' ? (URL.parse(server)?.host ?? server) : '?'
  } catch {
    return '?'
  }
}

function lookAtCopies(folder: string): Finding[] {
  const copies = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.db')) : []
  if (copies.length === 0) return [find('database', 'note', 'noCopies')]
  const newest = Math.max(...copies.map((name) => statSync(join(folder, name)).mtimeMs))
  return [find('database', 'good', 'copies', { count: copies.length, date: new Date(newest).toISOString().slice(0, 10) })]
}

/** Asked through the same store as the program's, on a profile that is only read. */
async function lookAtSecrets(folder: string): Promise<Finding[]> {
  const log = createLog(undefined, 'silent')
  const profile: Pick<Profile, 'readJson' | 'writeJson'> = {
    readJson: (name) => {
      try {
        return JSON.parse(readFileSync(join(folder, name), 'utf8'))
      } catch {
        return null
      }
    },
    writeJson: () => false,
  }
  const { available, name, plainFileInUse } = await secretStore(profile as Profile, keyring(log)).keeping()
  const findings = [available ? find('secrets', 'good', 'secretsKeyring', { name }) : find('secrets', 'note', 'secretsNone')]
  if (plainFileInUse) findings.push(find('secrets', 'note', 'secretsPlain'))
  return findings
}

function lookAtPrograms(env: NodeJS.ProcessEnv): Finding[] {
  const version = process.versions.node
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const fits = major > 22 || (major === 22 && minor >= 12)
  const electron = electronVersion()
  const chromium = findChromium(env)
  const why = whyNoWindow(chromium, env)
  return [
    find('programs', fits ? 'good' : 'bad', fits ? 'node' : 'nodeOld', { version }),
    electron ? find('programs', 'good', 'electron', { version: electron }) : find('programs', 'note', 'electronNone'),
    chromium ? find('programs', 'good', 'chromium', { path: chromium }) : find('programs', electron ? 'note' : 'bad', 'chromiumNone'),
    ...(why === 'noDisplay' ? [find('programs', 'note', 'windowNoDisplay')] : []),
    ...(why === 'asRoot' ? [find('programs', 'note', 'windowAsRoot')] : []),
  ]
}

/** The version of the Electron that runs this, or whose program is installed. */
function electronVersion(): string | null {
  if (process.versions.electron) return process.versions.electron
  try {
    // Since Node 22.14.
    const { findPackageJSON }: { findPackageJSON?: typeof module.findPackageJSON } = module
    const description = findPackageJSON?.('electron', import.meta.url)
    if (!description) return null
    // The package names its program in `path.txt` once it has been downloaded.
    const folder = dirname(description)
    const program = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim())
    return existsSync(program) ? String((JSON.parse(readFileSync(description, 'utf8')) as { version: string }).version) : null
  } catch {
    return null
  }
}

function lookAtNetwork(configured: string): Finding[] {
  const bundled = tls.rootCertificates.length
  const system = systemCertificates()
  const proxy = configured || getProxyForUrl('https://sip.example')
  return [
    system > 0 ? find('network', 'good', 'certificates', { system, bundled }) : find('network', 'note', 'certificatesNone', { bundled }),
    proxy
      ? find('network', 'note', configured ? 'proxyConfigured' : 'proxySystem', { proxy: withoutSecrets(proxy) })
      : find('network', 'note', 'proxyNone'),
  ]
}

function systemCertificates(): number {
  try {
    return tls.getCACertificates('system').length
  } catch {
    return 0
  }
}

/** A proxy's address without the user and password that it may hold. */
function withoutSecrets(proxy: string): string {
  const url = URL.parse(proxy)
  return url ? `${url.protocol}//${url.host}` : proxy.replace(/^.*@/, '')
}
