import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { createConnection } from '../../src/gateway/connection.ts'
import { createOutbox, type Outbox, type SealedOutcome } from '../../src/gateway/outbox.ts'
import type { Runner } from '../../src/gateway/runner.ts'
import { type DialOptions, type GatewayLink, type LinkEnd, LinkRefused } from '../../src/link/dial.ts'
import { CLOSE, type GatewayMessage, type Message } from '../../src/link/messages.ts'
import { type AttemptId, newAttemptId, toEpoch, toFingerprint } from '../../src/model/ids.ts'
import { eventually } from '../fixtures/eventually.ts'
import { type ManualClock, manualClock } from '../fixtures/manual-clock.ts'
import { runMessage } from './runner-bench.ts'

interface InMemoryLink extends GatewayLink {
  readonly sent: GatewayMessage[]
  readonly types: readonly string[]
  end(end: LinkEnd): void
  tell: DialOptions['onMessage']
  bufferedBytes: number
  drain(): void
}

function inMemoryLink(onMessage: DialOptions['onMessage'], spreadMs = 0): InMemoryLink {
  const sent: GatewayMessage[] = []
  const { promise: closed, resolve } = Promise.withResolvers<LinkEnd>()
  let open = true
  const waiting: (() => void)[] = []
  const drain = () => {
    for (const go of waiting.splice(0)) go()
  }
  const end = (reason: LinkEnd) => {
    open = false
    resolve(reason)
    drain()
  }
  return {
    epoch: toEpoch(1),
    spreadMs,
    key: toFingerprint('0'.repeat(64)),
    offered: undefined,
    sent,
    get types() {
      return sent.map(({ type }) => type)
    },
    send(message) {
      if (!open) throw new Error('the connection is closed')
      sent.push(message)
    },
    bufferedBytes: 0,
    drained: () => new Promise((go) => waiting.push(go)),
    drain,
    close: () => end({ code: CLOSE.goingAway, reason: 'closed here' }),
    closed,
    end,
    tell: onMessage,
  }
}

interface Loop extends AsyncDisposable {
  readonly clock: ManualClock
  readonly outbox: Outbox
  readonly links: InMemoryLink[]
  readonly runner: Runner & {
    readonly ran: AttemptId[]
    readonly cancelled: AttemptId[]
    started: Runner['started']
    woken: number
  }
  readonly events: ReturnType<typeof createConnection>['events']
  /** Dialling fails with these first. */
  readonly failures: unknown[]
  readonly dials: number
  link(index: number): Promise<InMemoryLink>
}

function loop(options: { random?: number; spreadMs?: number } = {}): Loop {
  const clock = manualClock()
  const outbox = createOutbox()
  const links: InMemoryLink[] = []
  const failures: unknown[] = []
  let dials = 0
  const connection = createConnection({
    dial: async ({ onMessage }) => {
      dials++
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      const link = inMemoryLink(onMessage, options.spreadMs)
      links.push(link)
      return link
    },
    instance: '1'.repeat(32),
    engines: ['MySQL'],
    outbox,
    clock,
    log: silentLog(),
    random: () => options.random ?? 0.5,
  })
  const runner: Loop['runner'] = {
    capacity: { total: 16, perEndpoint: 4 },
    holding: [],
    started: [],
    ran: [],
    cancelled: [],
    woken: 0,
    run: ({ attempt }) => void runner.ran.push(attempt),
    cancel: (attempt) => void runner.cancelled.push(attempt),
    wake: () => void runner.woken++,
    refuse: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
  const stop = new AbortController()
  const maintained = connection.maintain(runner, stop.signal)
  return {
    clock,
    outbox,
    links,
    runner,
    events: connection.events,
    failures,
    get dials() {
      return dials
    },
    async link(index) {
      await eventually(`link ${index}`, () => links[index] !== undefined && links[index].sent.length > 0)
      return links[index] ?? assert.fail()
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      links.at(-1)?.close()
      await maintained
      assert.equal(clock.pending, 0)
    },
  }
}

const sealed = (...parts: readonly string[]): SealedOutcome => ({
  attempt: newAttemptId(),
  epoch: toEpoch(3),
  outcomeText: '{}',
  parts: parts.map((part) => Buffer.from(part)),
  digest: '0'.repeat(64),
  signature: '',
  key: toFingerprint('0'.repeat(64)),
})

const received = (attempt: AttemptId): Message<'received'> => ({ type: 'received', attempt, kind: 'finished' })

test('a connection begins with ready: capacity and all that is held', async () => {
  await using gateway = loop()
  const outcome = sealed()
  const running = newAttemptId()
  gateway.outbox.add(outcome)
  Object.assign(gateway.runner, {
    holding: [running],
    started: [{ attempt: running, epoch: toEpoch(9), step: 'login' }],
  })
  const link = await gateway.link(0)
  await eventually('the outcome', () => link.types.includes('finished'))
  assert.deepEqual(link.sent.slice(0, 3), [
    {
      type: 'ready',
      instance: '1'.repeat(32),
      capacity: { total: 16, perEndpoint: 4 },
      engines: ['MySQL'],
      holding: [running, outcome.attempt],
    },
    { type: 'accepted', attempt: running, epoch: 9 },
    { type: 'step', attempt: running, step: 'login' },
  ])
})

test('row 25: what was not acknowledged goes out again over the next connection, chunks from 0; received forgets', async () => {
  await using gateway = loop()
  const [first, second] = [sealed('a\n', 'b\n'), sealed('c\n')]
  const one = await gateway.link(0)
  gateway.outbox.add(first)
  gateway.events.onOutcome(first.attempt)
  gateway.outbox.add(second)
  gateway.events.onOutcome(second.attempt)
  await eventually('both outcomes', () => one.types.filter((type) => type === 'finished').length === 2)
  assert.deepEqual(one.types, ['ready', 'chunk', 'chunk', 'finished', 'chunk', 'finished'])
  one.tell(received(first.attempt))
  assert.equal(gateway.runner.woken, 1)
  assert.deepEqual(gateway.outbox.attempts, [second.attempt])
  one.end({ code: 1006, reason: '' })
  await eventually('the pause', () => gateway.clock.pending === 1)
  gateway.clock.advance(30_000)
  const two = await gateway.link(1)
  await eventually('the second outcome', () => two.types.includes('finished'))
  assert.deepEqual(two.types, ['ready', 'chunk', 'finished'])
  assert.deepEqual(two.sent[1], { type: 'chunk', attempt: second.attempt, index: 0, data: 'c\n' })
  two.tell(received(second.attempt))
  two.end({ code: 1006, reason: '' })
  await eventually('the pause', () => gateway.clock.pending === 1)
  gateway.clock.advance(30_000)
  const three = await gateway.link(2)
  assert.deepEqual(three.types, ['ready'])
})

test('run and cancel reach the runner, steps go out while connected', async () => {
  await using gateway = loop()
  const link = await gateway.link(0)
  const message = runMessage()
  link.tell(message)
  link.tell({ type: 'cancel', attempt: message.attempt })
  assert.deepEqual(gateway.runner.ran, [message.attempt])
  assert.deepEqual(gateway.runner.cancelled, [message.attempt])
  gateway.events.onAccepted(message.attempt, message.epoch)
  gateway.events.onStep(message.attempt, 'connect')
  assert.deepEqual(link.types, ['ready', 'accepted', 'step'])
  link.end({ code: 1006, reason: '' })
  gateway.events.onAccepted(message.attempt, message.epoch)
  gateway.events.onStep(message.attempt, 'login')
  assert.equal(link.sent.length, 3)
})

test('a reader that is slow is waited for', async () => {
  await using gateway = loop()
  const link = await gateway.link(0)
  link.bufferedBytes = 2 * 1024 * 1024
  const outcome = sealed('a\n', 'b\n')
  gateway.outbox.add(outcome)
  gateway.events.onOutcome(outcome.attempt)
  await eventually('the first chunk', () => link.types.length === 2)
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(link.types, ['ready', 'chunk'])
  gateway.events.onStep(newAttemptId(), 'login')
  link.bufferedBytes = 0
  link.drain()
  await eventually('the rest', () => link.types.includes('finished'))
  assert.deepEqual(link.types, ['ready', 'chunk', 'step', 'chunk', 'finished'])
})

test('the waits grow with full jitter up to 30 s while nobody answers (peers case 5)', async () => {
  await using gateway = loop({ random: 1 })
  const first = await gateway.link(0)
  for (let i = 0; i < 9; i++) gateway.failures.push(new Error('ECONNREFUSED'))
  first.end({ code: 1006, reason: '' })
  const waits: number[] = []
  for (let dials = 2; dials <= 11; dials++) {
    let ms = 0
    await eventually('the pause', () => gateway.clock.pending === 1)
    for (; gateway.dials < dials && ms < 120_000; ms += 100) {
      gateway.clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    waits.push(ms)
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000])
})

test('a server that is killed again and again finds its gateways back each time', async () => {
  await using gateway = loop({ random: 1 })
  for (let times = 0; times < 8; times++) {
    const link = await gateway.link(times)
    link.end({ code: 1006, reason: '' })
    await eventually('the pause', () => gateway.clock.pending === 1)
    gateway.clock.advance(500)
  }
  await gateway.link(8)
})

test('a server that ends connections on purpose is asked less and less often', async () => {
  await using gateway = loop({ random: 1 })
  for (const [times, ms] of [1000, 2000, 4000].entries()) {
    const link = await gateway.link(times)
    link.end({ code: CLOSE.overloaded, reason: 'not now' })
    await eventually('the pause', () => gateway.clock.pending === 1)
    gateway.clock.advance(ms - 1)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(gateway.dials, times + 1)
    gateway.clock.advance(1)
  }
  await gateway.link(3)
})

test('all gateways of a lost server come back spread as it asked for (peers case 5)', async () => {
  await using gateway = loop({ random: 0.9, spreadMs: 5000 })
  const link = await gateway.link(0)
  gateway.clock.advance(60_000)
  link.end({ code: 1006, reason: '' })
  await eventually('the pause', () => gateway.clock.pending === 1)
  gateway.clock.advance(4499)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(gateway.dials, 1)
  gateway.clock.advance(1)
  await gateway.link(1)
})

test('row 29: after drain the gateway goes on, leaves in time and comes back then', async () => {
  await using gateway = loop({ random: 0.5 })
  const link = await gateway.link(0)
  link.tell({ type: 'drain', afterMs: 2000, spreadMs: 4000 })
  const message = runMessage()
  gateway.events.onAccepted(message.attempt, message.epoch)
  assert.deepEqual(link.types, ['ready', 'accepted'])
  gateway.clock.advance(1000)
  link.end({ code: CLOSE.goingAway, reason: 'the server stops' })
  await eventually('the pause', () => gateway.clock.pending === 1)
  gateway.clock.advance(2999)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(gateway.dials, 1)
  gateway.clock.advance(1)
  const next = await gateway.link(1)
  next.tell({ type: 'drain', afterMs: 1000, spreadMs: 0 })
  gateway.clock.advance(1000)
  assert.equal((await next.closed).reason, 'closed here')
})

for (const code of [CLOSE.replaced, CLOSE.conflict, CLOSE.refused, CLOSE.tooOld]) {
  test(`row 28: an end with ${code}, which only people can mend, is tried again after 30 to 60 s`, async () => {
    await using gateway = loop({ random: 0 })
    const link = await gateway.link(0)
    gateway.failures.push(new LinkRefused({ code, reason: 'no' }))
    link.end({ code, reason: 'no' })
    for (let dials = 2; dials <= 3; dials++) {
      await eventually('the pause', () => gateway.clock.pending === 1)
      gateway.clock.advance(29_999)
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(gateway.dials, dials - 1)
      gateway.clock.advance(1)
      await eventually('the next try', () => gateway.dials === dials)
    }
  })
}

test('an outcome that the server cannot take is dropped after a few connections, and the others get through', async () => {
  await using gateway = loop()
  const [good, bad, other] = [sealed('good\n'), sealed('bad\n'), sealed('other\n')]
  for (const outcome of [good, bad, other]) gateway.outbox.add(outcome)
  const first = await gateway.link(0)
  await eventually('all outcomes', () => first.types.filter((type) => type === 'finished').length === 3)
  for (let index = 0; index < 4; index++) {
    const link = await gateway.link(index)
    if (index === 1) {
      await eventually('the good one', () => link.types.includes('finished'))
      link.tell(received(good.attempt))
    }
    await eventually('the bad one', () =>
      link.sent.some((sent) => sent.type === 'finished' && sent.attempt === bad.attempt),
    )
    assert.deepEqual(
      gateway.outbox.attempts,
      index === 0 ? [good.attempt, bad.attempt, other.attempt] : [bad.attempt, other.attempt],
    )
    link.end({ code: CLOSE.protocol, reason: 'not a valid message' })
    await eventually('the pause', () => gateway.clock.pending === 1)
    gateway.clock.advance(30_000)
  }
  const link = await gateway.link(4)
  assert.deepEqual(gateway.outbox.attempts, [other.attempt])
  await eventually('the other one', () => link.types.includes('finished'))
})
