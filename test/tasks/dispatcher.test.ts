import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bus } from '../../src/bus/bus.ts'
import { PosternError } from '../../src/model/errors.ts'
import { rootOf } from '../../src/model/ids.ts'
import type { Store } from '../../src/store/store.ts'
import type { Claim } from '../../src/store/task-store.ts'
import { eventually } from '../fixtures/eventually.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { ACCOUNT, emptyResult, type NotedSession, taskWorld } from './task-world.ts'

const noWait = { waitMs: 0, signal: new AbortController().signal }

function first(session: NotedSession): Claim {
  const [claim] = session.runs
  assert.ok(claim, 'nothing was run')
  return claim
}

test('row 22: never more than the credit; a place that gets free is used at once', async () => {
  await using world = await taskWorld()
  const session = await world.connect({ total: 2 })
  for (let i = 0; i < 5; i++) await world.create(`db${i}`)
  await eventually('two run', () => session.runs.length === 2)
  await world.reaper.tick()
  assert.equal(session.runs.length, 2, 'the credit is used up')
  const { attempt, epoch } = first(session)
  world.dispatcher.events.finished(session, { gateway: session.gateway, attempt, epoch }, emptyResult())
  await eventually('a third runs', () => session.runs.length === 3)
  assert.equal(world.dispatcher.running, 2)
  await eventually('it is acknowledged', () => session.acknowledged.length === 1)
})

test('a lost wake costs time, never a task: the re-scan is the floor', async () => {
  const silent: Bus = {
    publish: () => {},
    subscribe: async () => ({ async [Symbol.asyncDispose]() {} }),
    async [Symbol.asyncDispose]() {},
  }
  await using world = await taskWorld({ bus: silent })
  const session = await world.connect()
  const id = await world.create()
  await eventually('the re-scan finds it', () => session.runs.length === 1)
  const waiting = world.tasks.read(ACCOUNT, id, { waitMs: 20_000, signal: noWait.signal })
  const { attempt, epoch } = first(session)
  world.dispatcher.events.finished(session, { gateway: session.gateway, attempt, epoch }, emptyResult())
  assert.equal((await waiting)?.state, 'Succeeded', 'a reader looks for itself every second')
})

test('who asks again about a task that ended elsewhere, and of which no wake came, need not wait again', async () => {
  const silent: Bus = {
    publish: () => {},
    subscribe: async () => ({ async [Symbol.asyncDispose]() {} }),
    async [Symbol.asyncDispose]() {},
  }
  await using world = await taskWorld({ bus: silent })
  const id = await world.create()
  await world.store.tasks.cancel({ account: ACCOUNT, id, by: rootOf(ACCOUNT) }, undefined)
  const wait = { waitMs: 20_000, signal: noWait.signal }
  assert.equal((await world.tasks.read(ACCOUNT, id, wait))?.state, 'Cancelled')
  const again = performance.now()
  assert.equal((await world.tasks.read(ACCOUNT, id, wait))?.state, 'Cancelled')
  assert.ok(performance.now() - again < 900, 'a reader that waits looks once a second')
})

for (const store of ['a store that works in order', 'a store whose commits overtake each other'] as const) {
  test(`row 22: a queue for one database server never waits for the re-scan, with ${store}`, async () => {
    // No re-scan: its clock stands still.
    await using world = await taskWorld({
      clock: manualClock(),
      ...(store === 'a store whose commits overtake each other' && { wrap: withLateFinishes }),
    })
    const count = 60
    await Promise.all(Array.from({ length: count }, () => world.create()))
    const session = await world.connect({ total: 16, perEndpoint: 3 })
    let ended = 0
    await eventually('all have run', async () => {
      for (const { attempt, epoch } of session.runs.slice(ended)) {
        ended++
        // Some at once, some while the next claim is on its way.
        const end = () =>
          world.dispatcher.events.finished(session, { gateway: session.gateway, attempt, epoch }, emptyResult())
        if (ended % 3 === 0) end()
        else setTimeout(end, ended % 7)
      }
      return session.acknowledged.length === count
    })
  })
}

/** As PostgreSQL's: an outcome is committed after claims that came later. */
const withLateFinishes = (store: Store): Store => ({
  ...store,
  tasks: {
    ...store.tasks,
    inOrder: false,
    async finish(claim, result) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return store.tasks.finish(claim, result)
    },
  },
  [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
})

test('row 23: a gateway that lost its attempt gets a new one at once, three in all', async () => {
  await using world = await taskWorld()
  const id = await world.create()
  let session = await world.connect()
  for (const number of [1, 2, 3]) {
    await eventually('it runs', () => session.runs.length === 1)
    assert.equal(first(session).number, number)
    world.dispatcher.events.lost(session)
    session = await world.connect()
  }
  await eventually('it ends', () => world.dispatcher.running === 0)
  const task = await world.tasks.read(ACCOUNT, id, { waitMs: 5_000, signal: noWait.signal })
  assert.equal(task?.state, 'Failed')
  assert.equal(task.failure?.code, 'BackupGateway.Offline')
  assert.equal(session.runs.length, 0)
})

test('row 23: what the gateway still holds is not run again and uses its credit', async () => {
  await using world = await taskWorld()
  await world.create('a')
  const before = await world.connect({ total: 1 })
  await eventually('it runs', () => before.runs.length === 1)
  const { attempt, epoch } = first(before)
  const after = await world.connect({ total: 1, holding: [attempt] })
  await world.create('b')
  await world.reaper.tick()
  assert.equal(after.runs.length, 0, 'the one place is taken')
  // The outcome of the older session comes over the newer one.
  world.dispatcher.events.finished(after, { gateway: after.gateway, attempt, epoch }, emptyResult())
  await eventually('the other runs', () => after.runs.length === 1)
  assert.deepEqual(after.acknowledged, [`${attempt} finished`])
})

test('row 23: an outcome that comes while the server still asks what is held frees its place', async () => {
  await using world = await taskWorld()
  await world.create('a')
  const before = await world.connect({ total: 1 })
  await eventually('it runs', () => before.runs.length === 1)
  const { attempt, epoch } = first(before)
  const after = await world.connect({ total: 1, holding: [attempt] })
  world.dispatcher.events.finished(after, { gateway: after.gateway, attempt, epoch }, emptyResult())
  await world.create('b')
  await eventually('the other runs', () => after.runs.length === 1)
})

test('row 25: an outcome that cannot be stored is not acknowledged, and the gateway is asked to come back with it', async () => {
  await using world = await taskWorld({
    wrap: (store) => ({
      ...store,
      tasks: { ...store.tasks, finish: () => Promise.reject(new Error('disk full')) },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }),
  })
  await world.create()
  const session = await world.connect()
  await eventually('it runs', () => session.runs.length === 1)
  const { attempt, epoch } = first(session)
  world.dispatcher.events.finished(session, { gateway: session.gateway, attempt, epoch }, emptyResult())
  await eventually('it is asked to come back', () => session.overloads === 1)
  assert.deepEqual(session.acknowledged, [])
})

test('row 23: what may have been claimed for nobody is claimed anew: the gateway is asked to come back', async () => {
  let calls = 0
  await using world = await taskWorld({
    wrap: (store) => ({
      ...store,
      tasks: {
        ...store.tasks,
        async claim(session, credit) {
          const claims = await store.tasks.claim(session, credit)
          // The answer to the commit is lost.
          if (claims.length > 0 && ++calls === 1) throw new PosternError('ServiceUnavailable', { inDoubt: true })
          return claims
        },
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }),
  })
  const lost = await world.connect()
  const id = await world.create()
  await eventually('it is asked to come back', () => lost.overloads > 0)
  assert.deepEqual(lost.runs, [])
  world.dispatcher.events.lost(lost)
  const session = await world.connect()
  await eventually('it runs', () => session.runs.length === 1)
  assert.deepEqual([first(session).task, first(session).number], [id, 2])
})

test('row 24: that an attempt was accepted is stored when the store is there again', async () => {
  let tries = 0
  await using world = await taskWorld({
    wrap: (store) => ({
      ...store,
      tasks: {
        ...store.tasks,
        accepted: (claim) =>
          ++tries < 3 ? Promise.reject(new PosternError('ServiceUnavailable')) : store.tasks.accepted(claim),
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }),
  })
  const id = await world.create()
  const session = await world.connect()
  await eventually('it runs', () => session.runs.length === 1)
  const { attempt, epoch } = first(session)
  world.dispatcher.events.accepted(session, { gateway: session.gateway, attempt, epoch })
  await eventually('it is running', async () => (await world.tasks.read(ACCOUNT, id, noWait))?.state === 'Running')
  assert.deepEqual([tries, session.overloads, session.cancelled], [3, 0, []])
})

test('an attempt that ends at once is stored once; one that takes longer is stored as accepted first', async () => {
  let accepts = 0
  await using world = await taskWorld({
    wrap: (store) => ({
      ...store,
      tasks: {
        ...store.tasks,
        accepted: (claim) => {
          accepts++
          return store.tasks.accepted(claim)
        },
      },
    }),
  })
  const session = await world.connect()
  const [quick, slow] = [await world.create('a'), await world.create('b')]
  await eventually('both run', () => session.runs.length === 2)
  const claims = session.runs.map(({ attempt, epoch }) => ({ gateway: session.gateway, attempt, epoch }))
  const [ofQuick, ofSlow] = claims
  assert.ok(ofQuick !== undefined && ofSlow !== undefined)
  world.dispatcher.events.accepted(session, ofSlow)
  world.dispatcher.events.accepted(session, ofQuick)
  world.dispatcher.events.finished(session, ofQuick, emptyResult())
  const ended = await world.tasks.read(ACCOUNT, quick, { waitMs: 5_000, signal: noWait.signal })
  assert.equal(ended?.acceptedAt, ended?.endedAt)
  assert.ok(ended?.acceptedAt !== undefined)
  await eventually('the slow one runs', async () => {
    return (await world.tasks.read(ACCOUNT, slow, noWait))?.state === 'Running'
  })
  assert.equal(accepts, 1)
})

test('row 26: a cancel is final at once, wakes readers, and the gateway is told', async () => {
  await using world = await taskWorld()
  const id = await world.create()
  const session = await world.connect()
  await eventually('it runs', () => session.runs.length === 1)
  const { attempt, epoch } = first(session)
  const waiting = world.tasks.read(ACCOUNT, id, { waitMs: 20_000, signal: noWait.signal })
  assert.equal((await world.tasks.cancel({ account: ACCOUNT, id, by: rootOf(ACCOUNT) }, undefined))?.state, 'Cancelled')
  assert.equal((await waiting)?.state, 'Cancelled')
  await eventually('the gateway is told', () => session.cancelled.length === 1)
  // The outcome that comes all the same is late.
  world.dispatcher.events.finished(session, { gateway: session.gateway, attempt, epoch }, emptyResult())
  await eventually('it is acknowledged', () => session.acknowledged.length === 1)
  assert.deepEqual(session.acknowledged, [`${attempt} late`])
  assert.equal((await world.tasks.read(ACCOUNT, id, noWait))?.state, 'Cancelled')
})

test('that a session has ended is stored however long the store was away', async () => {
  const clock = manualClock()
  const end = { tries: 0, isAway: true }
  await using world = await taskWorld({
    clock,
    wrap: (store) => ({
      ...store,
      fleet: {
        ...store.fleet,
        async close(session) {
          end.tries++
          if (end.isAway) throw new PosternError('ServiceUnavailable')
          await store.fleet.close(session)
        },
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }),
  })
  const connected = async () => (await world.store.fleet.gateway(ACCOUNT, world.gateway))?.connected
  const triedAgain = async (tries: number) => {
    await eventually('it is tried again', () => {
      clock.advance(1_000)
      return end.tries > tries
    })
  }
  world.dispatcher.events.lost(await world.connect())
  const began = clock.now()
  while (clock.now() - began < 120_000) await triedAgain(end.tries)
  assert.equal(await connected(), true)
  end.isAway = false
  await triedAgain(end.tries)
  await eventually('it is stored', async () => (await connected()) === false)
})
