import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cancelIn, type OpenStore, storeWorld } from './store-world.ts'

export function claimSuite(open: OpenStore): void {
  test('row 22: a claim holds what the gateway needs, oldest first and within the credit', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const other = await world.gateway()
    const session = await world.session(gateway)
    const ids = []
    for (const port of [3301, 3302, 3303, 3304]) ids.push(await world.create(gateway, { port, executionMs: 7_000 }))
    await world.create(other)

    const claims = await world.claim(session, { total: 3, perEndpoint: 1 })
    assert.deepEqual(
      claims.map(({ task }) => task),
      ids.slice(0, 3),
    )
    const [first] = claims
    assert.ok(first !== undefined)
    const { attempt, nonce, ...rest } = first
    assert.match(attempt, /^[0-9a-f]{32}$/)
    assert.match(nonce, /^[0-9a-f]{32}$/)
    assert.deepEqual(rest, {
      task: ids[0],
      number: 1,
      epoch: session.epoch,
      account: gateway.account,
      engine: 'MySQL',
      host: '10.0.0.1',
      port: 3301,
      executionMs: 7_000,
      acceptWithinMs: 60_000,
    })
    assert.deepEqual(
      (await world.claim(session)).map(({ task }) => task),
      ids.slice(3),
    )
    assert.deepEqual(await world.claim(session), [])
  })

  test('row 22: nothing is claimed without credit', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    await world.create(gateway)
    assert.deepEqual(await world.claim(session, { total: 0, perEndpoint: 1 }), [])
    assert.deepEqual(await world.claim(session, { total: 1, perEndpoint: 0 }), [])
    assert.equal((await world.claim(session, { total: 1, perEndpoint: 1 })).length, 1)
  })

  test('row 22: no attempt is given twice, however many ask at once', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    await Promise.all(Array.from({ length: 300 }, () => world.create(gateway)))
    const claims = await Promise.all(
      Array.from({ length: 40 }, () => world.claim(session, { total: 10, perEndpoint: 1_000 })),
    )
    assert.equal(claims.flat().length, 300)
    assert.equal(new Set(claims.flat().map(({ task }) => task)).size, 300)
    assert.equal(new Set(claims.flat().map(({ attempt }) => attempt)).size, 300)
    assert.equal(new Set(claims.flat().map(({ nonce }) => nonce)).size, 300)
  })

  test('row 22: a database server at its limit uses no credit of the others', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    const slow = []
    for (let i = 0; i < 6; i++) slow.push(await world.create(gateway, { host: 'slow' }))
    const fast = [await world.create(gateway, { host: 'fast' }), await world.create(gateway, { engine: 'PostgreSQL' })]

    const claims = await world.claim(session, { total: 4, perEndpoint: 2 })
    assert.deepEqual(
      claims.map(({ task }) => task),
      [...slow.slice(0, 2), ...fast],
    )
    assert.deepEqual(await world.claim(session, { total: 4, perEndpoint: 2 }), [])
    // A place is free again when an attempt ends.
    assert.ok(claims[0] !== undefined && slow[0] !== undefined)
    await cancelIn(world, gateway, slow[0])
    assert.deepEqual(
      (await world.claim(session, { total: 4, perEndpoint: 2 })).map(({ task }) => task),
      [slow[2]],
    )
  })

  test('row 22: ten thousand tasks that wait for one server do not keep the others', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    const slow = await Promise.all(Array.from({ length: 10_000 }, () => world.create(gateway, { host: 'slow' })))
    const others = []
    for (const host of ['c', 'b', 'b', 'b', 'a', 'zz']) others.push(await world.create(gateway, { host }))

    const claims = await world.claim(session, { total: 5, perEndpoint: 2 })
    const [b1, b2] = others.slice(1, 3)
    assert.deepEqual(
      claims.map(({ task }) => task),
      [slow[0], slow[1], others[0], b1, b2],
      'the oldest of those that have room',
    )
    assert.deepEqual(
      (await world.claim(session, { total: 5, perEndpoint: 2 })).map(({ task }) => task),
      others.slice(4),
    )
    const started = performance.now()
    for (let i = 0; i < 100; i++) assert.deepEqual(await world.claim(session, { total: 5, perEndpoint: 2 }), [])
    assert.ok(performance.now() - started < 5_000, 'a hundred looks at a blocked queue')
  })

  test('row 28: only the newest session claims, and only while it is open', async () => {
    await using world = await storeWorld(open)
    const gateway = await world.gateway()
    await world.create(gateway)
    const old = await world.session(gateway)
    const young = await world.session(gateway)
    assert.ok(young.epoch > old.epoch)
    assert.deepEqual(await world.claim(old), [])
    await world.store.fleet.close(young)
    assert.deepEqual(await world.claim(young), [])
    await world.reopen()
    assert.deepEqual(await world.claim(young), [], 'no session outlives the server')
    assert.equal((await world.claim(await world.session(gateway))).length, 1)
  })

  test('gateways with work are those that have something to claim', async () => {
    await using world = await storeWorld(open)
    const [first, second, idle] = [await world.gateway(), await world.gateway(), await world.gateway()]
    for (const gateway of [first, first, second]) await world.create(gateway)
    await world.session(idle)
    assert.deepEqual(new Set(await world.store.tasks.waiting()), new Set([first.id, second.id]))
    await world.claim(await world.session(second))
    assert.deepEqual(await world.store.tasks.waiting(), [first.id])
  })
}
