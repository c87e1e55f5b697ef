import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootOf, toAccountId } from '../../src/model/ids.ts'
import { failure, listing, newTask, nonce, type OpenStore, storeWorld, token, type World } from './store-world.ts'

const expire = (world: World) => world.store.tasks.expire(world.clock.now())

export function deadlineSuite(open: OpenStore): void {
  test('row 24: undelivered to a gateway that was never seen: Offline, never', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway, { deliveryMs: 2_000 })
    world.clock.advance(1_999)
    assert.deepEqual(await expire(world), [])
    world.clock.advance(1)
    const [task, ...more] = await expire(world)
    assert.equal(more.length, 0)
    assert.equal(task?.id, id)
    assert.equal(task?.state, 'Failed')
    assert.equal(task?.endedAt, world.clock.now())
    assert.equal(task?.failure?.code, 'BackupGateway.Offline')
    assert.match(task?.failure?.message ?? '', /never/)
    assert.deepEqual(await expire(world), [], 'a task ends once')
    assert.deepEqual(await world.store.tasks.waiting(), [])
  })

  test('row 24: undelivered to a gateway that went away: Offline, and when it was last seen', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    world.clock.advance(5_000)
    const seen = world.clock.now()
    await world.store.fleet.heartbeats([{ gateway: gateway.id, at: seen }])
    await world.store.fleet.close(session)
    await world.create(gateway, { deliveryMs: 1_000 })
    world.clock.advance(1_000)
    const [task] = await expire(world)
    assert.equal(task?.failure?.code, 'BackupGateway.Offline')
    assert.ok(task?.failure?.message.includes(new Date(seen).toISOString()))
  })

  test('row 24: a connected gateway without a free place: Busy; one that took the task and kept silent: Offline', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    const taken = await world.create(gateway, { deliveryMs: 1_000 })
    const waiting = await world.create(gateway, { deliveryMs: 1_000 })
    assert.equal((await world.claim(session, { total: 1, perEndpoint: 1 }))[0]?.task, taken)
    world.clock.advance(1_000)
    const codes = new Map((await expire(world)).map((task) => [task.id, task.failure?.code]))
    assert.deepEqual(
      codes,
      new Map([
        [taken, 'BackupGateway.Offline'],
        [waiting, 'BackupGateway.Busy'],
      ]),
    )
  })

  test('row 24: the execution deadline counts from the first accepted, for the task, and names the step', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway, { deliveryMs: 5_000, executionMs: 20_000 })
    const first = await world.claimOne(await world.session(gateway))
    world.clock.advance(4_000)
    const start = world.clock.now()
    assert.equal(await world.store.tasks.accepted(first), true)
    world.clock.advance(12_000)
    const session = await world.session(gateway)
    await world.store.tasks.adopt(session, [])
    const second = await world.claimOne(session)
    assert.equal(second.executionMs, 8_000, 'what is left for the task')
    assert.deepEqual([first.acceptWithinMs, second.acceptWithinMs], [5_000, undefined])
    assert.equal(await world.store.tasks.accepted(second), true)
    await world.store.tasks.steps([{ attempt: second.attempt, step: 'login' }])
    const running = await world.store.tasks.get(gateway.account, id)
    assert.equal(running?.state, 'Running')
    assert.equal(running?.acceptedAt, start)
    assert.equal(running?.executionDeadline, start + 20_000)

    world.clock.advance(7_999)
    assert.deepEqual(await expire(world), [])
    world.clock.advance(1)
    const [task] = await expire(world)
    assert.equal(task?.state, 'TimedOut')
    assert.equal(task?.failure?.code, 'Task.ExecutionTimedOut')
    assert.match(task?.failure?.message ?? '', /login/)
    assert.deepEqual(await world.store.tasks.finish(second, listing(gateway)), { kind: 'late' })
  })

  test('row 24: a claim ends 15 s after its session was lost; a result that comes late is believed until the next claim', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const [one, two] = [await world.create(gateway), await world.create(gateway)]
    const session = await world.session(gateway)
    const claims = (await world.claim(session)).map((claim) => ({ ...claim, gateway: gateway.id }))
    for (const claim of claims) await world.store.tasks.accepted(claim)
    await world.store.fleet.close(session)
    world.clock.advance(14_999)
    await expire(world)
    assert.deepEqual(await world.store.tasks.waiting(), [])
    world.clock.advance(1)
    assert.deepEqual(await expire(world), [])
    assert.deepEqual(await world.store.tasks.waiting(), [gateway.id])

    const [first, second] = claims
    assert.ok(first !== undefined && second !== undefined)
    const back = await world.session(gateway)
    assert.equal((await world.store.tasks.finish(first, listing(gateway))).kind, 'finished')
    const claimed = await world.claimOne(back)
    assert.equal(claimed.task, two)
    assert.deepEqual(await world.store.tasks.finish(second, failure(gateway)), { kind: 'late' })
    assert.equal((await world.store.tasks.get(gateway.account, one))?.state, 'Succeeded')
    assert.equal((await world.store.tasks.get(gateway.account, two))?.state, 'Running')
  })

  test('row 28: the end of an older session takes nothing from the newer one', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await world.create(gateway)
    const old = await world.session(gateway)
    const young = await world.session(gateway)
    await world.claimOne(young)
    await world.store.fleet.close(old)
    assert.equal((await world.store.fleet.gateway(gateway.account, gateway.id))?.connected, true)
    world.clock.advance(20_000)
    await expire(world)
    assert.deepEqual(await world.store.tasks.waiting(), [])
  })

  test('row 23: a claim that runs out a third time fails the task', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await world.create(gateway, { deliveryMs: 600_000 })
    for (let number = 1; number <= 3; number++) {
      const session = await world.session(gateway)
      await world.claimOne(session)
      await world.store.fleet.close(session)
      world.clock.advance(15_000)
      const ended = await expire(world)
      assert.deepEqual(
        ended.map((task) => task.failure?.code),
        number === 3 ? ['BackupGateway.Offline'] : [],
      )
    }
  })

  test('row 27: after a restart every running deadline has at least 30 s', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    const running = await world.create(gateway, { executionMs: 10_000 })
    const claim = await world.claimOne(session)
    await world.store.tasks.accepted(claim)
    const queued = await world.create(gateway, { deliveryMs: 10_000 })
    const patient = await world.create(gateway, { deliveryMs: 3_600_000 })
    const far = (await world.store.tasks.get(gateway.account, patient))?.deliveryDeadline
    world.clock.advance(3_000_000)
    await world.reopen()
    const restarted = world.clock.now()
    assert.deepEqual(await expire(world), [], 'nothing ends because the server was away')
    assert.equal((await world.store.fleet.gateway(gateway.account, gateway.id))?.connected, false)
    assert.equal((await world.store.tasks.get(gateway.account, running))?.executionDeadline, restarted + 30_000)
    assert.equal((await world.store.tasks.get(gateway.account, queued))?.deliveryDeadline, restarted + 30_000)
    assert.equal((await world.store.tasks.get(gateway.account, patient))?.deliveryDeadline, far)
    world.clock.advance(29_999)
    assert.deepEqual(await expire(world), [])
    assert.equal((await world.store.tasks.finish(claim, listing(gateway))).kind, 'finished')
    world.clock.advance(1)
    assert.deepEqual(
      (await expire(world)).map(({ id }) => id),
      [queued],
    )
  })

  test('row 27: where the clock was set back between two starts, nothing outlives its deadlines by that', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const { tasks, fleet } = world.store
    const session = await world.session(gateway)
    const running = await world.create(gateway, { executionMs: 40_000 })
    await tasks.accepted(await world.claimOne(session))
    const queued = await world.create(gateway, { deliveryMs: 50_000 })
    await fleet.heartbeats([{ gateway: gateway.id, at: world.clock.now() }])
    // Ahead first: the grace of that start is not what they were to wait.
    world.clock.advance(86_400_000)
    await world.reopen()
    world.clock.advance(-90_000_000)
    await world.reopen()
    const restarted = world.clock.now()
    const { store } = world
    assert.equal((await store.tasks.get(gateway.account, running))?.executionDeadline, restarted + 40_000)
    assert.equal((await store.tasks.get(gateway.account, queued))?.deliveryDeadline, restarted + 50_000)
    assert.equal((await store.fleet.gateway(gateway.account, gateway.id))?.lastSeenAt, restarted)
    world.clock.advance(50_000)
    assert.deepEqual(new Set((await expire(world)).map(({ id }) => id)), new Set([running, queued]))
  })

  test('row 27: a conflict does not last longer because the clock was set back', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const opening = (instance: string) =>
      world.store.fleet.open({
        gateway: gateway.id,
        instance,
        key: gateway.key,
        hostname: 'h',
        address: 'a',
        version: 'v',
      })
    const kinds: string[] = []
    for (const instance of ['one', 'two', 'one', 'two']) kinds.push((await opening(instance)).kind)
    assert.equal(kinds.at(-1), 'conflict')
    world.clock.advance(-3_600_000)
    await world.reopen()
    assert.equal((await opening('one')).kind, 'conflict')
    world.clock.advance(60_000)
    assert.equal((await opening('one')).kind, 'open')
  })

  test('row 27: a claim that was open at a crash runs 30 s, then the task may be claimed again', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await world.create(gateway, { deliveryMs: 600_000 })
    await world.claimOne(await world.session(gateway))
    await world.reopen()
    world.clock.advance(29_999)
    await expire(world)
    assert.deepEqual(await world.store.tasks.waiting(), [])
    world.clock.advance(1)
    await expire(world)
    assert.deepEqual(await world.store.tasks.waiting(), [gateway.id])
  })

  test('at most a thousand tasks end in one call, and the rest in the next', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await Promise.all(Array.from({ length: 1_100 }, () => world.create(gateway, { deliveryMs: 1_000 })))
    world.clock.advance(1_000)
    assert.equal((await expire(world)).length, 1_000)
    assert.equal((await expire(world)).length, 100)
    assert.equal((await expire(world)).length, 0)
  })

  test('row 21: a purge removes what its time is over for, in steps, and nothing that still runs', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    const { tasks, access, fleet } = world.store
    const ended = []
    for (let i = 0; i < 5; i++) {
      const created = await tasks.create(
        newTask(gateway, { token: token(`t${i}`, world.clock) }),
        nonce(`n${i}`, world.clock),
      )
      assert.equal(created.kind, 'new')
      ended.push(created.task)
      await tasks.finish(await world.claimOne(session), listing(gateway))
    }
    const expiresAt = world.clock.now() + 1_000
    const account = toAccountId(gateway.account)
    await fleet.createEnrollment(
      { account, tokenHash: 'ab'.repeat(32), region: 'here', expiresAt, createdBy: rootOf(account) },
      undefined,
    )
    world.clock.advance(100)
    const running = await world.create(gateway, { deliveryMs: 10 * 86_400_000 })
    const purge = (limit: number) => world.store.purge(world.clock.now(), { taskMs: 7 * 86_400_000 }, limit)
    assert.equal(await purge(100), 0)

    world.clock.advance(86_400_000)
    // Two tokens and two nonces a step, and an enrolment of each: the one of the gateway and the one nobody used.
    assert.deepEqual([await purge(2), await purge(2), await purge(2), await purge(2)], [6, 4, 2, 0])
    assert.equal(await access.burnt(nonce('n0', world.clock).key, 'n0'), false)
    const unused = { tokenHash: 'ab'.repeat(32), publicKey: gateway.publicKey, hostname: 'x', version: '1' }
    assert.deepEqual(await fleet.enroll(unused), { kind: 'unknown' })
    assert.ok((await tasks.get(gateway.account, ended[0] ?? running)) !== undefined, 'kept for its seven days')

    world.clock.advance(6 * 86_400_000)
    // Some stores remove row by row, others hide tasks at once and drop their tables later.
    for (let left = await purge(3); left > 0; left = await purge(3)) assert.ok(left <= 3)
    for (const id of ended) {
      assert.equal(await tasks.get(gateway.account, id), undefined)
      assert.equal(await tasks.parts(gateway.account, id), undefined)
    }
    assert.deepEqual(await tasks.unverified(10), [])
    assert.equal((await tasks.get(gateway.account, running))?.state, 'Queued')
  })
}
