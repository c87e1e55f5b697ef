import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toGatewayId, toTaskId } from '../../src/model/ids.ts'
import { newTask, nonce, OTHER_ACCOUNT, type OpenStore, storeWorld, token } from './store-world.ts'

export function createSuite(open: OpenStore): void {
  test('row 12: a created task is there with all it was asked, also after the store was opened again', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway, { engine: 'PostgreSQL', host: 'db.example', port: 5433, executionMs: 5_000 })
    const bare = await world.create(gateway)
    const before = await world.store.tasks.get(gateway.account, id)
    assert.deepEqual(before, {
      id,
      account: gateway.account,
      gateway: gateway.id,
      region: 'here',
      engine: 'PostgreSQL',
      host: 'db.example',
      port: 5433,
      state: 'Queued',
      createdAt: world.clock.now(),
      createdBy: `${gateway.account}:root`,
      request: '7E0A4D0C-0000-4000-8000-000000000001',
      deliveryDeadline: world.clock.now() + 60_000,
      executionMs: 5_000,
      attempts: 0,
    })
    await world.reopen()
    assert.deepEqual(await world.store.tasks.get(gateway.account, id), before)
    assert.notEqual(bare, id)
    assert.deepEqual(await world.store.tasks.parts(gateway.account, id), [])
  })

  test('an endpoint that was not named is no host and no port', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const { host: _host, port: _port, ...task } = newTask(gateway)
    const created = await world.store.tasks.create(task, undefined)
    assert.equal(created.kind, 'new')
    const read = await world.store.tasks.get(gateway.account, created.task)
    assert.equal(read !== undefined && 'host' in read, false)
    assert.equal(read?.port, undefined)
  })

  test('row 14: a task of another account is not there', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const id = await world.create(gateway)
    const never = toTaskId(123_456_789_012_345)
    assert.ok(never !== undefined)
    assert.equal(await world.store.tasks.get(OTHER_ACCOUNT, id), undefined)
    assert.equal(await world.store.tasks.parts(OTHER_ACCOUNT, id), undefined)
    assert.equal(await world.store.tasks.get(gateway.account, never), undefined)
  })

  test('row 13: a gateway that is unknown or of another account is no gateway, and burns no nonce', async () => {
    await using world = await storeWorld(open)
    const foreign = await world.gateway(OTHER_ACCOUNT)
    const own = await world.gateway()
    const nobody = toGatewayId(123_456_789_012_345)
    assert.ok(nobody !== undefined)
    const burn = nonce('n1', world.clock)
    for (const gateway of [foreign.id, nobody]) {
      const created = await world.store.tasks.create({ ...newTask(own), gateway }, burn)
      assert.deepEqual(created, { kind: 'no gateway' })
    }
    assert.equal(await world.store.access.burnt(burn.key, burn.value), false)
  })

  test('row 19: public ids have 15 digits and do not count upwards', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const ids = await Promise.all(Array.from({ length: 50 }, () => world.create(gateway)))
    assert.equal(new Set(ids).size, 50)
    for (const id of ids) assert.match(String(id), /^\d{15}$/)
    const upwards = ids.filter((id, i) => i > 0 && id > (ids[i - 1] ?? 0)).length
    assert.ok(upwards > 5 && upwards < 44, `${upwards} of 49 steps go upwards`)
  })

  test('row 20: a thousand creates at once with a hundred tokens make a hundred tasks', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const created = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) =>
        world.store.tasks.create(
          newTask(gateway, { token: token(`t${i % 100}`, world.clock) }),
          nonce(`n${i}`, world.clock),
        ),
      ),
    )
    const ids = created.map((one) => (one.kind === 'new' || one.kind === 'same token' ? one.task : undefined))
    assert.equal(created.filter(({ kind }) => kind === 'new').length, 100)
    assert.equal(new Set(ids).size, 100)
    for (const [i, id] of ids.entries()) assert.equal(id, ids[i % 100])
    const session = await world.session(gateway)
    assert.equal((await world.claim(session, { total: 200, perEndpoint: 1_000 })).length, 100)
  })

  test('row 20: the same token with other parameters is refused; in another account or action it is another token', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const foreign = await world.gateway(OTHER_ACCOUNT)
    const { tasks, access } = world.store
    const first = await tasks.create(newTask(gateway, { token: token('t', world.clock) }), undefined)
    assert.equal(first.kind, 'new')

    const burn = nonce('n', world.clock)
    const other = newTask(gateway, { token: token('t', world.clock, 'other') })
    assert.deepEqual(await tasks.create(other, burn), { kind: 'token taken' })
    assert.equal(await access.burnt(burn.key, burn.value), false)

    const elsewhere = { ...token('t', world.clock), action: 'Another' }
    assert.equal((await tasks.create(newTask(gateway, { token: elsewhere }), undefined)).kind, 'new')
    assert.equal((await tasks.create(newTask(foreign, { token: token('t', world.clock) }), undefined)).kind, 'new')
    const again = await tasks.create(newTask(gateway, { token: token('t', world.clock) }), burn)
    assert.deepEqual(again, { kind: 'same token', task: first.task })
    assert.equal(await access.burnt(burn.key, burn.value), true)
  })

  test('row 20: a token is kept until it expires, also after the store was opened again', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const create = () => world.store.tasks.create(newTask(gateway, { token: token('t', world.clock) }), undefined)
    const first = await create()
    assert.equal(first.kind, 'new')
    await world.reopen()
    world.clock.advance(86_400_000 - 1)
    assert.deepEqual(await create(), { kind: 'same token', task: first.task })
    world.clock.advance(1)
    const later = await create()
    assert.equal(later.kind, 'new')
    assert.deepEqual(await create(), { kind: 'same token', task: later.task })
  })

  test('row 7: a nonce is used once, also at the same moment and after the store was opened again', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const burn = nonce('n', world.clock)
    const create = () => world.store.tasks.create(newTask(gateway), burn)
    const kinds = (await Promise.all(Array.from({ length: 20 }, create))).map(({ kind }) => kind)
    assert.deepEqual(kinds.toSorted(), ['new', ...Array.from({ length: 19 }, () => 'nonce used')])
    await world.reopen()
    assert.equal((await create()).kind, 'nonce used')
    const session = await world.session(gateway)
    assert.equal((await world.claim(session)).length, 1, 'what was refused made no task')
  })
}
