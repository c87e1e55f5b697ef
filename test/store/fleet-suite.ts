import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { fingerprintOf, rootOf, toGatewayId } from '../../src/model/ids.ts'
import type { NewEnrollment, OpenSession } from '../../src/store/fleet-store.ts'
import {
  ACCOUNT,
  nonce,
  type OpenStore,
  OTHER_ACCOUNT,
  storeWorld,
  type TestGateway,
  type World,
} from './store-world.ts'

const hexOf = (...keys: Uint8Array[]) => keys.map((key) => Buffer.from(key).toString('hex'))
const publicKey = () => Uint8Array.from(randomBytes(32))

function enrollment(world: World, changes: Partial<NewEnrollment> = {}): NewEnrollment {
  const tokenHash = randomBytes(32).toString('hex')
  const expiresAt = world.clock.now() + 1_800_000
  return { account: ACCOUNT, tokenHash, region: 'eu', expiresAt, createdBy: rootOf(ACCOUNT), ...changes }
}

function opening(gateway: TestGateway, changes: Partial<OpenSession> = {}): OpenSession {
  const { id, key } = gateway
  return { gateway: id, instance: 'one', key, hostname: 'box', address: '10.9.8.7', version: '0.1.0', ...changes }
}

export function fleetSuite(open: OpenStore): void {
  test('gateways in short, by id, page by page, of one account and one region', async () => {
    await using world = await storeWorld(open)
    const made = [await world.gateway(), await world.gateway(), await world.gateway()] as const
    await world.gateway(OTHER_ACCOUNT)
    const { fleet } = world.store
    const first = await fleet.briefs(ACCOUNT, {}, { limit: 2 })
    const rest = await fleet.briefs(ACCOUNT, { region: 'here' }, { limit: 2, after: made[1].id })
    assert.deepEqual(
      [...first, ...rest].map(({ id }) => id),
      made.map(({ id }) => id),
    )
    const [one] = await fleet.briefs(ACCOUNT, {}, { limit: 1 })
    const { id, name, lastSeenAt } = (await fleet.gateway(ACCOUNT, made[0].id)) ?? {}
    assert.deepEqual(one, { id, name, ...(lastSeenAt !== undefined && { lastSeenAt }) })
    assert.deepEqual(await fleet.briefs(ACCOUNT, { region: 'there' }, { limit: 2 }), [])
  })

  test('a token makes one gateway, named as asked or after its host', async () => {
    await using world = await storeWorld(open)
    const { fleet } = world.store
    const [named, unnamed] = [enrollment(world, { name: 'cellar' }), enrollment(world)]
    const key = publicKey()
    for (const [one, name] of [
      [named, 'cellar'],
      [unnamed, 'box-7'],
    ] as const) {
      assert.equal(await fleet.createEnrollment(one, undefined), 'created')
      const request = { tokenHash: one.tokenHash, publicKey: key, hostname: 'box-7', version: '0.1.0' }
      const enrolled = await fleet.enroll(request)
      assert.equal(enrolled.kind, 'enrolled')
      const { id, ...rest } = enrolled.gateway
      assert.match(String(id), /^\d{15}$/)
      const createdAt = world.clock.now()
      const about = { hostname: 'box-7', version: '0.1.0', key: fingerprintOf(key) }
      assert.deepEqual(rest, { account: ACCOUNT, region: 'eu', name, createdAt, connected: false, ...about })
      assert.deepEqual(await fleet.gateway(ACCOUNT, id), enrolled.gateway)
      assert.equal(await fleet.gateway(OTHER_ACCOUNT, id), undefined)
    }
  })

  test('a token is used once, also at the same moment; the same key gets the same answer again', async () => {
    await using world = await storeWorld(open)
    const one = enrollment(world)
    await world.store.fleet.createEnrollment(one, undefined)
    const key = publicKey()
    const enroll = (by: Uint8Array) =>
      world.store.fleet.enroll({ tokenHash: one.tokenHash, publicKey: by, hostname: 'box', version: '0.1.0' })
    const ends = await Promise.all([...Array.from({ length: 5 }, () => enroll(key)), enroll(publicKey())])
    assert.deepEqual(
      ends.map(({ kind }) => kind),
      ['enrolled', 'enrolled', 'enrolled', 'enrolled', 'enrolled', 'used'],
    )
    assert.equal(new Set(ends.map((end) => (end.kind === 'enrolled' ? end.gateway.id : 0))).size, 2)
    await world.reopen()
    world.clock.advance(1_800_001)
    assert.deepEqual(await enroll(key), ends[0], 'also after it expired, while it is kept')
    assert.equal((await world.store.fleet.gateways(ACCOUNT, {}, { offset: 0, limit: 10 })).total, 1)
  })

  test('a token that is unknown or expired makes nothing', async () => {
    await using world = await storeWorld(open)
    const one = enrollment(world)
    await world.store.fleet.createEnrollment(one, undefined)
    const request = { tokenHash: one.tokenHash, publicKey: publicKey(), hostname: 'box', version: '0.1.0' }
    assert.deepEqual(await world.store.fleet.enroll({ ...request, tokenHash: '00'.repeat(32) }), { kind: 'unknown' })
    world.clock.advance(1_800_000)
    assert.deepEqual(await world.store.fleet.enroll(request), { kind: 'expired' })
  })

  test('row 7: an enrolment burns its nonce in the same commit', async () => {
    await using world = await storeWorld(open)
    const burn = nonce('n', world.clock)
    const [first, second] = [enrollment(world), enrollment(world)]
    assert.equal(await world.store.fleet.createEnrollment(first, burn), 'created')
    assert.equal(await world.store.fleet.createEnrollment(second, burn), 'nonce used')
    const request = { tokenHash: second.tokenHash, publicKey: publicKey(), hostname: 'box', version: '0.1.0' }
    assert.deepEqual(await world.store.fleet.enroll(request), { kind: 'unknown' })
  })

  test('gateways of an account come in pages, filtered by region and id', async () => {
    await using world = await storeWorld(open)
    const made = []
    for (let i = 0; i < 5; i++) made.push((await world.gateway()).id)
    const foreign = await world.gateway(OTHER_ACCOUNT)
    const { fleet } = world.store
    const page = async (offset: number, limit: number) => {
      const { gateways, total } = await fleet.gateways(ACCOUNT, {}, { offset, limit })
      assert.equal(total, 5)
      return gateways.map(({ id }) => id)
    }
    assert.deepEqual([...(await page(0, 2)), ...(await page(2, 2)), ...(await page(4, 2))], made)
    assert.deepEqual(await page(5, 2), [])
    const ids = [made[3], made[1], foreign.id].filter((id) => id !== undefined)
    const some = await fleet.gateways(ACCOUNT, { ids }, { offset: 0, limit: 100 })
    assert.deepEqual(new Set(some.gateways.map(({ id }) => id)), new Set([made[1], made[3]]))
    assert.equal(some.total, 2)
    assert.equal((await fleet.gateways(ACCOUNT, { region: 'nowhere' }, { offset: 0, limit: 10 })).total, 0)
    assert.equal((await fleet.gateways(ACCOUNT, { region: 'here', ids: [] }, { offset: 0, limit: 10 })).total, 0)
  })

  test('the regions of an account are those of its gateways, each once and in order', async () => {
    await using world = await storeWorld(open)
    const { fleet } = world.store
    assert.deepEqual(await fleet.regions(ACCOUNT, 10), [])
    for (const [account, region] of [
      [ACCOUNT, 'b'],
      [ACCOUNT, 'a'],
      [ACCOUNT, 'b'],
      [OTHER_ACCOUNT, 'c'],
    ] as const) {
      const one = enrollment(world, { account, region })
      await fleet.createEnrollment(one, undefined)
      await fleet.enroll({ tokenHash: one.tokenHash, publicKey: publicKey(), hostname: 'box', version: '0.1.0' })
    }
    assert.deepEqual(await fleet.regions(ACCOUNT, 10), ['a', 'b'])
    assert.deepEqual(await fleet.regions(ACCOUNT, 1), ['a'])
    assert.deepEqual(await fleet.regions(OTHER_ACCOUNT, 10), ['c'])
  })

  test('a session is opened by a key of the gateway only, raises the epoch and tells what it saw', async () => {
    await using world = await storeWorld(open)
    const [gateway, other] = [await world.gateway(), await world.gateway()]
    const { fleet } = world.store
    assert.deepEqual(await fleet.open(opening(gateway, { key: other.key })), { kind: 'unknown' })
    const nobody = toGatewayId(123_456_789_012_345)
    assert.ok(nobody !== undefined)
    assert.deepEqual(await fleet.open(opening(gateway, { gateway: nobody })), { kind: 'unknown' })
    assert.deepEqual(await fleet.keys(nobody), [])

    const first = await fleet.open(opening(gateway))
    assert.deepEqual(first, { kind: 'open', epoch: 1, account: ACCOUNT, replaced: false })
    const again = await fleet.open(opening(gateway))
    assert.ok(again.kind === 'open')
    assert.deepEqual(again, { kind: 'open', epoch: 2, account: ACCOUNT, replaced: true })
    const read = await fleet.gateway(ACCOUNT, gateway.id)
    assert.equal(read?.connected, true)
    assert.equal(read?.address, '10.9.8.7')
    assert.equal(read?.lastSeenAt, world.clock.now())
    await fleet.close({ gateway: gateway.id, epoch: again.epoch })
    const third = await fleet.open(opening(gateway))
    assert.deepEqual(third, { kind: 'open', epoch: 3, account: ACCOUNT, replaced: false })
  })

  test('keys rotate: both are good until the new one was used, then only the new one', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const { fleet } = world.store
    const [first, second] = [publicKey(), publicKey()]
    const keys = async () => hexOf(...(await fleet.keys(gateway.id)))
    assert.deepEqual(await keys(), hexOf(gateway.publicKey))
    await fleet.open(opening(gateway, { nextKey: first }))
    assert.deepEqual(await keys(), hexOf(gateway.publicKey, first))
    await fleet.open(opening(gateway, { nextKey: second }))
    assert.deepEqual(await keys(), hexOf(gateway.publicKey, second), 'one to rotate to, the newest')
    await fleet.open(opening(gateway))
    assert.deepEqual(await keys(), hexOf(gateway.publicKey, second))
    assert.equal((await fleet.open(opening(gateway, { key: fingerprintOf(second) }))).kind, 'open')
    assert.deepEqual(await keys(), hexOf(second))
    assert.equal((await fleet.open(opening(gateway))).kind, 'unknown', 'the old key is over')
    assert.equal((await fleet.open(opening(gateway, { key: fingerprintOf(second), nextKey: second }))).kind, 'open')
    assert.deepEqual(await keys(), hexOf(second), 'a key is not its own successor')
  })

  test('row 28: three replacements between two processes in 60 s refuse both for 60 s (peers case 14)', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await world.create(gateway)
    const { fleet } = world.store
    const turn = (instance: string) => fleet.open(opening(gateway, { instance }))
    assert.equal((await turn('a')).kind, 'open')
    for (let i = 0; i < 5; i++) assert.equal((await turn('a')).kind, 'open', 'the same process may come back')
    world.clock.advance(1_000)
    assert.equal((await turn('b')).kind, 'open')
    const last = await turn('a')
    assert.equal(last.kind, 'open')
    world.clock.advance(1_000)
    const until = world.clock.now() + 60_000
    const epoch = last.epoch + 1
    assert.deepEqual(await turn('b'), { kind: 'conflict', until, epoch })
    assert.deepEqual(await turn('a'), { kind: 'conflict', until, epoch })
    assert.equal((await fleet.gateway(ACCOUNT, gateway.id))?.conflictUntil, until)
    assert.deepEqual(await world.claim({ gateway: gateway.id, epoch: last.epoch }), [], 'the one that is open too')
    world.clock.advance(59_999)
    assert.equal((await turn('a')).kind, 'conflict')
    world.clock.advance(1)
    assert.equal((await turn('a')).kind, 'open')
    assert.equal((await turn('b')).kind, 'open', 'it counts anew')
  })

  test('row 28: sessions that are over are told from those that are not', async () => {
    await using world = await storeWorld(open)
    const gateways = await Promise.all(Array.from({ length: 4 }, () => world.gateway()))
    const sessions = []
    for (const gateway of gateways) sessions.push(await world.session(gateway))
    const { fleet } = world.store
    assert.deepEqual(await fleet.over(sessions), [])
    assert.deepEqual(await fleet.over([]), [])
    const [, replaced, deleted, closed] = sessions
    assert.ok(replaced && deleted && closed)
    await fleet.open(opening(gateways[1] ?? assert.fail()))
    await fleet.delete({ account: ACCOUNT, id: deleted.gateway, by: rootOf(ACCOUNT) }, undefined)
    // Its node knows that.
    await fleet.close(closed)
    const over = (await fleet.over(sessions)).toSorted((a, b) => Number(a.deleted) - Number(b.deleted))
    assert.deepEqual(over, [
      { gateway: replaced.gateway, epoch: replaced.epoch + 1, deleted: false },
      { gateway: deleted.gateway, epoch: deleted.epoch + 1, deleted: true },
    ])
  })

  test('row 28: replacements that are spread out, or follow an end, are no conflict', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const { fleet } = world.store
    for (let i = 0; i < 6; i++) {
      assert.equal((await fleet.open(opening(gateway, { instance: `spread-${i}` }))).kind, 'open')
      world.clock.advance(30_000)
    }
    for (let i = 0; i < 6; i++) {
      const opened = await fleet.open(opening(gateway, { instance: 'x' }))
      assert.equal(opened.kind, 'open')
      await fleet.close({ gateway: gateway.id, epoch: opened.epoch })
      const next = await fleet.open(opening(gateway, { instance: `restarted-${i}` }))
      assert.equal(next.kind, 'open')
      await fleet.close({ gateway: gateway.id, epoch: next.epoch })
    }
  })

  test('row 28: heartbeats come in batches and never go back', async () => {
    await using world = await storeWorld(open)
    const [one, two] = [await world.gateway(), await world.gateway()]
    const { fleet } = world.store
    const at = world.clock.now()
    await fleet.heartbeats([
      { gateway: one.id, at },
      { gateway: two.id, at: at + 1 },
      { gateway: one.id, at: at - 5 },
    ])
    await fleet.heartbeats([{ gateway: two.id, at }])
    assert.equal((await fleet.gateway(ACCOUNT, one.id))?.lastSeenAt, at)
    assert.equal((await fleet.gateway(ACCOUNT, two.id))?.lastSeenAt, at + 1)
  })
}
