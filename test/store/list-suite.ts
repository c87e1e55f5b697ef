import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { rootOf, type TaskId, toTaskId } from '../../src/model/ids.ts'
import type { TaskFilter, TaskPosition } from '../../src/store/task-store.ts'
import {
  ACCOUNT,
  cancelIn,
  failure,
  listing,
  newTask,
  nonce,
  type OpenStore,
  OTHER_ACCOUNT,
  storeWorld,
  type TestGateway,
  type World,
} from './store-world.ts'

async function listed(world: World, filter: TaskFilter, limit = 3): Promise<readonly TaskId[]> {
  const found: TaskId[] = []
  let after: TaskPosition | undefined
  for (let page = 0; page < 200; page++) {
    const { tasks, next } = await world.store.tasks.list(ACCOUNT, filter, { limit, ...(after && { after }) })
    assert.ok(tasks.length <= limit)
    found.push(...tasks.map(({ id }) => id))
    if (next === undefined) return found
    after = next
  }
  throw new Error('the list does not end')
}

const details = async (world: World, gateway: TestGateway, id: TaskId) => {
  const found = await world.store.tasks.details(gateway.account, id)
  assert.ok(found)
  return found
}

/** What people look at afterwards: lists of tasks and all about one. */
export function listSuite(open: OpenStore): void {
  test('the tasks that ended in a range of time, by state, code and time, of one account only', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const foreign = await world.gateway(OTHER_ACCOUNT)
    const session = await world.session(gateway)
    const { tasks } = world.store
    const began = world.clock.now()
    for (const [ms, result] of [
      [1_234, listing(gateway)],
      [1_239, listing(gateway)],
      [7, failure(gateway)],
      [12_345, failure(gateway, 'Database.Timeout')],
    ] as const) {
      await world.create(gateway)
      const claim = await world.claimOne(session)
      world.clock.advance(ms)
      await tasks.finish(claim, result)
    }
    await cancelIn(world, foreign, await world.create(foreign))
    await cancelIn(world, gateway, await world.create(gateway))
    const count = async (from: number, to: number) => {
      const all: string[] = []
      for (let at = from; at < to; ) {
        const { until, counts } = await tasks.endings(ACCOUNT, { from: at, to })
        assert.ok(until > at)
        all.push(...counts.map(({ state, code = '', ms, count: times }) => `${times} ${state} ${code} ${ms}`))
        at = until
      }
      return all.toSorted()
    }
    const end = world.clock.now()
    const two = ['1 Failed Database.AuthenticationFailed 7', '2 Succeeded  1230']
    const cancelled = (await count(end, end + 1)).filter((each) => each.includes('Cancelled'))
    assert.match(cancelled.join(), /^1 Cancelled \S+ 0$/)
    assert.deepEqual(await count(began, end), two)
    assert.deepEqual(await count(began, end + 1), [...two, '1 Failed Database.Timeout 12300', ...cancelled].toSorted())
    assert.deepEqual(await count(end + 1, end + 60_000), [])
  })

  test('what waits for gateways and what they were given, counted up to a bound, of one account only', async () => {
    await using world = await storeWorld(open)
    const [busy, idle] = [await world.gateway(), await world.gateway()]
    const foreign = await world.gateway(OTHER_ACCOUNT)
    for (let i = 0; i < 5; i++) await world.create(busy)
    await world.create(foreign)
    await world.claim(await world.session(busy), { total: 2, perEndpoint: 2 })
    const { tasks } = world.store
    const none = { queued: 0, running: 0 }
    const loads = await tasks.loads([busy.id, idle.id, foreign.id], 100)
    assert.deepEqual([loads.get(busy.id), loads.get(idle.id)], [{ queued: 3, running: 2 }, none])
    assert.deepEqual(loads.get(foreign.id), { queued: 1, running: 0 })
    assert.deepEqual((await tasks.loads([busy.id], 1)).get(busy.id), { queued: 1, running: 1 })
    assert.deepEqual(await tasks.loads([], 100), new Map())
    assert.deepEqual(await tasks.openOf(ACCOUNT, 100), { queued: 3, running: 2 })
    assert.deepEqual(await tasks.openOf(ACCOUNT, 2), { queued: 2, running: 2 })
  })

  test('tasks are listed newest first, page by page, each filter alone and with others, of one account only', async () => {
    await using world = await storeWorld(open)
    const gateways = [await world.gateway(), await world.gateway()]
    const foreign = await world.gateway(OTHER_ACCOUNT)
    const began = world.clock.now()
    const made: { id: TaskId; gateway: TestGateway; engine: 'MySQL' | 'Redis'; at: number; cancelled: boolean }[] = []
    for (let i = 0; i < 24; i++) {
      const gateway = gateways[i % 2]
      assert.ok(gateway)
      const engine = i % 3 === 0 ? 'Redis' : 'MySQL'
      const id = await world.create(gateway, { engine })
      const cancelled = i % 4 === 0
      if (cancelled) await cancelIn(world, gateway, id)
      await world.create(foreign)
      made.push({ id, gateway, engine, at: world.clock.now(), cancelled })
      // Several at the same instant.
      if (i % 5 === 0) world.clock.advance(10)
    }
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          gateway: fc.option(fc.constantFrom(...gateways), { nil: undefined }),
          cancelled: fc.option(fc.boolean(), { nil: undefined }),
          engine: fc.option(fc.constantFrom('MySQL' as const, 'Redis' as const), { nil: undefined }),
          from: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
          before: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
          limit: fc.integer({ min: 1, max: 30 }),
        }),
        async ({ gateway, cancelled, engine, from, before, limit }) => {
          const wanted = made
            .filter(
              (each) =>
                (gateway ?? each.gateway) === each.gateway &&
                (cancelled ?? each.cancelled) === each.cancelled &&
                (engine ?? each.engine) === each.engine &&
                (from === undefined || each.at >= began + from) &&
                (before === undefined || each.at < began + before),
            )
            .map(({ id }) => id)
            .toReversed()
          const filter: TaskFilter = {
            ...(gateway && { gateway: gateway.id }),
            ...(cancelled !== undefined && { states: cancelled ? ['Cancelled'] : ['Queued', 'Running'] }),
            ...(engine && { engine }),
            ...(from !== undefined && { createdFrom: began + from }),
            ...(before !== undefined && { createdBefore: began + before }),
          }
          assert.deepEqual(await listed(world, filter, limit), wanted)
        },
      ),
      { numRuns: 60 },
    )
    assert.deepEqual(await listed(world, { gateway: foreign.id }), [])
  })

  test('what is created while somebody turns the pages is on none of them, and nothing is there twice', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const ids = [await world.create(gateway), await world.create(gateway), await world.create(gateway)]
    const first = await world.store.tasks.list(ACCOUNT, {}, { limit: 2 })
    await world.create(gateway)
    world.clock.advance(5)
    await world.create(gateway)
    const second = await world.store.tasks.list(ACCOUNT, {}, { limit: 2, ...(first.next && { after: first.next }) })
    assert.equal(second.next, undefined)
    assert.deepEqual(
      [...first.tasks, ...second.tasks].map(({ id }) => id),
      ids.toReversed(),
    )
  })

  test('all about a task: its attempts with how each ended, its outcome, and the check of its signature', async () => {
    await using world = await storeWorld(open)
    const { tasks } = world.store
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const began = world.clock.now()
    assert.deepEqual((await details(world, gateway, id)).attempts, [])

    const first = await world.claimOne(await world.session(gateway))
    await tasks.accepted(first)
    const [running] = (await details(world, gateway, id)).attempts
    assert.deepEqual(running, { number: 1, epoch: first.epoch, startedAt: began })

    world.clock.advance(1_000)
    const session = await world.session(gateway)
    await tasks.adopt(session, [])
    assert.deepEqual((await details(world, gateway, id)).attempts[0]?.end, 'lapsed')
    world.clock.advance(1_000)
    const second = await world.claimOne(session)
    await tasks.finish(first, listing(gateway, ['old']))
    world.clock.advance(1_000)
    const result = listing(gateway)
    await tasks.finish(second, result)

    const unchecked = await details(world, gateway, id)
    assert.deepEqual(unchecked.attempts, [
      {
        number: 1,
        epoch: first.epoch,
        startedAt: began,
        end: 'superseded',
        endedAt: began + 2_000,
        late: { at: began + 2_000, count: 1, bytes: 15 },
      },
      { number: 2, epoch: second.epoch, startedAt: began + 2_000, end: 'finished', endedAt: began + 3_000 },
    ])
    assert.deepEqual(unchecked.outcome, result.outcome)
    assert.equal(unchecked.signature, 'unchecked')
    await tasks.verified([{ attempt: second.attempt, ok: true }])
    assert.equal((await details(world, gateway, id)).signature, 'valid')

    const refused = await world.create(gateway)
    const third = await world.claimOne(session)
    await tasks.finish(third, failure(gateway))
    await tasks.verified([{ attempt: third.attempt, ok: false }])
    const failed = await details(world, gateway, refused)
    assert.deepEqual([failed.signature, failed.outcome?.kind], ['invalid', 'failure'])

    const stopped = await world.create(gateway)
    await world.claimOne(session)
    await cancelIn(world, gateway, stopped)
    const cancelled = await details(world, gateway, stopped)
    assert.deepEqual([cancelled.attempts[0]?.end, cancelled.signature], ['stopped', undefined])
    assert.equal(cancelled.attempts[0]?.endedAt, cancelled.task.endedAt)

    assert.equal(await tasks.details(OTHER_ACCOUNT, id), undefined)
    const unknown = toTaskId(100_000_000_000_000)
    assert.ok(unknown)
    assert.equal(await tasks.details(gateway.account, unknown), undefined)
  })

  test('row 7: a cancel burns its nonce in the same commit, and not where it is refused', async () => {
    await using world = await storeWorld(open)
    const { tasks, access } = world.store
    const gateway = await world.gateway()
    const by = rootOf(ACCOUNT)
    const id = await world.create(gateway)
    const burn = nonce('n', world.clock)
    assert.deepEqual(await tasks.cancel({ account: OTHER_ACCOUNT, id, by }, burn), { kind: 'no task' })
    assert.equal(await access.burnt(burn.key, burn.value), false)
    assert.equal((await tasks.cancel({ account: ACCOUNT, id, by }, burn)).kind, 'cancelled')
    assert.equal(await access.burnt(burn.key, burn.value), true)
    await world.reopen()
    const again = await world.store.tasks.create(newTask(gateway), undefined)
    assert.equal(again.kind, 'new')
    const replay = await world.store.tasks.cancel({ account: ACCOUNT, id: again.task, by }, burn)
    assert.deepEqual(replay, { kind: 'nonce used' })
    assert.equal((await world.store.tasks.get(ACCOUNT, again.task))?.state, 'Queued')
  })
}
