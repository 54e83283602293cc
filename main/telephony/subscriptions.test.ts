/** Subscriptions (RFC 6665) against a scripted server on a real socket: kept, made anew, refused, given back. */
import { beforeEach, describe, expect, it } from 'vitest'
import { answers, cleanups, pause, phone, registered, server, until } from '../../test/fixtures/scripted-phone'
import { type Got, reply, request, ScriptedServer } from '../../test/fixtures/scripted-server'
import type { LineState, MessageSummary, TelephonyLimits } from './index'
import { headerOf, tagOf } from './message'

const quick: Partial<TelephonyLimits> = {
  subscribeFirstMs: 40,
  subscribeMaxMs: 200,
  subscribeRefusedMs: 60_000,
  subscribeSpreadMs: 20,
  settledMs: 60_000,
}
const idle = '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="VERSION" state="full" entity="sip:101@pbx.invalid"/>'
const ringing = idle.replace('/>', '><dialog id="1" direction="recipient"><state>early</state></dialog></dialog-info>')
const busy = ringing.replace('early', 'confirmed')

const isSubscribe = (to: string) => (got: Got) => got.head.method === 'SUBSCRIBE' && headerOf(got.head, 'to')?.includes(to) === true
const subscribes = (to = '101') => server.got.filter(isSubscribe(to))
const expiresOf = (got: Got) => Number(headerOf(got.head, 'expires'))

let version = 0
/** A NOTIFY in the dialog that a SUBSCRIBE asked for. */
const notify = (subscribe: Got, body: string, state = 'active;expires=600', given: { type?: string; tag?: string } = {}) => {
  const { head } = subscribe
  const event = headerOf(head, 'event') ?? ''
  version += 1
  const tag = given.tag ?? tagOf(headerOf(head, 'to')) ?? `far-${headerOf(head, 'call-id')}`
  return request('NOTIFY', /<([^>]+)>/.exec(headerOf(head, 'contact') ?? '')?.[1] ?? '', {
    callId: headerOf(head, 'call-id') ?? '',
    body: body.replace('VERSION', String(version)),
    headers: {
      From: `<${head.requestUri}>;tag=${tag}`,
      To: headerOf(head, 'from') ?? '',
      CSeq: `${version} NOTIFY`,
      Event: event,
      'Subscription-State': state,
      'Content-Type': given.type ?? (event === 'dialog' ? 'application/dialog-info+xml' : 'application/simple-message-summary'),
    },
  })
}
const taken = (got: Got, expires = 600) =>
  reply(got, 200, [`Expires: ${expires}`, 'Contact: <sip:pbx@pbx.invalid;transport=ws>'], '', `far-${headerOf(got.head, 'call-id')}`)
/** Answers SUBSCRIBEs; each answer may depend on how many came before. */
const serve = (answer: (got: Got, count: number) => string | string[] | null) => {
  let count = 0
  server.respond = (got) => {
    if (got.head.method === 'REGISTER') return server.granted(got)
    if (got.head.method !== 'SUBSCRIBE') return null
    return expiresOf(got) === 0 ? [taken(got, 0), notify(got, '', 'terminated;reason=timeout')] : answer(got, count++)
  }
}
const watching = async (given: Parameters<typeof phone>[0] = {}) => {
  const account = phone({ ...given, limits: { ...quick, ...given.limits } })
  const seen: LineState[] = []
  const stop = account.watch('101', (line) => seen.push(line))
  await registered(account)
  return { account, seen, stop, is: (state: LineState['state']) => until(() => seen.at(-1)?.state === state) }
}

beforeEach(() => {
  version = 0
})

describe('a watched line', () => {
  it('is subscribed to once registered, and follows each NOTIFY', async () => {
    serve((got) => [taken(got), notify(got, idle)])
    const { is, seen } = await watching()
    await is('idle')
    const subscribe = subscribes()[0] as Got
    expect(headerOf(subscribe.head, 'event')).toBe('dialog')
    expect(headerOf(subscribe.head, 'accept')).toBe('application/dialog-info+xml')
    server.send(notify(subscribe, ringing))
    await is('ringing')
    server.send(notify(subscribe, busy))
    await is('busy')
    server.send(notify(subscribe, idle))
    await is('idle')
    expect(seen[0]).toEqual({ state: 'unknown', caller: null, trouble: null })
    expect((await answers(200, 'NOTIFY')).head.status).toBe(200)
    expect(subscribes()).toHaveLength(1)
  })

  it('takes a NOTIFY that comes before the 200', async () => {
    serve((got) => [notify(got, busy), taken(got)])
    await (await watching()).is('busy')
  })

  it('two listeners share one subscription; the last to go gives it back', async () => {
    serve((got) => [taken(got), notify(got, busy)])
    const { account, is, stop } = await watching()
    await is('busy')
    const second: LineState[] = []
    const stopSecond = account.watch('101', (line) => second.push(line))
    await until(() => second.at(-1)?.state === 'busy')
    stop()
    await pause(50)
    expect(subscribes()).toHaveLength(1)
    stopSecond()
    await until(() => subscribes().length === 2)
    expect(expiresOf(subscribes()[1] as Got)).toBe(0)
  })

  const inItsDialog = (first: Got | undefined, refresh: Got | undefined) => {
    expect(tagOf(headerOf((refresh as Got).head, 'to'))).not.toBeNull()
    expect(headerOf((refresh as Got).head, 'call-id')).toBe(headerOf((first as Got).head, 'call-id'))
  }

  it('is refreshed in its dialog before it runs out', async () => {
    serve((got, count) => [taken(got, 2), notify(got, count === 0 ? idle : busy, 'active;expires=1')])
    const { is } = await watching({ limits: { subscribeLeastSeconds: 1 } })
    await is('idle')
    await is('busy')
    inItsDialog(...(subscribes() as [Got, Got]))
  })

  it('is asked for whole when a change was missed', async () => {
    serve((got, count) => [taken(got), notify(got, count === 0 ? idle : busy)])
    const { is } = await watching()
    await is('idle')
    version += 5
    server.send(notify(subscribes()[0] as Got, ringing.replace('full', 'partial')))
    await is('busy')
    inItsDialog(...(subscribes() as [Got, Got]))
  })

  it('of a server that never tells it whole is not asked for without end', async () => {
    serve((got) => [taken(got), notify(got, ringing.replace('full', 'partial'))])
    await watching({ limits: { subscribeFirstMs: 100 } })
    await until(() => subscribes().length >= 2)
    const before = subscribes().length
    await pause(450)
    expect(subscribes().length).toBeGreaterThan(before)
    expect(subscribes().length - before).toBeLessThan(7)
  })

  it('comes back after the connection broke, in a dialog of its own, and is unknown meanwhile', async () => {
    serve((got) => [taken(got), notify(got, idle)])
    const { is, seen } = await watching()
    await is('idle')
    server.client?.terminate()
    await until(() => subscribes().length === 2)
    await is('idle')
    expect(seen.map(({ state }) => state)).toEqual(['unknown', 'idle', 'unknown', 'idle'])
    const [first, second] = subscribes()
    expect(headerOf(second?.head as Got['head'], 'call-id')).not.toBe(headerOf(first?.head as Got['head'], 'call-id'))
  })

  it('comes back after the server was restarted elsewhere', async () => {
    serve((got) => [taken(got), notify(got, idle)])
    const { is, seen } = await watching()
    await is('idle')
    const { port } = server
    await server.stop()
    await is('unknown')
    const again = await ScriptedServer.start({ port })
    cleanups.push(() => again.stop())
    again.respond = (got) => {
      if (got.head.method === 'REGISTER') return again.granted(got)
      return got.head.method === 'SUBSCRIBE' ? [taken(got), notify(got, busy)] : null
    }
    await is('busy')
    expect(seen.at(-1)?.trouble).toBeNull()
  })

  it('a server that has forgotten it (481 to a refresh) is asked anew', async () => {
    serve((got) => (tagOf(headerOf(got.head, 'to')) ? reply(got, 481) : [taken(got), notify(got, idle)]))
    const { is } = await watching()
    await is('idle')
    version += 5
    server.send(notify(subscribes()[0] as Got, ringing.replace('full', 'partial')))
    await until(() => subscribes().length >= 3)
    const anew = subscribes()[2] as Got
    expect(tagOf(headerOf(anew.head, 'to'))).toBeNull()
    await is('idle')
  })
})

describe('a server that ends it', () => {
  const ends = (state: string) => (got: Got, count: number) =>
    count === 0 ? [taken(got), notify(got, idle, state)] : [taken(got), notify(got, busy)]

  it.each([
    'terminated;reason=deactivated',
    'terminated;reason=timeout',
    'terminated',
    'terminated;reason=something-new',
    'terminated;reason=giveup',
    'terminated;reason=probation',
  ])('with «%s» is asked again', async (state) => {
    serve(ends(state))
    await (await watching()).is('busy')
  })

  it('with Retry-After is let alone that long', async () => {
    serve(ends('terminated;reason=giveup;retry-after=1'))
    const { is } = await watching()
    const began = performance.now()
    await is('busy')
    expect(performance.now() - began).toBeGreaterThan(900)
  })

  it.each([
    ['terminated;reason=rejected', 'colleagues.notAllowed'],
    ['terminated;reason=noresource', 'colleagues.unknownLine'],
  ])('with «%s» is believed, in words', async (state, code) => {
    serve(ends(state))
    const { seen } = await watching()
    await until(() => seen.at(-1)?.trouble?.code === code)
    await pause(150)
    expect(subscribes()).toHaveLength(1)
    expect(seen.at(-1)?.state).toBe('unknown')
  })

  it('as invariant leaves the state as it is', async () => {
    serve(ends('terminated;reason=invariant'))
    const { is, seen } = await watching()
    await is('idle')
    await pause(150)
    expect(subscribes()).toHaveLength(1)
    expect(seen.at(-1)).toMatchObject({ state: 'idle', trouble: null })
  })

  it('at once, each time, is asked with growing pauses only', async () => {
    serve((got) => [taken(got), notify(got, idle, 'terminated;reason=deactivated')])
    await watching({ limits: { subscribeFirstMs: 100, subscribeMaxMs: 60_000 } })
    await pause(1000)
    expect(subscribes().length).toBeGreaterThan(2)
    expect(subscribes().length).toBeLessThan(7)
  })
})

describe('a server that refuses', () => {
  it.each([
    [489, 'colleagues.notOffered'],
    [405, 'colleagues.notOffered'],
    [403, 'colleagues.notAllowed'],
    [404, 'colleagues.unknownLine'],
  ])('with %i says so in words, and is not asked again soon', async (status, code) => {
    serve((got) => reply(got, status))
    const { seen } = await watching()
    await until(() => seen.at(-1)?.trouble?.code === code)
    await pause(200)
    expect(subscribes()).toHaveLength(1)
  })

  it('for now (503) is asked again, not before its Retry-After', async () => {
    serve((got, count) => (count === 0 ? reply(got, 503, ['Retry-After: 1']) : [taken(got), notify(got, idle)]))
    const { is, seen } = await watching()
    const began = performance.now()
    await until(() => seen.at(-1)?.trouble?.code === 'colleagues.noAnswer')
    await is('idle')
    expect(performance.now() - began).toBeGreaterThan(900)
    expect(seen.at(-1)?.trouble).toBeNull()
  })

  it('so short a time gets the one that it wants', async () => {
    serve((got, count) => (count === 0 ? reply(got, 423, ['Min-Expires: 1800']) : [taken(got, 1800), notify(got, idle)]))
    await (await watching()).is('idle')
    expect(subscribes().map(expiresOf)).toEqual([600, 1800])
  })
})

describe('a hostile NOTIFY', () => {
  it.each([
    ['no XML', 'hello', {}],
    ['another type', busy, { type: 'text/plain' }],
    ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${busy}`, {}],
    ['a huge one', busy + ' '.repeat(80_000), {}],
  ])('%s changes nothing, and the next honest one is heard', async (_, body, given) => {
    serve((got) => [taken(got), notify(got, idle)])
    const { is, seen } = await watching()
    await is('idle')
    const subscribe = subscribes()[0] as Got
    server.send(notify(subscribe, body, 'active', given))
    await pause(50)
    expect(seen.at(-1)?.state).toBe('idle')
    server.send(notify(subscribe, ringing))
    await is('ringing')
  })

  it('for a subscription that nobody has is refused', async () => {
    serve((got) => [taken(got), notify(got, idle)])
    const { is, seen } = await watching()
    await is('idle')
    server.send(notify(subscribes()[0] as Got, busy, 'active', { tag: 'stranger' }))
    expect((await answers(481, 'NOTIFY')).head.status).toBe(481)
    expect(seen.at(-1)?.state).toBe('idle')
  })

  it('with a state or a header that is none does no harm', async () => {
    serve((got) => [taken(got), notify(got, idle)])
    const { is, account } = await watching()
    await is('idle')
    const subscribe = subscribes()[0] as Got
    for (const spoilt of [
      notify(subscribe, busy, 'dancing'),
      notify(subscribe, busy).replace(/Subscription-State.*\r\n/, ''),
      notify(subscribe, busy).replace(/Event.*\r\n/, ''),
      notify(subscribe, busy).replace(/Event: dialog/, 'Event: ;;;'),
      notify(subscribe, busy, `active;expires=${'9'.repeat(400)}`),
    ])
      server.send(spoilt)
    await pause(100)
    server.send(notify(subscribe, ringing))
    await is('ringing')
    expect(account.state.status).toBe('registered')
  })
})

describe('waiting messages', () => {
  const waits = async () => {
    const account = phone({ config: { messageWaiting: true }, limits: quick })
    const seen: (MessageSummary | null)[] = []
    account.onMessageWaiting = (summary) => seen.push(summary)
    await registered(account)
    return { account, seen }
  }
  const summary = 'Messages-Waiting: yes\r\nVoice-Message: 2/1\r\n'

  it('are subscribed to at the account’s own address', async () => {
    serve((got) => [taken(got), notify(got, summary)])
    const { seen } = await waits()
    await until(() => seen.length === 1)
    expect(seen[0]).toEqual({ waiting: true, fresh: 2, old: 1 })
    expect(subscribes('alice@')[0]?.head.requestUri).toBe('sip:alice@pbx.invalid')
  })

  it('are heard unasked, where the server refuses the subscription', async () => {
    serve((got) => reply(got, 489))
    const { seen } = await waits()
    await server.heard(isSubscribe('alice'))
    const unasked = (event: string) =>
      server.contact().then((to) =>
        request('NOTIFY', to, {
          body: summary,
          headers: { Event: event, 'Subscription-State': 'terminated', 'Content-Type': 'application/simple-message-summary' },
        }),
      )
    server.send(await unasked('message-summary'))
    await until(() => seen.length === 1)
    expect(seen[0]).toEqual({ waiting: true, fresh: 2, old: 1 })
    server.send(await unasked('dialog'))
    expect((await answers(489, 'NOTIFY')).head.status).toBe(489)
  })

  it('that come before the answer to the REGISTER count once it is there, and never without', async () => {
    let grant = false
    const early = (got: Got) =>
      request('NOTIFY', /<([^>]+)>/.exec(headerOf(got.head, 'contact') ?? '')?.[1] ?? '', {
        body: summary,
        headers: { Event: 'message-summary', 'Subscription-State': 'active', 'Content-Type': 'application/simple-message-summary' },
      })
    server.respond = (got) =>
      got.head.method === 'REGISTER' ? [early(got), grant ? server.granted(got) : reply(got, 500)] : reply(got, 489)
    const account = phone({ config: { messageWaiting: true }, limits: quick })
    const seen: (MessageSummary | null)[] = []
    account.onMessageWaiting = (heard) => seen.push(heard)
    await until(() => server.count('REGISTER') >= 2)
    expect(seen).toEqual([])
    grant = true
    await registered(account)
    expect(seen).toEqual([{ waiting: true, fresh: 2, old: 1 }])
  })

  it('are not heard where the rep does not want them', async () => {
    const account = phone({ limits: quick })
    account.onMessageWaiting = () => expect.unreachable()
    await registered(account)
    server.send(
      request('NOTIFY', await server.contact(), { body: summary, headers: { Event: 'message-summary', 'Subscription-State': 'active' } }),
    )
    await answers(481, 'NOTIFY')
    expect(subscribes('alice@')).toHaveLength(0)
  })
})

describe('the end', () => {
  it('gives every subscription back, before the registration', async () => {
    serve((got) => [taken(got), notify(got, idle)])
    const { account, is } = await watching({ config: { messageWaiting: true }, limits: { ...quick, stopMs: 2000 } })
    account.watch('102', () => undefined)
    await is('idle')
    await until(() => subscribes('102').length === 1 && subscribes('alice@').length === 1)
    await pause(50)
    await account.stop()
    const ends = server.got.filter((got) => got.head.method === 'SUBSCRIBE' && expiresOf(got) === 0)
    expect(ends).toHaveLength(3)
    const last = server.got.findLast(({ head }) => head.method === 'REGISTER' || head.method === 'SUBSCRIBE')
    expect(last?.head.method).toBe('REGISTER')
  })

  it('does not wait for a server that is silent', async () => {
    serve((got) => [taken(got), notify(got, idle)])
    const { account, is } = await watching()
    await is('idle')
    server.respond = () => null
    const began = performance.now()
    await account.stop()
    expect(performance.now() - began).toBeLessThan(2000)
  })
})
