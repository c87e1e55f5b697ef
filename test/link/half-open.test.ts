import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { silentLog } from '../../src/base/log.ts'
import { dial } from '../../src/link/dial.ts'
import type { LinkHost, ServerLink } from '../../src/link/doorkeeper.ts'
import { listenForLinks } from '../../src/link/listen.ts'
import { CLOSE } from '../../src/link/messages.ts'
import { ONLINE_WITHIN_MS } from '../../src/model/gateway.ts'
import { toAccountId, toEpoch } from '../../src/model/ids.ts'
import { eventually } from '../fixtures/eventually.ts'
import { type Faults, startFaultProxy } from '../fixtures/fault-proxy.ts'
import { type ManualClock, manualClock } from '../fixtures/manual-clock.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'
import { dialOptions, SERVER } from './link-host.ts'

/** Tells how often somebody began to wait: each answer begins the wait for silence anew. */
function countingClock(): ManualClock & { readonly armed: number } {
  const clock = manualClock()
  let armed = 0
  const after: ManualClock['after'] = (ms, callback) => {
    if (ms >= ONLINE_WITHIN_MS) armed++
    return clock.after(ms, callback)
  }
  return {
    ...clock,
    after,
    get armed() {
      return armed
    },
    get pending() {
      return clock.pending
    },
  }
}

/** Real sockets, a clock by hand for each side: 45 s are over at once. */
async function throughProxy() {
  await using opened = new AsyncDisposableStack()
  const key = newSigningKey()
  const [gatewayClock, serverClock] = [countingClock(), countingClock()]
  const { promise: connected, resolve } = Promise.withResolvers<ServerLink>()
  const host: LinkHost = {
    server: SERVER,
    keys: async () => [key.publicKey],
    open: async () => ({ kind: 'open', epoch: toEpoch(1), account: toAccountId('100000000000001') }),
    connected(link) {
      link.handle({ onMessage: () => {}, onRoundTrip: () => {} })
      resolve(link)
    },
  }
  const http = createServer()
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
  opened.defer(() => {
    http.closeAllConnections()
    http.close()
  })
  opened.use(listenForLinks({ http, host, clock: serverClock, log: silentLog() }))
  const address = http.address()
  assert.ok(typeof address === 'object' && address !== null)
  const proxy = opened.use(await startFaultProxy({ port: address.port }))
  const link = await dial(dialOptions(`http://127.0.0.1:${proxy.port}`, [key], { clock: gatewayClock }))
  opened.defer(() => link.close())
  const server = await connected
  const pass = (ms: number) => {
    gatewayClock.advance(ms)
    serverClock.advance(ms)
  }
  // Armed at the start, and anew by the first answer.
  await eventually('the first answer', () => gatewayClock.armed >= 2)
  const trip = async () => {
    const [before, there] = [gatewayClock.armed, serverClock.armed]
    pass(15_000)
    await eventually('an answer', () => gatewayClock.armed > before)
    await eventually('a round trip', () => serverClock.armed > there)
  }
  const moved = opened.move()
  return { link, server, proxy, pass, trip, [Symbol.asyncDispose]: () => moved.disposeAsync() }
}

const ended = async (end: Promise<{ code: number }>) => (await Promise.race([end, setTimeout(200, { code: 0 })])).code

for (const blackHole of ['both', 'toServer', 'toClient'] satisfies Faults['blackHole'][]) {
  test(`row 28: a half-open connection (${blackHole}) is found by both sides within 45 s, and no sooner (peers case 1)`, async () => {
    await using world = await throughProxy()
    await world.trip()
    await world.trip()
    world.proxy.faults.blackHole = blackHole
    world.pass(14_000)
    world.pass(15_000)
    // Pings of both sides were lost; 29 s of 45 s are over.
    assert.deepEqual([await ended(world.link.closed), await ended(world.server.closed)], [0, 0])
    world.pass(15_000)
    world.pass(1_000)
    assert.deepEqual([await ended(world.link.closed), await ended(world.server.closed)], [CLOSE.silent, CLOSE.silent])
  })
}

test('row 28: a connection that answers in time stays (peers case 1)', async () => {
  await using world = await throughProxy()
  for (let minute = 0; minute < 10; minute++) await world.trip()
  assert.deepEqual([await ended(world.link.closed), await ended(world.server.closed)], [0, 0])
  world.link.close()
})
