import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newAttemptId } from '../../src/model/ids.ts'
import { cancelIn, attemptsOf, listing, type OpenStore, storeWorld } from './store-world.ts'

export function adoptSuite(open: OpenStore): void {
  test('row 23: what a gateway holds runs on, what it lost may be claimed again', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    for (let i = 0; i < 3; i++) await world.create(gateway)
    const claims = await world.claim(await world.session(gateway))
    const [kept, lost, cancelled] = claims
    assert.ok(kept !== undefined && lost !== undefined && cancelled !== undefined)
    await cancelIn(world, gateway, cancelled.task)

    const session = await world.session(gateway)
    const stranger = newAttemptId()
    const adopted = await world.store.tasks.adopt(session, [kept.attempt, cancelled.attempt, stranger])
    assert.deepEqual(adopted.current, [kept.attempt])
    assert.deepEqual(new Set(adopted.superseded), new Set([cancelled.attempt, stranger]))
    assert.deepEqual(adopted.ended, [])

    const again = await world.claimOne(session)
    assert.equal(again.task, lost.task)
    assert.equal(again.number, 2)
    assert.notEqual(again.attempt, lost.attempt)
    const finish = await world.store.tasks.finish({ ...kept, gateway: gateway.id }, listing(gateway))
    assert.equal(finish.kind, 'finished', 'by the epoch of the claim, over a newer session')
  })

  test('row 23: what was claimed in this session is not lost because `ready` crossed it', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await world.create(gateway)
    const session = await world.session(gateway)
    const claim = await world.claimOne(session)
    await world.store.tasks.adopt(session, [])
    assert.deepEqual(await world.claim(session), [])
    assert.equal(await world.store.tasks.accepted(claim), true)
  })

  test('row 28: an older session adopts nothing', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await world.create(gateway)
    const first = await world.session(gateway)
    const claim = await world.claimOne(first)
    const second = await world.session(gateway)
    assert.deepEqual(await world.store.tasks.adopt(first, [claim.attempt]), { current: [], superseded: [], ended: [] })
    const third = await world.session(gateway)
    assert.deepEqual(await world.store.tasks.adopt(second, []), { current: [], superseded: [], ended: [] })
    assert.deepEqual((await world.store.tasks.adopt(third, [claim.attempt])).current, [claim.attempt])
  })

  test('row 22: attempts of another gateway are superseded for this one, and run on', async () => {
    await using world = await storeWorld(open)
    const [gateway, thief] = [await world.gateway(), await world.gateway()]
    await world.create(gateway)
    const claim = await world.claimOne(await world.session(gateway))
    const adopted = await world.store.tasks.adopt(await world.session(thief), [claim.attempt])
    assert.deepEqual(adopted, { current: [], superseded: [claim.attempt], ended: [] })
    assert.equal((await world.store.tasks.finish(claim, listing(gateway))).kind, 'finished')
  })

  test('row 23: a gateway that loses a task three times fails it, and says so', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    for (const number of [1, 2, 3]) {
      const session = await world.session(gateway)
      assert.deepEqual((await world.store.tasks.adopt(session, [])).ended, [])
      assert.equal((await world.claimOne(session)).number, number)
    }
    const session = await world.session(gateway)
    const { ended } = await world.store.tasks.adopt(session, [])
    assert.deepEqual(
      ended.map((task) => [task.id, task.state, task.failure?.code]),
      [[id, 'Failed', 'BackupGateway.Offline']],
    )
    assert.match(ended[0]?.failure?.message ?? '', /lost the task 3 times/)
    assert.deepEqual(await world.claim(session), [])
    assert.deepEqual((await world.store.tasks.get(gateway.account, id))?.attempts, 3)
  })

  test('row 24: an adopted claim outlives the grace of its lost session', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await world.create(gateway)
    const first = await world.session(gateway)
    const claims = await world.claim(first)
    await world.store.fleet.close(first)
    const second = await world.session(gateway)
    await world.store.tasks.adopt(second, attemptsOf(claims))
    world.clock.advance(30_000)
    assert.deepEqual(await world.store.tasks.expire(world.clock.now()), [])
    assert.deepEqual(await world.claim(second), [])
  })

  test('row 23: an attempt whose claim ran out is taken back while nobody claimed the task since', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const first = await world.session(gateway)
    const claim = await world.claimOne(first)
    await world.store.fleet.close(first)
    world.clock.advance(16_000)
    await world.store.tasks.expire(world.clock.now())
    assert.deepEqual(await world.store.tasks.waiting(), [gateway.id])

    const second = await world.session(gateway)
    assert.deepEqual((await world.store.tasks.adopt(second, [claim.attempt])).current, [claim.attempt])
    assert.deepEqual(await world.claim(second), [])
    assert.equal(await world.store.tasks.accepted(claim), true)
    assert.equal((await world.store.tasks.get(gateway.account, id))?.attempts, 1)
  })

  test('the last known step is that of the current attempt', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const { tasks } = world.store
    const old = await world.claimOne(await world.session(gateway))
    await tasks.steps([
      { attempt: old.attempt, step: 'connect' },
      { attempt: newAttemptId(), step: 'tls' },
    ])
    assert.equal((await tasks.get(gateway.account, id))?.step, 'connect')
    const session = await world.session(gateway)
    await tasks.adopt(session, [])
    const young = await world.claimOne(session)
    assert.equal((await tasks.get(gateway.account, id))?.step, undefined)
    await tasks.steps([
      { attempt: young.attempt, step: 'login' },
      { attempt: old.attempt, step: 'list' },
    ])
    assert.equal((await tasks.get(gateway.account, id))?.step, 'login')
    await tasks.finish(young, listing(gateway))
    await tasks.steps([{ attempt: young.attempt, step: 'list' }])
    assert.equal((await tasks.get(gateway.account, id))?.step, 'login')
  })
}
