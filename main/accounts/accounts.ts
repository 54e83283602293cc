/**
 * The rep's accounts: kept in the store without their secrets, started, restarted when edited, and shown with their state.
 * The practice line is the first one on a fresh profile.
 */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import {
  type Account,
  type EventName,
  type EventPayload,
  type IceConfig,
  iceServer,
  type SipAccountInput,
  type SipAccountView,
  sipAccountInput,
  type Trouble,
} from '../../preload/contract'
import type { Clock } from '../clock'
import type { SecretStore } from '../hosts/host'
import type { Log } from '../log'
import type { Store } from '../store/store'
import type { SipAccount, SipAccountConfig, SipAccountState, SipCall } from '../telephony/port'
import { TroubleError, troubleOf } from '../trouble'
import { readAuthority } from './authority'
import { serverUrl } from './server-url'

/** What is kept of a SIP account: all that was entered but its secrets. */
const keptConfig = sipAccountInput.omit({ id: true, label: true, password: true, keepPassword: true }).extend({
  iceServers: z.array(iceServer.omit({ credential: true })),
})
type KeptConfig = z.infer<typeof keptConfig>

interface Row {
  id: string
  kind: 'practice' | 'sip'
  label: string
  config: string
  is_default: number
}

/** What the self-checks are told of an account; `ice` holds credentials. */
export interface AccountToCheck {
  id: string
  kind: 'practice' | 'sip'
  label: string
  servers: URL[]
  authority: string
  ice: IceConfig
  echoNumber: string
  state: () => SipAccountState
  sip: SipAccount | null
}

interface Running {
  row: Row
  sip: SipAccount | null
  state: SipAccountState
  /** Its secrets are being fetched: a locked keyring may take its time. */
  starting?: boolean
}

export interface AccountsNeeds {
  store: Store
  log: Log
  secrets: SecretStore
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void
  clock: Clock
  /** Makes the SIP side of an account; no servers: the practice line. `authority`: PEM, trusted for these servers besides. */
  connect(config: SipAccountConfig, servers: readonly URL[], authority: string): SipAccount
  practice: { label: string; user: string; password: string; domain: string }
  incoming(call: SipCall, account: { id: string; label: string }): void
  /** Whether a call is on over this account: to change it now would end the call. */
  inCall(id: string): boolean
  /** Of what is dialled in the rep's country. */
  isEmergency(number: string): boolean
}

/** What the account's phone system offers besides calls; codes are empty where it offers none. */
export type AccountServices = Pick<
  SipAccountInput,
  'label' | 'voicemailNumber' | 'pickupPrefix' | 'doNotDisturbOn' | 'doNotDisturbOff' | 'echoNumber'
>

/** Dialled for a service of the phone system, some of them without anybody looking. */
const codes = ['voicemailNumber', 'pickupPrefix', 'doNotDisturbOn', 'doNotDisturbOff', 'echoNumber'] as const

/** What may change while calls are on and without a new registration. */
const presentation = ['color', ...codes] as const

const connecting: SipAccountState = { status: 'connecting', trouble: null, retryAt: null }
const refused = (trouble: Trouble): SipAccountState => ({ status: 'refused', trouble, retryAt: null })
const passwordName = (id: string) => `sip-password:${id}`
const credentialsName = (id: string) => `ice-credentials:${id}`
const credentials = z.record(z.string(), z.string())

export class Accounts {
  /** An account got another SIP side, or (null) has none any more. */
  onLine: ((id: string, sip: SipAccount | null) => void) | null = null
  /** After every change of an account's state. */
  onState: ((id: string, state: SipAccountState) => void) | null = null
  readonly #running = new Map<string, Running>()
  /** Edits of one account run one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(private readonly needs: AccountsNeeds) {}

  /** Makes the practice account on a fresh profile, then starts every account. */
  start(): void {
    const { store } = this.needs
    if (this.#rows().length === 0)
      this.#keep({ id: 'practice', kind: 'practice', label: this.needs.practice.label, config: '{}', is_default: 1 })
    for (const row of this.#rows().filter((one) => this.#isReadable(one))) this.#running.set(row.id, { row, sip: null, state: connecting })
    if (store.inMemory && this.#running.size === 0) this.needs.log.warn('no account could be kept')
    for (const running of this.#running.values()) void this.#startOne(running)
  }

  /** Unregisters all, each bounded in time by telephony. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map((running) => running.sip?.stop()))
  }

  list(): Account[] {
    return [...this.#running.values()].map(({ row, state }) => {
      const config = row.kind === 'practice' ? null : this.#config(row)
      return {
        id: row.id,
        kind: row.kind,
        label: row.label,
        address: config ? addressOf(config) : this.needs.practice.label,
        status: state.status,
        trouble: state.trouble,
        retryAt: state.retryAt,
        server: config && config.moreServers.length > 0 ? (state.server ?? null) : null,
        color: config?.color ?? 'grey',
        voicemailNumber: config?.voicemailNumber ?? '',
        isDefault: row.is_default === 1,
      }
    })
  }

  /** Null: there is no such account, or it is the practice line. A code that is an emergency number here and now is left out. */
  services(id: string): AccountServices | null {
    const row = this.#running.get(id)?.row
    if (row?.kind !== 'sip') return null
    const { voicemailNumber, pickupPrefix, doNotDisturbOn, doNotDisturbOff, echoNumber } = this.#config(row)
    const services = { label: row.label, voicemailNumber, pickupPrefix, doNotDisturbOn, doNotDisturbOff, echoNumber }
    for (const code of codes) if (this.needs.isEmergency(services[code])) services[code] = ''
    return services
  }

  /** The country of the numbers that its network delivers without a prefix; null: not said. */
  countryOf(id: string): string | null {
    const row = this.#running.get(id)?.row
    return row?.kind === 'sip' ? this.#config(row).country : null
  }

  /** Null: there is no such account. Throws TroubleError why one that there is could not be started. */
  get(id: string): (Account & { sip: SipAccount }) | null {
    const running = this.#running.get(id)
    const view = this.list().find((account) => account.id === id)
    if (!running || !view) return null
    if (running.sip) return { ...view, sip: running.sip }
    if (!running.state.trouble) throw new TroubleError('call.accountConnecting', { account: view.label })
    const { code, params, detail } = running.state.trouble
    throw new TroubleError(code, params, detail)
  }

  default(): (Account & { sip: SipAccount }) | null {
    const chosen = [...this.#running.values()].find(({ row }) => row.is_default === 1) ?? [...this.#running.values()][0]
    return chosen ? this.get(chosen.row.id) : null
  }

  /** For the form in Settings. Throws TroubleError `account.gone`. */
  async details(id: string): Promise<SipAccountView> {
    const row = this.#need(id).row
    if (row.kind !== 'sip') throw new TroubleError('account.notEditable')
    const config = this.#config(row)
    const kept = await this.#credentials(id)
    return {
      ...config,
      id,
      label: row.label,
      hasPassword: (await this.needs.secrets.get(passwordName(id))) !== null,
      iceServers: config.iceServers.map((server) => ({ ...server, hasCredential: kept[server.url] !== undefined })),
    }
  }

  /**
   * Adds or changes a SIP account; it is started anew when more has changed than how it looks and what its services are called.
   * The first real one becomes the default. Throws TroubleError `account.badServer`, `account.insecureServer`,
   * `account.passwordNeeded`, `account.inCall`, `account.emergencyCode`, `account.authority…`, or what the secret store says.
   */
  save(input: SipAccountInput): Promise<{ accountId: string }> {
    return this.#inTurn(async () => {
      const { secrets } = this.needs
      serverUrls(input)
      for (const field of codes)
        if (this.needs.isEmergency(input[field])) throw new TroubleError('account.emergencyCode', { field, number: input[field] })
      const authority = readAuthority(input.authority, this.needs.clock.wall())
      const existing = input.id === undefined ? null : this.#need(input.id)
      if (existing && existing.row.kind !== 'sip') throw new TroubleError('account.notEditable')
      const id = existing?.row.id ?? randomUUID()
      const before = await secrets.get(passwordName(id))
      const password = input.password ?? before
      if (password === null) throw new TroubleError('account.passwordNeeded')
      const config: KeptConfig = keptConfig.parse({
        ...input,
        authority,
        iceServers: input.iceServers.map(({ url, username }) => (username === undefined ? { url } : { url, username })),
      })
      const sameSecrets = password === before && input.iceServers.every(({ credential }) => credential === undefined)
      const sameLine = existing?.sip && sameSecrets && signalling(config) === signalling(this.#config(existing.row))
      if (existing && !sameLine) this.#checkIdle(existing)
      // Also when it was not entered anew: how it is kept may have changed.
      await secrets.set(passwordName(id), password, input.keepPassword)
      await this.#keepCredentials(id, input)
      const isFirst = existing ? existing.row.is_default : this.#rows().some((row) => row.kind === 'sip') ? 0 : 1
      const row: Row = { id, kind: 'sip', label: input.label, config: JSON.stringify(config), is_default: isFirst }
      this.#keep(row)
      if (isFirst && !existing) this.#markDefault(id)
      if (existing && sameLine) {
        existing.row = row
        this.#changed()
        return { accountId: id }
      }
      const running: Running = { row, sip: null, state: connecting }
      this.#running.set(id, running)
      if (existing?.sip) this.onLine?.(id, null)
      await existing?.sip?.stop()
      await this.#startOne(running)
      return { accountId: id }
    })
  }

  remove(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const running = this.#need(id)
      const { row, sip } = running
      if (row.kind !== 'sip') throw new TroubleError('account.notEditable')
      this.#checkIdle(running)
      this.needs.store.write(() => this.needs.store.db.prepare('DELETE FROM accounts WHERE id = ?').run(id), { durable: true })
      this.#running.delete(id)
      const rest = [...this.#running.values()].map((running) => running.row)
      const next = rest.find((other) => other.kind === 'sip') ?? rest[0]
      if (row.is_default === 1 && next) this.#markDefault(next.id)
      this.#changed()
      this.onLine?.(id, null)
      await sip?.stop()
      await this.needs.secrets.delete(passwordName(id))
      await this.needs.secrets.delete(credentialsName(id))
    })
  }

  setDefault(id: string): void {
    this.#need(id)
    this.#markDefault(id)
    this.#changed()
  }

  /** Tries now instead of at its time; with a refused account, once more. */
  reconnect(id: string): void {
    const running = this.#need(id)
    if (running.sip) running.sip.reconnect()
    else if (!running.starting) void this.#startOne(running)
  }

  /** Every account as it is set up, for the self-checks. */
  async toCheck(): Promise<AccountToCheck[]> {
    return await Promise.all(
      [...this.#running.values()].map(async (running) => {
        const { row, sip } = running
        const about = { id: row.id, kind: row.kind, label: row.label, sip, state: () => running.sip?.state ?? running.state }
        if (row.kind === 'practice') return { ...about, servers: [], authority: '', echoNumber: '', ice: this.#practice().config.ice }
        const config = this.#config(row)
        const servers = serverUrls(config)
        // A keyring that is locked leaves the servers to be checked without their credentials.
        const kept = await this.#credentials(row.id).catch(() => ({}) as Record<string, string>)
        const ice = config.iceServers.map((one) => (kept[one.url] === undefined ? one : { ...one, credential: kept[one.url] }))
        return {
          ...about,
          servers,
          authority: config.authority,
          echoNumber: config.echoNumber,
          ice: { servers: ice, loopback: servers.every(isLoopback), relayOnly: config.relayOnly },
        }
      }),
    )
  }

  /** The network is back or another one, or the machine woke up. */
  networkChanged(): void {
    for (const { sip } of this.#running.values()) sip?.networkChanged()
  }

  async #startOne(running: Running): Promise<void> {
    const { row } = running
    running.starting = true
    try {
      const { config, servers, authority } = row.kind === 'practice' ? this.#practice() : await this.#sip(row)
      // Edited or removed while the keyring was asked.
      if (this.#running.get(row.id) !== running) return
      const sip = this.needs.connect(config, servers, authority)
      running.sip = sip
      sip.onState = (state) => {
        running.state = state
        if (this.#running.get(row.id) !== running) return
        this.#changed()
        this.onState?.(row.id, state)
      }
      sip.onIncoming = (call) => this.needs.incoming(call, { id: row.id, label: running.row.label })
      this.onLine?.(row.id, sip)
      sip.start()
    } catch (error) {
      running.state = refused(troubleOf(error))
      this.needs.log.warn({ account: row.id, code: running.state.trouble?.code }, 'an account could not be started')
    } finally {
      running.starting = false
    }
    this.#changed()
  }

  #practice(): { config: SipAccountConfig; servers: readonly URL[]; authority: string } {
    const { user, password, domain } = this.needs.practice
    const ice: IceConfig = { servers: [], loopback: true }
    const config = {
      id: 'practice',
      user,
      domain,
      authUser: user,
      password,
      displayName: '',
      outboundProxy: '',
      ice,
      declineCode: 486 as const,
      messageWaiting: false,
      autoAnswer: false,
    }
    return { config, servers: [], authority: '' }
  }

  async #sip(row: Row): Promise<{ config: SipAccountConfig; servers: readonly URL[]; authority: string }> {
    const config = this.#config(row)
    const urls = serverUrls(config)
    const password = await this.needs.secrets.get(passwordName(row.id))
    if (password === null) throw new TroubleError('account.passwordNeeded')
    const kept = await this.#credentials(row.id)
    const servers = config.iceServers.map((one) => (kept[one.url] === undefined ? one : { ...one, credential: kept[one.url] }))
    return {
      servers: urls,
      authority: config.authority,
      config: {
        id: row.id,
        user: config.user,
        domain: config.domain || serverUrl(config.server).hostname,
        authUser: config.authUser || config.user,
        password,
        displayName: config.displayName,
        outboundProxy: config.outboundProxy,
        ice: { servers, loopback: urls.every(isLoopback), relayOnly: config.relayOnly, codecs: config.codecs },
        declineCode: config.declineCode,
        messageWaiting: config.messageWaiting,
        autoAnswer: config.autoAnswer,
        callerHeaders: config.callerHeaders,
        calledLineHeaders: config.calledLineHeaders,
      },
    }
  }

  async #credentials(id: string): Promise<Record<string, string>> {
    const kept = await this.needs.secrets.get(credentialsName(id))
    return kept === null ? {} : credentials.parse(JSON.parse(kept))
  }

  /** A server without a credential keeps the one it had. */
  async #keepCredentials(id: string, { iceServers, keepPassword }: SipAccountInput): Promise<void> {
    const before = await this.#credentials(id)
    const now: Record<string, string> = {}
    for (const { url, credential } of iceServers) {
      const kept = credential ?? before[url]
      if (kept !== undefined) now[url] = kept
    }
    if (Object.keys(now).length > 0) await this.needs.secrets.set(credentialsName(id), JSON.stringify(now), keepPassword)
    else await this.needs.secrets.delete(credentialsName(id))
  }

  #config(row: Row): KeptConfig {
    return keptConfig.parse(JSON.parse(row.config))
  }

  /** The file is the rep's own and may have been edited: one account that cannot be read must not take the others with it. */
  #isReadable(row: Row): boolean {
    try {
      if (row.kind === 'sip') addressOf(this.#config(row))
      return true
    } catch (err) {
      this.needs.log.error({ account: row.id, why: troubleOf(err).code }, 'an account in the database cannot be read and is left out')
      return false
    }
  }

  #rows(): Row[] {
    return this.needs.store.db.prepare<[], Row>('SELECT id, kind, label, config, is_default FROM accounts ORDER BY position').all()
  }

  /** A disk that refuses raises its own trouble, and the row is written when it has room again. */
  #keep(row: Row): void {
    const { store } = this.needs
    store.write(
      () =>
        store.db
          .prepare(
            `INSERT INTO accounts (id, kind, label, config, position, is_default)
             VALUES (@id, @kind, @label, @config, (SELECT coalesce(max(position), 0) + 1 FROM accounts), @is_default)
             ON CONFLICT (id) DO UPDATE SET label = excluded.label, config = excluded.config`,
          )
          .run(row),
      { durable: true },
    )
  }

  #markDefault(id: string): void {
    const { store } = this.needs
    store.write(() => store.db.prepare('UPDATE accounts SET is_default = (id = ?)').run(id), { durable: true })
    for (const running of this.#running.values()) running.row = { ...running.row, is_default: running.row.id === id ? 1 : 0 }
  }

  #need(id: string): Running {
    const running = this.#running.get(id)
    if (!running) throw new TroubleError('account.gone')
    return running
  }

  #checkIdle({ row }: Running): void {
    if (this.needs.inCall(row.id)) throw new TroubleError('account.inCall', { account: row.label })
  }

  #changed(): void {
    this.needs.emit('accounts.changed', this.list())
  }

  #inTurn<T>(edit: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(edit)
    this.#turn = done.catch(() => {})
    return done
  }
}

function serverUrls(config: Pick<KeptConfig, 'server' | 'moreServers'>): URL[] {
  return [config.server, ...config.moreServers].map(serverUrl)
}

/** All of an account that its registration and its calls depend on. */
function signalling(config: KeptConfig): string {
  return JSON.stringify({ ...config, ...Object.fromEntries(presentation.map((name) => [name, null])) })
}

function addressOf(config: KeptConfig): string {
  return `${config.user}@${config.domain || serverUrl(config.server).hostname}`
}

function isLoopback(url: URL): boolean {
  return url.hostname === '127.0.0.1' || url.hostname === '[::1]'
}
