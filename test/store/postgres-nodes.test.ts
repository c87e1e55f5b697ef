import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import postgres from 'postgres'
import { silentLog } from '../../src/base/log.ts'
import { PosternError } from '../../src/model/errors.ts'
import { toUserId } from '../../src/model/ids.ts'
import { MAX_WAITING_TASKS } from '../../src/model/task.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { loadStatements } from '../../src/store/postgres/statements.ts'
import type { Store } from '../../src/store/store.ts'
import { eventually } from '../fixtures/eventually.ts'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { bucketsOf, bucketsSuite } from './buckets-suite.ts'
import { openTestStore, postgresPlaces } from './postgres-place.ts'
import { ACCOUNT, cancelIn, listing, newTask, nonce, storeWorld, token, type World } from './store-world.ts'

const places = postgresPlaces()
after(() => places[Symbol.asyncDispose]())
const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine'

/** A world on one node, and another node on the same database with the same time. */
async function twoNodes() {
  const url = await places.storeDatabase()
  const world = await storeWorld(async (clock) => {
    const store = await openTestStore(url, clock)
    return { store, reopen: () => openTestStore(url, clock), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
  })
  const other = await openTestStore(url, world.clock)
  return {
    url,
    world,
    other,
    async [Symbol.asyncDispose]() {
      await other[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

const both = ({ world, other }: { world: World; other: Store }, count: number) =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? world.store : other))

describe('nodes that share a PostgreSQL store', { skip, concurrency: 2 }, () => {
  test('row 22: no attempt is given twice, whichever node asks', async () => {
    await using nodes = await twoNodes()
    const { world } = nodes
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    await Promise.all(both(nodes, 300).map((store) => store.tasks.create(newTask(gateway), undefined)))
    const claims = await Promise.all(
      both(nodes, 40).map((store) => store.tasks.claim(session, { total: 10, perEndpoint: 1_000 })),
    )
    assert.equal(claims.flat().length, 300)
    assert.equal(new Set(claims.flat().map(({ task }) => task)).size, 300)
    assert.equal(new Set(claims.flat().map(({ attempt }) => attempt)).size, 300)
  })

  test('each node checks the results of its own gateways, and what came long ago all the same', async () => {
    await using nodes = await twoNodes()
    const { world, other } = nodes
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    await world.create(gateway)
    const claim = await world.claimOne(session)
    await other.tasks.finish(claim, listing(gateway))
    const seen = async () =>
      [await world.store.tasks.unverified(10), await other.tasks.unverified(10)].map((all) => all.length)
    assert.deepEqual(await seen(), [1, 0])
    world.clock.advance(10_000)
    assert.deepEqual(await seen(), [1, 1])
    await other.tasks.verified([{ attempt: claim.attempt, ok: true }])
    assert.deepEqual(await seen(), [0, 0])
  })

  test('row 20: a nonce is used once and a token makes one task, whichever node is asked', async () => {
    await using nodes = await twoNodes()
    const { world } = nodes
    const gateway = await world.gateway()
    const burnt = await Promise.all(
      both(nodes, 40).map((store, i) => store.tasks.create(newTask(gateway), nonce(`n${i >> 2}`, world.clock))),
    )
    assert.equal(burnt.filter(({ kind }) => kind === 'new').length, 10)
    assert.equal(burnt.filter(({ kind }) => kind === 'nonce used').length, 30)

    const made = await Promise.all(
      both(nodes, 200).map((store, i) =>
        // Against the order of the other node: the two wait for each other.
        store.tasks.create(
          newTask(gateway, { token: token(`t${(i % 2 === 0 ? i : 200 - i) >> 2}`, world.clock) }),
          nonce(`once ${i}`, world.clock),
        ),
      ),
    )
    const ids = new Map<string, Set<unknown>>()
    for (const [i, one] of made.entries()) {
      assert.ok(one.kind === 'new' || one.kind === 'same token', one.kind)
      const name = `t${(i % 2 === 0 ? i : 200 - i) >> 2}`
      ids.set(name, (ids.get(name) ?? new Set()).add(one.task))
    }
    for (const [name, tasks] of ids) assert.equal(tasks.size, 1, name)
    assert.equal(made.filter(({ kind }) => kind === 'new').length, ids.size)
  })

  test('row 25: an outcome that comes to both nodes ends the task once', async () => {
    await using nodes = await twoNodes()
    const { world } = nodes
    const gateway = await world.gateway()
    await Promise.all(Array.from({ length: 20 }, () => world.create(gateway)))
    const claims = await world.claim(await world.session(gateway))
    for (const claim of claims) {
      const key = { gateway: gateway.id, epoch: claim.epoch, attempt: claim.attempt }
      const ends = await Promise.all([
        world.store.tasks.finish(key, listing(gateway, ['a'])),
        nodes.other.tasks.finish(key, listing(gateway, ['b', 'c'])),
      ])
      assert.deepEqual(ends.map(({ kind }) => kind).toSorted(), ['finished', 'late'])
      const parts = await nodes.other.tasks.parts(ACCOUNT, claim.task)
      assert.equal(parts?.length, ends[0].kind === 'finished' ? 1 : 2)
    }
  })

  test('a user of one name is made once, whichever node is asked', async () => {
    await using nodes = await twoNodes()
    const details = { displayName: '', mobilePhone: '', email: '', comments: '' }
    const made = await Promise.all(
      both(nodes, 20).map((store, i) =>
        store.access.createUser({ id: toUserId(String(i)), account: ACCOUNT, name: 'ann', ...details }, undefined),
      ),
    )
    assert.equal(made.filter((one) => typeof one === 'object').length, 1)
    assert.equal(made.filter((one) => one === 'user exists').length, 19)
  })

  test('row 27: a node that joins ends no session and moves no deadline of the others', async () => {
    await using nodes = await twoNodes()
    const { world, url } = nodes
    const gateway = await world.gateway()
    await world.session(gateway)
    const task = await world.create(gateway, { deliveryMs: 5_000 })
    const before = await world.store.tasks.get(ACCOUNT, task)
    await using third = await openTestStore(url, world.clock)
    assert.equal((await third.fleet.gateway(ACCOUNT, gateway.id))?.connected, true)
    assert.deepEqual(await third.tasks.get(ACCOUNT, task), before)
  })

  test('row 27: the gateways of a node that died are free after 20 s, and its own again when it was only away', async () => {
    await using nodes = await twoNodes()
    const { world, other } = nodes
    const [stays, moves] = [await world.gateway(), await world.gateway()]
    const session = await world.session(stays)
    await world.session(moves)
    const task = await world.create(stays, { deliveryMs: 21_000 })
    const connected = async (id: typeof stays) => (await other.fleet.gateway(ACCOUNT, id.id))?.connected
    world.clock.advance(19_000)
    await other.tasks.expire(world.clock.now())
    assert.equal(await connected(stays), true)
    world.clock.advance(1_000)
    await other.tasks.expire(world.clock.now())
    assert.deepEqual([await connected(stays), await connected(moves)], [false, false])
    assert.deepEqual(await world.claim(session), [], 'it claims nothing while it is taken for dead')
    const deadline = (await other.tasks.get(ACCOUNT, task))?.deliveryDeadline
    assert.equal(deadline, world.clock.now() + 30_000, 'time to come back')

    const opening = { instance: 'one', key: moves.key, hostname: 'box', address: '::1', version: '0.1.0' }
    const moved = await other.fleet.open({ gateway: moves.id, ...opening })
    assert.equal(moved.kind, 'open')
    await world.store.tasks.expire(world.clock.now())
    assert.equal(await connected(stays), true)
    assert.equal((await world.claim(session)).length, 1)
    await other[Symbol.asyncDispose]()
    assert.equal((await world.store.fleet.gateway(ACCOUNT, moves.id))?.connected, false, 'it left in good order')
  })

  test('row 27: a node that was only away has its sessions again, also where a server started meanwhile and found nobody', async () => {
    await using nodes = await twoNodes()
    const { world, other, url } = nodes
    await other[Symbol.asyncDispose]()
    const [stays, ends] = [await world.gateway(), await world.gateway()]
    const session = await world.session(stays)
    const ended = await world.session(ends)
    const connected = async (id: typeof stays) => (await world.store.fleet.gateway(ACCOUNT, id.id))?.connected
    world.clock.advance(21_000)
    await using started = await openTestStore(url, world.clock)
    assert.deepEqual([await connected(stays), await connected(ends)], [false, false])
    await world.store.fleet.close(ended)
    await world.store.tasks.expire(world.clock.now())
    assert.deepEqual([await connected(stays), await connected(ends)], [true, false])
    const task = await started.tasks.create(newTask(stays), undefined)
    assert.equal(task.kind, 'new')
    assert.equal((await world.claimOne(session)).task, task.task)
  })

  test('row 23: what runs on a gateway of a node that was only away is not started a second time', async () => {
    await using nodes = await twoNodes()
    const { world, other } = nodes
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    await world.create(gateway, { executionMs: 600_000 })
    const claim = await world.claimOne(session)
    assert.equal(await world.store.tasks.accepted(claim), true)
    world.clock.advance(20_000)
    await other.tasks.expire(world.clock.now())
    await world.store.tasks.expire(world.clock.now())
    for (let i = 0; i < 40; i++) {
      world.clock.advance(1_000)
      for (const store of [world.store, other]) await store.tasks.expire(world.clock.now())
    }
    assert.deepEqual(await world.claim(session), [])
    assert.equal((await world.store.tasks.finish(claim, listing(gateway))).kind, 'finished')
  })

  test('row 23: a claim that ran out is not taken from a gateway that got it back at the same moment', async () => {
    await using nodes = await twoNodes()
    const { world } = nodes
    const gateway = await world.gateway()
    const first = await world.session(gateway)
    await world.create(gateway, { executionMs: 600_000 })
    const claim = await world.claimOne(first)
    await world.store.tasks.accepted(claim)
    await world.store.fleet.close(first)
    world.clock.advance(30_000)
    const now = world.clock.now()
    const textOf = loadStatements()
    const sql = postgres(nodes.url, { max: 1, onnotice: () => {} })
    try {
      await sql.begin(async (transaction) => {
        // It sees the moment in which it is opened, and locks what it gives out later.
        const expired = textOf('expired_claims', { now, floor: 0, limit: 10 })
        await transaction.unsafe(`DECLARE expired CURSOR FOR ${expired}`)
        const adopted = await world.store.tasks.adopt(await world.session(gateway), [claim.attempt])
        assert.deepEqual(adopted.current, [claim.attempt])
        const rows = await transaction.unsafe('FETCH ALL FROM expired')
        assert.equal(rows.length, 1, 'the statement alone does not see that it was given back')
        const lost = { rows: JSON.stringify([...rows]), floor: 0, expired: now }
        assert.equal((await transaction.unsafe(textOf('lapse_attempts', lost))).length, 0)
      })
    } finally {
      await sql.end()
    }
  })

  test('row 27: a node that died is found although the clock was set back meanwhile', async () => {
    await using nodes = await twoNodes()
    const { world, other } = nodes
    const gateway = await world.gateway()
    await world.session(gateway)
    const connected = async () => (await other.fleet.gateway(ACCOUNT, gateway.id))?.connected
    world.clock.advance(-3_600_000)
    await other.tasks.expire(world.clock.now())
    assert.equal(await connected(), true)
    world.clock.advance(20_000)
    await other.tasks.expire(world.clock.now())
    assert.equal(await connected(), false)
  })

  test('row 36: a gateway for which very many tasks wait gets no more, also not from one batch', async () => {
    await using nodes = await twoNodes()
    const { world, other, url } = nodes
    const [full, free] = [await world.gateway(), await world.gateway()]
    const first = await world.create(full)
    // All but three of the rest as copies of the first.
    await (await places.server()).query(
      `INSERT INTO tasks (number, account, gateway, region, engine, created_at, created_by, request, delivery_ms, delivery_deadline, execution_ms)
       SELECT nextval('task_numbers'), account, gateway, region, engine, created_at, created_by, request, delivery_ms, delivery_deadline, execution_ms
       FROM generate_series(1, ${MAX_WAITING_TASKS - 4}), tasks`,
      new URL(url).pathname.slice(1),
    )
    const create = (i: number) => {
      const gateway = i % 2 === 0 ? full : free
      return world.store.tasks.create(newTask(gateway), nonce(`n${i}`, world.clock))
    }
    const made = (await Promise.all(Array.from({ length: 20 }, (_, i) => create(i)))).map(({ kind }) => kind)
    assert.equal(made.filter((kind) => kind === 'new').length, 13)
    assert.equal(made.filter((kind) => kind === 'queue full').length, 7)
    assert.equal((await other.tasks.create(newTask(full), undefined)).kind, 'queue full')
    await cancelIn(world, full, first)
    // Its nonce was not used up by the refusal.
    assert.equal((await create(made.indexOf('queue full'))).kind, 'new')
    assert.equal((await create(100)).kind, 'queue full')
  })

  bucketsSuite(places.open)

  test('row 36: nodes together lease no more than is in a bucket, whichever they ask first', async () => {
    await using nodes = await twoNodes()
    const leases = await Promise.all(
      both(nodes, 400).map((store, i) => {
        // Against the order of the other node: the two would wait for each other.
        const name = i % 2 === 0 ? i % 10 : 10 - (i % 10)
        return bucketsOf({ store }).lease({ name: `key ${name >> 1}`, perSecond: 10, burst: 50, want: 3 })
      }),
    )
    const given = leases.reduce((sum, { tokens }) => sum + tokens, 0)
    assert.equal(given, 5 * 50)
    const rows = await (await places.server()).query(
      "SELECT relpersistence AS kind FROM pg_class WHERE relname = 'throttle_buckets'",
      new URL(nodes.url).pathname.slice(1),
    )
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ['u'],
      'no commit of it waits for a disk',
    )
  })

  test('row 20: where a commit is lost the outcome is unknown, and the same token gives the task that was made', async () => {
    const url = await places.storeDatabase()
    const server = await places.server()
    await using proxy = await startFaultProxy({ port: server.port })
    const through = new URL(url)
    through.port = String(proxy.port)
    await using world = await storeWorld(async (clock) => {
      const store = await openPostgresStore({ url: through.href, directUrl: url, clock, log: silentLog() })
      return {
        store,
        reopen: () => Promise.reject(new Error('not here')),
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      }
    })
    const gateway = await world.gateway()
    const database = through.pathname.slice(1)
    // Its commit waits for whoever has this lock.
    await server.query(
      `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END';
       CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON client_tokens DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION wait()`,
      database,
    )
    const holder = postgres(url, { max: 1, onnotice: () => {} })
    try {
      await holder`SELECT pg_advisory_lock(42)`
      const task = newTask(gateway, { token: token('t', world.clock) })
      const lost = world.store.tasks.create(task, nonce('first', world.clock)).catch((error: unknown) => error)
      await eventually('the commit waits', async () => {
        const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query = 'COMMIT' AND datname = '${database}'`
        return (await server.query(waiting)).length === 1
      })
      proxy.resetAll()
      const error = await lost
      assert.ok(error instanceof PosternError)
      assert.equal(error.entry, 'ServiceUnavailable')
      assert.match(error.message, /not known whether/)
      await holder`SELECT pg_advisory_unlock(42)`
      const tasks = async () => (await server.query('SELECT number FROM tasks', database)).length
      await eventually('the commit ends', async () => (await tasks()) === 1)
      const again = await world.store.tasks.create(task, nonce('second', world.clock))
      assert.equal(again.kind, 'same token')
      assert.equal(await tasks(), 1)
    } finally {
      await holder.end()
    }
  })

  test('a database that is away is told as such, and everything goes on when it is back', async () => {
    const url = await places.storeDatabase()
    await using proxy = await startFaultProxy({ port: (await places.server()).port })
    const through = new URL(url)
    through.port = String(proxy.port)
    const clock = manualClock()
    await using store = await openPostgresStore({ url: through.href, clock, log: silentLog() })
    proxy.faults.limit = { bytesToClient: 0, action: 'reset' }
    proxy.resetAll()
    await assert.rejects(store.access.accounts(), { entry: 'ServiceUnavailable' })
    proxy.faults.limit = undefined
    assert.deepEqual(await store.access.accounts(), [])
  })
})
