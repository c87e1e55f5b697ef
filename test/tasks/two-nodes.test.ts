import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { readNatsAddress } from '../../src/bus/nats-address.ts'
import { openNatsBus } from '../../src/bus/nats-bus.ts'
import { rootOf, toRequestId } from '../../src/model/ids.ts'
import type { Store } from '../../src/store/store.ts'
import { createRecentTasks } from '../../src/tasks/recent-tasks.ts'
import { createTaskService } from '../../src/tasks/task-service.ts'
import { createTaskWaiters } from '../../src/tasks/task-waiters.ts'
import { keepsAll } from '../fixtures/keeps-all.ts'
import { eventually } from '../fixtures/eventually.ts'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { findNats, startNats } from '../fixtures/nats.ts'
import { ACCOUNT, emptyResult, type TaskWorld, taskWorld } from './task-world.ts'

const skip = !findNats() && 'NATS is not on this machine (Debian: nats-server)'
const never = new AbortController().signal
const clock = systemClock()

/** The node that callers reach; the gateway's session is on the other one. */
async function callersNode(world: TaskWorld, bus: Bus) {
  const waiters = await createTaskWaiters({ bus, clock })
  const tasks = createTaskService({
    store: world.store.tasks,
    bus,
    waiters,
    recent: createRecentTasks(clock, keepsAll),
    clock,
  })
  const create = () =>
    tasks.create(
      {
        account: ACCOUNT,
        gateway: world.gateway,
        engine: 'MySQL',
        host: 'db',
        port: 3306,
        region: 'default',
        deliveryMs: 60_000,
        executionMs: 60_000,
        createdBy: rootOf(ACCOUNT),
        request: toRequestId('R'),
      },
      undefined,
    )
  return { tasks, waiters, create, [Symbol.asyncDispose]: () => waiters[Symbol.asyncDispose]() }
}

const busAt = (port: number) =>
  openNatsBus({
    address: readNatsAddress(`nats://127.0.0.1:${port}`),
    installation: 'test',
    clock,
    log: silentLog(),
  })

/** The floor is taken away: only the bus can wake. */
const withoutRescan = (store: Store): Store => ({ ...store, tasks: { ...store.tasks, waiting: async () => [] } })

test('over the bus a task of one node reaches the gateway on another, and its end the reader', { skip }, async () => {
  await using server = await startNats()
  await using here = await busAt(server.port)
  await using there = await busAt(server.port)
  await using world = await taskWorld({ bus: there, wrap: withoutRescan })
  await using node = await callersNode(world, here)
  const session = await world.connect()
  const id = await node.create()
  await eventually('it is given to the gateway', () => session.runs.length === 1)
  const woken = node.waiters.wait(String(id), { ms: 60_000, signal: never }).woken
  const [claim] = session.runs
  assert.ok(claim)
  world.dispatcher.events.finished(session, { ...claim, gateway: session.gateway }, emptyResult())
  await woken
  assert.equal((await node.tasks.read(ACCOUNT, id, { waitMs: 0, signal: never }))?.state, 'Succeeded')
})

test('with the bus dead all of it still happens, at the pace of the re-scan', { skip }, async () => {
  await using server = await startNats()
  await using proxy = await startFaultProxy({ port: server.port })
  await using here = await busAt(proxy.port)
  await using there = await busAt(server.port)
  await using world = await taskWorld({ bus: there })
  await using node = await callersNode(world, here)
  const session = await world.connect()
  proxy.faults.limit = { bytesToClient: 0, action: 'reset' }
  proxy.resetAll()
  await eventually('the bus is dead', () => !here.state.connected)
  const id = await node.create()
  await eventually('the re-scan finds it', () => session.runs.length === 1)
  const reading = node.tasks.read(ACCOUNT, id, { waitMs: 20_000, signal: never })
  const [claim] = session.runs
  assert.ok(claim)
  world.dispatcher.events.finished(session, { ...claim, gateway: session.gateway }, emptyResult())
  assert.equal((await reading)?.state, 'Succeeded')
  assert.ok(here.state.lost > 0)
  assert.equal(here.state.received, 0)
})
