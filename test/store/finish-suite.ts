import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newAttemptId, rootOf, toEpoch } from '../../src/model/ids.ts'
import { cancelIn, failure, listing, listingOf, type OpenStore, OTHER_ACCOUNT, storeWorld } from './store-world.ts'

export function finishSuite(open: OpenStore): void {
  test('row 12: a listing ends its task with what was found, also after the store was opened again', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const claim = await world.claimOne(await world.session(gateway))
    assert.equal(await world.store.tasks.accepted(claim), true)
    world.clock.advance(10)
    const result = listing(gateway, ['crm_中文', 'we`ird"name', '', 'z'])
    const finish = await world.store.tasks.finish(claim, result)
    assert.equal(finish.kind, 'finished')
    assert.equal(finish.task.state, 'Succeeded')
    await world.reopen()
    const task = await world.store.tasks.get(gateway.account, id)
    assert.deepEqual(task, finish.task)
    assert.deepEqual(task?.listing, result.outcome)
    assert.equal(task?.endedAt, world.clock.now())
    assert.equal(task?.failure, undefined)
    assert.deepEqual(
      (await world.store.tasks.parts(gateway.account, id))?.map((part) => [...part]),
      result.parts.map((part) => [...part]),
    )
  })

  test('a large result comes back whole, whatever buffer its parts lie in', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const claim = await world.claimOne(await world.session(gateway))
    const whole = Buffer.alloc(8 * 1024 * 1024, 'abcdefg')
    const parts = Array.from({ length: 32 }, (_, i) => whole.subarray(i * 262_144, (i + 1) * 262_144))
    assert.equal((await world.store.tasks.finish(claim, listingOf(gateway, parts))).kind, 'finished')
    const read = await world.store.tasks.parts(gateway.account, id)
    assert.ok(read !== undefined)
    assert.equal(Buffer.compare(Buffer.concat(read), whole), 0)
    assert.equal(parts[0]?.length, 262_144, 'the parts of the caller are untouched')
  })

  test('row 23: a failure that a gateway reports is final', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const session = await world.session(gateway)
    const claim = await world.claimOne(session)
    const finish = await world.store.tasks.finish(claim, failure(gateway))
    assert.equal(finish.kind, 'finished')
    const task = await world.store.tasks.get(gateway.account, id)
    assert.equal(task?.state, 'Failed')
    assert.deepEqual(task?.failure, {
      code: 'Database.AuthenticationFailed',
      message: 'said the server: Database.AuthenticationFailed',
    })
    assert.deepEqual(await world.claim(session), [])
    assert.deepEqual(await world.store.tasks.waiting(), [])
  })

  test('row 22: another gateway, another epoch, another attempt is unknown and changes nothing', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const foreign = await world.gateway(OTHER_ACCOUNT)
    const id = await world.create(gateway)
    await world.session(foreign)
    const claim = await world.claimOne(await world.session(gateway))
    const wrong = [
      { ...claim, gateway: foreign.id },
      { ...claim, epoch: toEpoch(claim.epoch + 1) },
      { ...claim, attempt: newAttemptId() },
    ]
    for (const key of wrong) {
      assert.deepEqual(await world.store.tasks.finish(key, listing(foreign)), { kind: 'unknown' })
      assert.equal(await world.store.tasks.accepted(key), false)
    }
    const task = await world.store.tasks.get(gateway.account, id)
    assert.equal(task?.state, 'Queued')
    assert.equal((await world.store.tasks.finish(claim, listing(gateway))).kind, 'finished')
  })

  test('row 25: a second outcome changes nothing; the first one said again is acknowledged again (peers case 2)', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const claim = await world.claimOne(await world.session(gateway))
    const first = listing(gateway, ['one'])
    const ends = await Promise.all(
      [first, failure(gateway), listing(gateway, ['two']), first].map((result) =>
        world.store.tasks.finish(claim, result),
      ),
    )
    assert.deepEqual(
      ends.map(({ kind }) => kind),
      ['finished', 'late', 'late', 'finished'],
    )
    world.clock.advance(1_000)
    const before = await world.store.tasks.get(gateway.account, id)
    const again = await world.store.tasks.finish(claim, first)
    assert.equal(again.kind, 'finished')
    assert.deepEqual(again.task, before)
    assert.deepEqual(await world.store.tasks.get(gateway.account, id), before)
    assert.equal(before?.listing?.count, 1)
    assert.equal((await world.store.tasks.parts(gateway.account, id))?.length, 1)
  })

  test('row 23: an outcome of a superseded attempt is late, that of the newer one ends the task (peers case 3)', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const old = await world.claimOne(await world.session(gateway))
    const session = await world.session(gateway)
    await world.store.tasks.adopt(session, [])
    const young = await world.claimOne(session)
    assert.equal(young.number, 2)
    assert.equal(await world.store.tasks.accepted(old), false)
    assert.deepEqual(await world.store.tasks.finish(old, listing(gateway, ['old'])), { kind: 'late' })
    assert.equal((await world.store.tasks.get(gateway.account, id))?.state, 'Queued')
    assert.equal((await world.store.tasks.finish(young, listing(gateway, ['young', 'x']))).kind, 'finished')
    assert.equal((await world.store.tasks.get(gateway.account, id))?.listing?.count, 2)
  })

  test('row 26: a cancelled task stays cancelled, and tells which attempt to stop', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const by = rootOf(gateway.account)
    const { tasks } = world.store
    const id = await world.create(gateway)
    const claim = await world.claimOne(await world.session(gateway))
    assert.deepEqual(await tasks.cancel({ account: OTHER_ACCOUNT, id, by }, undefined), { kind: 'no task' })
    const cancelled = await cancelIn(world, gateway, id)
    assert.equal(cancelled.attempt, claim.attempt)
    assert.equal(cancelled.task.state, 'Cancelled')
    assert.equal(cancelled.task.cancelledBy, by)
    assert.equal(cancelled.task.failure?.code, 'Task.Cancelled')
    assert.ok(cancelled.task.failure?.message.includes(by))
    assert.deepEqual(await tasks.finish(claim, listing(gateway)), { kind: 'late' })
    assert.equal(await tasks.accepted(claim), false)
    assert.deepEqual(await cancelIn(world, gateway, id), { kind: 'cancelled', task: cancelled.task })
    const queued = await world.create(gateway)
    const nothingToStop = await cancelIn(world, gateway, queued)
    assert.equal(nothingToStop.attempt, undefined)
    assert.equal(nothingToStop.task.state, 'Cancelled')
  })

  test('row 26: a task that has ended is returned as it is by a cancel', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const claim = await world.claimOne(await world.session(gateway))
    await world.store.tasks.finish(claim, listing(gateway))
    const cancelled = await cancelIn(world, gateway, id)
    assert.equal(cancelled.task.state, 'Succeeded')
    assert.equal(cancelled.attempt, undefined)
  })

  test('signed outcomes are checked once, oldest first, with the key they name', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const stranger = await world.gateway()
    const session = await world.session(gateway)
    const claims = []
    for (const signer of [gateway, stranger]) {
      await world.create(gateway, { port: 3307 })
      const claim = await world.claimOne(session)
      world.clock.advance(1)
      await world.store.tasks.finish(claim, listing(signer))
      claims.push(claim)
    }
    const { tasks } = world.store
    const [own, other, ...more] = await tasks.unverified(10)
    assert.equal(more.length, 0)
    const [claim] = claims
    assert.ok(claim !== undefined && own !== undefined)
    assert.deepEqual(
      { ...own, publicKey: [...(own.publicKey ?? [])] },
      {
        task: claim.task,
        attempt: claim.attempt,
        gateway: gateway.id,
        engine: 'MySQL',
        host: '10.0.0.1',
        port: 3307,
        nonce: claim.nonce,
        digest: listing(gateway).digest,
        signature: 'c2lnbmVk',
        publicKey: [...gateway.publicKey],
      },
    )
    assert.equal(other?.publicKey, undefined, 'the key of another gateway proves nothing')
    assert.equal((await tasks.unverified(1))[0]?.attempt, claim.attempt)
    await tasks.verified([{ attempt: own.attempt, ok: true }])
    assert.deepEqual(
      (await tasks.unverified(10)).map(({ attempt }) => attempt),
      [other?.attempt],
    )
    await tasks.verified([{ attempt: claims[1]?.attempt ?? newAttemptId(), ok: false }])
    assert.deepEqual(await tasks.unverified(10), [])
  })
}
