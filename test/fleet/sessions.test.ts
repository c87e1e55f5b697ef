import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { localBus } from '../../src/bus/local-bus.ts'
import { createPresence } from '../../src/fleet/presence.ts'
import { createSessions } from '../../src/fleet/sessions.ts'
import type { ServerLink } from '../../src/link/doorkeeper.ts'
import { CLOSE } from '../../src/link/messages.ts'
import { type Epoch, fingerprintOf, rootOf, toAccountId } from '../../src/model/ids.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { ACCOUNT, taskWorld } from '../tasks/task-world.ts'

test('row 28: of two connections that are proven in one commit only the newer one stays, whichever is here first', async () => {
  for (const order of ['older first', 'newer first'] as const) {
    await using world = await taskWorld()
    const [row] = (await world.store.fleet.gateways(ACCOUNT, {}, { offset: 0, limit: 1 })).gateways
    assert.ok(row !== undefined)
    const [key] = await world.store.fleet.keys(row.id)
    assert.ok(key !== undefined)
    const clock = systemClock()
    const log = silentLog()
    await using bus = localBus()
    await using presence = createPresence({ store: world.store.fleet, clock, log })
    const { events } = world.dispatcher
    const { serverId, fleet: store } = world.store
    await using sessions = await createSessions({ store, serverId, presence, bus, events, clock, log })
    const proven = { gateway: row.id, key: fingerprintOf(key), hostname: 'h', address: 'a', version: 'v' }
    const [one, two] = await Promise.all(
      ['1', '2'].map((instance) => sessions.open({ ...proven, instance: instance.repeat(32) })),
    )
    assert.ok(one?.kind === 'open' && two?.kind === 'open' && one.epoch < two.epoch)
    const [older, newer] = [linkOf(row.id, one.epoch), linkOf(row.id, two.epoch)]
    for (const { link } of order === 'older first' ? [older, newer] : [newer, older]) sessions.connected(link)
    assert.deepEqual(older.closedWith, [CLOSE.replaced], order)
    assert.deepEqual(newer.closedWith, [], order)
  }
})

test('row 28: sessions that ended elsewhere end here with the next look at the store, also when no wake comes', async () => {
  await using world = await taskWorld()
  const clock = manualClock()
  const log = silentLog()
  const { serverId, fleet: store } = world.store
  await using bus = localBus()
  await using presence = createPresence({ store, clock, log })
  const { events } = world.dispatcher
  await using sessions = await createSessions({ store, serverId, presence, bus, events, clock, log })
  const [row] = (await store.gateways(ACCOUNT, {}, { offset: 0, limit: 1 })).gateways
  assert.ok(row !== undefined)
  const proven = { gateway: row.id, key: row.key, instance: '1'.repeat(32), hostname: 'h', address: 'a', version: 'v' }
  const connect = async () => {
    const opened = await sessions.open(proven)
    assert.ok(opened.kind === 'open')
    const link = linkOf(row.id, opened.epoch)
    sessions.connected(link.link)
    return link
  }
  const look = async () => {
    clock.advance(15_000)
    await setImmediate()
  }
  const first = await connect()
  await look()
  assert.deepEqual(first.closedWith, [])
  // Another node has it now.
  await store.open(proven)
  await look()
  assert.deepEqual(first.closedWith, [CLOSE.replaced])

  const second = await connect()
  await look()
  assert.deepEqual(second.closedWith, [])
  assert.equal(await store.delete({ account: ACCOUNT, id: row.id, by: rootOf(ACCOUNT) }, undefined), 'deleted')
  await look()
  assert.deepEqual(second.closedWith, [CLOSE.deleted])
})

function linkOf(gateway: ServerLink['gateway'], epoch: Epoch) {
  const ended = Promise.withResolvers<{ code: number; reason: string }>()
  const closedWith: number[] = []
  const link: ServerLink = {
    gateway,
    epoch,
    account: toAccountId('100000000000001'),
    instance: '0'.repeat(32),
    send: () => true,
    handle: () => undefined,
    close(code, reason) {
      closedWith.push(code)
      ended.resolve({ code, reason })
    },
    closed: ended.promise,
  }
  return { link, closedWith }
}
