/**
 * Main's end of the bridge: checks every frame against the contract and the window it came from, hands it to its one
 * handler, and feeds events to the windows they are for. Hosts connect windows here; subjects never see a frame.
 */
import {
  type CommandName,
  type CommandOutput,
  type CommandParsed,
  commands,
  type EventFrame,
  type EventName,
  type EventPayload,
  events,
  type ReplyFrame,
  requestFrame,
  type WindowKind,
} from '../../preload/contract'
import type { Log } from '../log'
import { troubleOf } from '../trouble'

/** Commands that answer with nothing may return nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is typed void, not undefined
type Answered<C extends CommandName> = Record<string, never> extends CommandOutput<C> ? CommandOutput<C> | void : CommandOutput<C>
export type Handlers = { [C in CommandName]: (input: CommandParsed<C>, from: Connection) => Answered<C> | Promise<Answered<C>> }

/** One connected window. */
export interface Connection {
  readonly window: WindowKind
  /** A frame as it arrived: parsed JSON or a structured clone, not yet trusted. */
  receive(frame: unknown): void
  /** The window went away. */
  close(): void
}

export class Bridge {
  #seq = 0
  #handlers: Handlers | null = null
  readonly #open = new Map<Connection, (frame: EventFrame | ReplyFrame) => void>()
  /** A window came or went. */
  onConnection: ((connection: Connection, present: boolean) => void) | null = null

  constructor(readonly log: Log) {}

  /** The number of the last event sent: everything up to it is contained in a snapshot taken now. */
  get seq(): number {
    return this.#seq
  }

  handle(handlers: Handlers): void {
    this.#handlers = handlers
  }

  /** Lets each command's check be compiled, which is done at its first use: one with each step. */
  rehearsal(): (() => void)[] {
    return Object.values(commands).map((command) => () => void command.input.safeParse({}))
  }

  /** Connects a window. `send` must not throw; what it gets is a plain object that JSON can carry. */
  connect(window: WindowKind, send: (frame: EventFrame | ReplyFrame) => void): Connection {
    const connection: Connection = {
      window,
      receive: (frame) => void this.#receive(connection, frame),
      close: () => {
        if (this.#open.delete(connection)) this.onConnection?.(connection, false)
      },
    }
    this.#open.set(connection, send)
    this.onConnection?.(connection, true)
    return connection
  }

  /** Sends an event to every window it is for, or to one connection alone. */
  emit<E extends EventName>(event: E, payload: EventPayload<E>, only?: Connection): void {
    const frame: EventFrame = { seq: ++this.#seq, event, payload }
    for (const [connection, send] of this.#open) {
      if (only ? connection === only : (events[event].to as readonly WindowKind[]).includes(connection.window)) send(frame)
    }
  }

  async #receive(connection: Connection, raw: unknown): Promise<void> {
    const frame = requestFrame.safeParse(raw)
    if (!frame.success) {
      this.log.warn({ window: connection.window }, 'a frame that is no request was dropped')
      return
    }
    const { id, command: name, input } = frame.data
    const reply = (answer: Omit<ReplyFrame, 'id'>) => this.#open.get(connection)?.({ id, ...answer })
    if (!Object.hasOwn(commands, name)) return reply({ ok: false, trouble: { code: 'bridge.unknownCommand', params: { name } } })
    const command = commands[name as CommandName]
    if (!(command.from as readonly WindowKind[]).includes(connection.window)) {
      this.log.warn({ window: connection.window, command: name }, 'a command from the wrong window was refused')
      return reply({ ok: false, trouble: { code: 'bridge.wrongWindow', params: { name } } })
    }
    const parsed = command.input.safeParse(input)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      return reply({
        ok: false,
        trouble: { code: 'bridge.badInput', params: { field: issue?.path.join('.') ?? '' }, detail: issue?.message ?? '' },
      })
    }
    try {
      if (!this.#handlers) throw new Error('main is still starting')
      const handler = this.#handlers[name as CommandName] as (input: unknown, from: Connection) => unknown
      const output = await handler(parsed.data, connection)
      // Nothing is an empty object; null is an answer of its own (cancelled, there is none).
      reply({ ok: true, output: output === undefined ? {} : output })
    } catch (error) {
      const trouble = troubleOf(error)
      if (trouble.code === 'general.unexpected') this.log.error({ command: name, err: error }, 'a command failed')
      reply({ ok: false, trouble })
    }
  }
}
