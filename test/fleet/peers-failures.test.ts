import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { z } from 'zod'
import { silentLog } from '../../src/base/log.ts'
import { localBus } from '../../src/bus/local-bus.ts'
import { createFleetService } from '../../src/fleet/fleet-service.ts'
import { createPresence } from '../../src/fleet/presence.ts'
import type { GatewayStatus } from '../../src/model/gateway.ts'
import { fingerprintOf } from '../../src/model/ids.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { loadStatements } from '../../src/store/sqlite/statements.ts'
import type { FleetStore } from '../../src/store/fleet-store.ts'
import { runApi } from '../api/running-api.ts'
import { enrolInto, startLinkGateway, startLinkServer } from '../fixtures/link-world.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { openSqlite } from '../store/sqlite-place.ts'
import { ACCOUNT, storeWorld } from '../store/store-world.ts'

/** Every statement between a gateway's hello and its claims, and what a heartbeat writes. */
const LINK_PATH_STATEMENTS = [
  'proving_keys',
  'key_role',
  'gateway',
  'open_session',
  'close_session',
  'heartbeat',
  'limit_claims',
  'sessions_over',
  'live_session',
  'count_replacements',
  'active_keys',
]

test('peers case 7: signing in and heartbeats are read from an index, however many gateways there are', async () => {
  await using place = await tempFolder('store')
  const store = await openSqliteStore({ folder: place.path, clock: manualClock(), log: silentLog() })
  await store[Symbol.asyncDispose]()
  using db = new DatabaseSync(join(place.path, 'postern.db'))
  const statements = new Map<string, string>(loadStatements())
  for (const name of LINK_PATH_STATEMENTS) {
    const sql = statements.get(name)
    assert.ok(sql, name)
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
    assert.ok(steps.length > 0, name)
    for (const { detail } of steps)
      assert.doesNotMatch(String(detail), /^SCAN (?!CONSTANT ROW|i VIRTUAL TABLE)/, `${name}: ${String(detail)}`)
  }
})

async function fleetOf(wrap: (store: FleetStore) => FleetStore = (store) => store) {
  const world = await storeWorld(openSqlite)
  const { clock } = world
  const store = wrap(world.store.fleet)
  const presence = createPresence({ store, clock, log: silentLog() })
  const bus = localBus()
  const fleet = createFleetService({ store, presence, bus, serverId: world.store.serverId, clock })
  return {
    world,
    clock,
    presence,
    fleet,
    async [Symbol.asyncDispose]() {
      await presence[Symbol.asyncDispose]()
      await bus[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
}

const stuck = (store: FleetStore): FleetStore => ({ ...store, heartbeats: () => Promise.reject(new Error('busy')) })

test('peers case 7: a store that takes no heartbeats makes no gateway offline', async () => {
  await using all = await fleetOf(stuck)
  const { world, clock, presence, fleet } = all
  const gateways = [await world.gateway(), await world.gateway()]
  for (const gateway of gateways) await world.session(gateway)
  for (let seconds = 0; seconds < 300; seconds += 15) {
    for (const { id } of gateways) presence.seen(id, {})
    clock.advance(15_000)
    assert.equal((await fleet.countByStatus()).ONLINE, gateways.length)
  }
})

test('peers case 8: a dead gateway is OFFLINE 45 s after its last round trip, once, and does not flap', async () => {
  await using all = await fleetOf()
  const { world, clock, presence, fleet } = all
  const gateway = await world.gateway()
  await world.session(gateway)
  const history: { at: number; status: GatewayStatus }[] = []
  const began = clock.now()
  const look = async () => {
    const status = (await fleet.gateway(ACCOUNT, gateway.id))?.status ?? assert.fail()
    if (history.at(-1)?.status !== status) history.push({ at: (clock.now() - began) / 1000, status })
  }
  for (let second = 0; second < 300; second++) {
    // It dies without a word after its round trip at 60 s; the session ends for the server later, and is written down.
    if (second <= 60 && second % 15 === 0) presence.seen(gateway.id, { rttMs: 5 })
    if (second === 105) presence.gone(gateway.id)
    await look()
    clock.advance(1_000)
  }
  assert.deepEqual(history, [
    { at: 0, status: 'ONLINE' },
    { at: 106, status: 'OFFLINE' },
  ])
})

for (const hours of [1, -1]) {
  test(`peers case 13: a gateway whose clock is ${hours} h off does its tasks; only the server's clock counts`, async () => {
    await using folder = await tempFolder('skew')
    await using server = await startLinkServer(join(folder.path, 'server'))
    const gatewayFolder = join(folder.path, 'gateway')
    const gateway = await enrolInto(gatewayFolder, server, server.url)
    await using runningGateway = await startLinkGateway(gatewayFolder, '', hours * 3_600_000)
    assert.ok(runningGateway.log)
    for (let tasks = 0; tasks < 3; tasks++) {
      const ended = await server.ended(gateway)
      assert.equal(ended.state, 'Succeeded')
      assert.equal(ended.attempts, 1, 'no claim of it ran out')
      assert.ok(Math.abs((ended.endedAt ?? 0) - Date.now()) < 60_000)
    }
  })
}

test('peers case 14: two gateways with one identity are shown to people as CONFLICT', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  const [key] = await api.store.fleet.keys(gateway)
  const about = { gateway, key: fingerprintOf(key ?? assert.fail()), hostname: 'h', address: '192.0.2.1', version: '0' }
  const [one, two] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')]
  const kinds: string[] = []
  for (const instance of [one, two, one, two, one])
    kinds.push((await api.store.fleet.open({ ...about, instance })).kind)
  assert.deepEqual(kinds, ['open', 'open', 'open', 'conflict', 'conflict'])
  const { body } = await api.call('DescribeBackupGatewayList')
  const { Items } = z
    .object({ Items: z.object({ BackupGateway: z.array(z.object({ BackupGatewayStatus: z.string() })) }) })
    .parse(body)
  assert.deepEqual(Items.BackupGateway, [{ BackupGatewayStatus: 'CONFLICT' }])
  assert.equal((await api.fleet.countByStatus()).CONFLICT, 1)
})
