import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { rootOf, toEnrollmentId } from '../../src/model/ids.ts'
import { RESTART_GRACE_MS } from '../../src/model/task.ts'
import {
  ACCOUNT,
  listing,
  newTask,
  nonce,
  type OpenStore,
  OTHER_ACCOUNT,
  storeWorld,
  type World,
} from './store-world.ts'

const idOf = (tokenHash: string) => {
  const id = toEnrollmentId(tokenHash.slice(0, 20))
  assert.ok(id !== undefined)
  return id
}

async function enrollment(world: World, account = ACCOUNT): Promise<string> {
  const tokenHash = randomBytes(32).toString('hex')
  const expiresAt = world.clock.now() + 60_000
  const one = { account, tokenHash, region: 'here', expiresAt, createdBy: rootOf(account) }
  await world.store.fleet.createEnrollment(one, undefined)
  return tokenHash
}

/** Ends all open tasks of deleted gateways; how many each step ended. */
async function endAll(world: World): Promise<readonly number[]> {
  const steps: number[] = []
  for (;;) {
    const ended = await world.store.fleet.endDeleted()
    if (ended.length === 0) return steps
    steps.push(ended.length)
  }
}

export function gatewayLifeSuite(open: OpenStore): void {
  test('enrolments are listed newest first, page by page, also those of one moment', async () => {
    await using world = await storeWorld(open)
    const hashes: string[] = []
    for (let i = 0; i < 7; i++) {
      hashes.push(await enrollment(world))
      if (i % 3 === 2) world.clock.advance(1_000)
    }
    await enrollment(world, OTHER_ACCOUNT)
    const { fleet } = world.store
    const listed = []
    let page = await fleet.enrollments(ACCOUNT, { limit: 2 })
    for (;;) {
      listed.push(...page.enrollments)
      if (page.next === undefined) break
      page = await fleet.enrollments(ACCOUNT, { limit: 2, after: page.next })
    }
    assert.deepEqual(new Set(listed.map(({ id }) => id)), new Set(hashes.map(idOf)))
    assert.equal(listed.length, 7)
    const times = listed.map(({ createdAt }) => createdAt)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    )
  })

  test('an open enrolment is revoked at once; a used one, an unknown one and another account’s are not', async () => {
    await using world = await storeWorld(open)
    const { fleet } = world.store
    const [first, second] = [await enrollment(world), await enrollment(world)]
    const foreign = await enrollment(world, OTHER_ACCOUNT)
    const about = { publicKey: Uint8Array.from(randomBytes(32)), hostname: 'box', version: '0.1.0' }
    const enrolled = await fleet.enroll({ tokenHash: second, ...about })
    assert.equal(enrolled.kind, 'enrolled')
    assert.equal((await fleet.enrollment(ACCOUNT, idOf(second)))?.gateway, enrolled.gateway.id)
    const revoke = (hash: string, burn = nonce(hash, world.clock)) =>
      fleet.revokeEnrollment({ account: ACCOUNT, id: idOf(hash) }, burn)
    const burn = nonce('n', world.clock)
    assert.equal(await revoke(second, burn), 'used')
    assert.equal(await revoke(foreign, burn), 'no enrollment')
    assert.equal(await revoke('0'.repeat(64), burn), 'no enrollment')
    assert.equal(await revoke(first, burn), 'revoked', 'a refusal burns no nonce')
    assert.equal(await revoke(second, burn), 'nonce used')
    assert.equal(await fleet.enrollment(ACCOUNT, idOf(first)), undefined)
    assert.deepEqual(await fleet.enroll({ tokenHash: first, ...about }), { kind: 'unknown' })
    assert.ok(await fleet.gateway(ACCOUNT, enrolled.gateway.id))
  })

  test('a gateway gets another name and region; tasks keep theirs', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const before = await world.create(gateway)
    const { fleet, tasks } = world.store
    const burn = nonce('n', world.clock)
    const { id } = gateway
    assert.equal(await fleet.update({ account: OTHER_ACCOUNT, id, name: 'x' }, burn), 'no gateway')
    const renamed = await fleet.update({ account: ACCOUNT, id, name: 'cellar' }, burn)
    assert.ok(typeof renamed !== 'string')
    assert.deepEqual([renamed.name, renamed.region], ['cellar', 'here'])
    assert.equal(await fleet.update({ account: ACCOUNT, id, name: 'x' }, burn), 'nonce used')
    await fleet.update({ account: ACCOUNT, id, region: 'there' }, undefined)
    const read = await fleet.gateway(ACCOUNT, id)
    assert.deepEqual([read?.name, read?.region], ['cellar', 'there'])
    const after = await world.create(gateway)
    assert.equal((await tasks.get(ACCOUNT, before))?.region, 'here')
    assert.equal((await tasks.get(ACCOUNT, after))?.region, 'there')
  })

  test('a gateway that said that it stops is known as stopped until its next session', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const { fleet } = world.store
    const stoppedAt = async () => (await fleet.gateway(ACCOUNT, gateway.id))?.stoppedAt
    const first = await world.session(gateway)
    const second = await world.session(gateway)
    await fleet.close({ ...first, stopped: 'stopped' })
    assert.equal(await stoppedAt(), undefined, 'not by the end of an older session')
    await fleet.close({ ...second, stopped: 'stopped' })
    assert.equal(await stoppedAt(), world.clock.now())
    const third = await world.session(gateway)
    assert.equal(await stoppedAt(), undefined)
    await fleet.close(third)
    assert.equal(await stoppedAt(), undefined, 'a connection that broke is no stop')
    await fleet.close({ ...(await world.session(gateway)), stopped: 'upgrading' })
    const upgraded = await fleet.gateway(ACCOUNT, gateway.id)
    assert.deepEqual([upgraded?.stoppedAt, upgraded?.upgrading], [world.clock.now(), true])
    assert.deepEqual(
      (await fleet.presences()).map(({ upgrading }) => upgrading),
      [true],
    )
  })

  test('row 13: a gateway that was deleted is nowhere, opens no session and gets no task', async () => {
    await using world = await storeWorld(open)
    const [gateway, other] = [await world.gateway(), await world.gateway()]
    const session = await world.session(gateway)
    const { fleet, tasks } = world.store
    const { id } = gateway
    const burn = nonce('n', world.clock)
    const by = rootOf(ACCOUNT)
    assert.equal(await fleet.delete({ account: OTHER_ACCOUNT, id, by }, burn), 'no gateway')
    assert.equal(await fleet.delete({ account: ACCOUNT, id, by }, burn), 'deleted')
    assert.equal(await fleet.delete({ account: ACCOUNT, id: other.id, by }, burn), 'nonce used')
    assert.equal(await fleet.delete({ account: ACCOUNT, id, by }, undefined), 'no gateway')
    assert.equal(await fleet.update({ account: ACCOUNT, id, name: 'x' }, undefined), 'no gateway')

    assert.equal(await fleet.gateway(ACCOUNT, id), undefined)
    const { gateways, total } = await fleet.gateways(ACCOUNT, {}, { offset: 0, limit: 10 })
    assert.deepEqual([gateways.map((each) => each.id), total], [[other.id], 1])
    assert.deepEqual(await fleet.keys(id), [])
    const about = { instance: 'two', key: gateway.key, hostname: 'box', address: '::1', version: '0.1.0' }
    assert.deepEqual(await fleet.open({ gateway: id, ...about }), { kind: 'unknown' })
    assert.deepEqual(await tasks.create(newTask(gateway), undefined), { kind: 'no gateway' })
    assert.deepEqual(await world.claim(session), [])
  })

  test('open tasks of a deleted gateway end in steps of 500, however it went in between', async () => {
    await using world = await storeWorld(open)
    const [gateway, other] = [await world.gateway(), await world.gateway()]
    const session = await world.session(gateway)
    const { tasks } = world.store
    const done = await world.create(gateway)
    await tasks.finish(await world.claimOne(session), listing(gateway))
    const running = await world.create(gateway)
    const claim = await world.claimOne(session)
    await tasks.accepted(claim)
    const queued = await Promise.all(Array.from({ length: 1_100 }, () => world.create(gateway)))
    const untouched = await world.create(other)

    const by = rootOf(ACCOUNT)
    await world.store.fleet.delete({ account: ACCOUNT, id: gateway.id, by }, undefined)
    const at = new Date(world.clock.now()).toISOString()
    assert.equal((await world.store.fleet.endDeleted()).length, 500)
    await world.reopen()
    assert.deepEqual(await endAll(world), [500, 101])

    for (const id of [running, ...queued.slice(0, 3), ...queued.slice(-3)]) {
      const task = await world.store.tasks.get(ACCOUNT, id)
      assert.equal(task?.state, 'Failed')
      const message = `The backup gateway was deleted. By ${by} at ${at}.`
      assert.deepEqual(task.failure, { code: 'BackupGateway.Deleted', message })
    }
    assert.equal((await world.store.tasks.get(ACCOUNT, done))?.state, 'Succeeded')
    assert.equal((await world.store.tasks.parts(ACCOUNT, done))?.length, 2)
    assert.equal((await world.store.tasks.get(ACCOUNT, untouched))?.state, 'Queued')
    assert.deepEqual(await world.store.tasks.waiting(), [other.id])
    assert.deepEqual(await world.store.tasks.finish(claim, listing(gateway)), { kind: 'late' })
    const signed = await world.store.tasks.unverified(10)
    assert.deepEqual(
      signed.map(({ publicKey }) => publicKey),
      [gateway.publicKey],
      'old results can still be checked',
    )
  })

  test('a deleted gateway is removed for good after its last task and its token', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await world.create(gateway)
    const by = rootOf(ACCOUNT)
    await world.store.fleet.delete({ account: ACCOUNT, id: gateway.id, by }, undefined)
    const retention = { taskMs: 1_000_000 }
    const purge = () => world.store.purge(world.clock.now(), retention, 100)
    assert.equal(await purge(), 0, 'its task is not even ended')
    await endAll(world)
    assert.equal(await purge(), 0, 'its task is kept')
    world.clock.advance(RESTART_GRACE_MS + 60_000)
    assert.equal(await purge(), 1, 'its token')
    world.clock.advance(1_000_000)
    assert.ok((await purge()) >= 1, 'itself, and its task where rows go one by one')
    assert.equal(await purge(), 0)
    const named = { ids: [gateway.id] }
    assert.equal((await world.store.fleet.gateways(ACCOUNT, named, { offset: 0, limit: 1 })).total, 0)
  })
}
