import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { openPostgresBus } from '../../src/bus/postgres-bus.ts'
import type { TaskId } from '../../src/model/ids.ts'
import { readPostgresAddress } from '../../src/model/postgres-address.ts'
import { listen } from '../bus/bus-suite.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { eventually } from '../fixtures/eventually.ts'
import { findPostgresql, type PostgresqlServer, startPostgresql } from '../fixtures/postgresql.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { openTestStore } from './postgres-place.ts'
import { ACCOUNT, newTask, storeWorld } from './store-world.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine'
const SETTINGS = ['synchronous_commit=on']
const HBA = ['hostssl replication all 127.0.0.1/32 scram-sha-256']

test('a store and a bus of several hosts follow a failover, and what was acknowledged is there', { skip }, async () => {
  await using folder = await tempFolder('failover')
  const authority = makeAuthority()
  const ca = join(folder.path, 'ca.pem')
  await writeFile(ca, authority.certificate)
  // Each by a name of its own: one that is verified by the name of another host is refused.
  const [near, named] = [authority.issue(['127.0.0.1']), authority.issue(['localhost'])]
  await using first = await startPostgresql({ settings: SETTINGS, hba: HBA, tls: near })
  await using second = await startPostgresql({ settings: SETTINGS, hba: HBA, tls: named, standbyOf: first })
  await set(first, 'synchronous_standby_names', '*')
  // What stands there until then takes connections and says nothing, as a machine that hangs.
  await using hung = await startSilentServer()
  const login = `postgres:${first.rootPassword}`
  const hosts = `127.0.0.1:${hung.port},localhost:${second.port},127.0.0.1:${first.port}`
  const url = `postgres://${login}@${hosts}/postgres?sslrootcert=${ca}`
  const another = `postgres://${login}@127.0.0.1:${second.port},localhost:${second.port}/postgres?sslrootcert=${ca}`
  await assert.rejects(
    openTestStore(another, systemClock()),
    /at none of its hosts: 127\.0\.0\.1:\d+: .*\(ERR_TLS_CERT_ALTNAME_INVALID\); localhost:\d+: .* takes no writes/,
  )

  await using world = await storeWorld(async (clock) => {
    const store = await openTestStore(url, clock)
    return { store, reopen: () => openTestStore(url, clock), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
  })
  const busOptions = { address: readPostgresAddress(url, '--bus'), installation: 'test' }
  const bus = () => openPostgresBus({ ...busOptions, clock: systemClock(), log: silentLog() })
  await using one = await bus()
  await using other = await bus()
  await using heard = await listen(other, 'task')
  assert.ok(one.state.connected && other.state.connected)
  await hung[Symbol.asyncDispose]()

  const gateway = await world.gateway()
  const acknowledged: TaskId[] = []
  const create = async () => {
    const created = await world.store.tasks.create(newTask(gateway), undefined)
    if (created.kind === 'new') acknowledged.push(created.task)
    return created.kind
  }
  const works = (what: string) => eventually(what, async () => (await create().catch(String)) === 'new')
  const allAreThere = async () => {
    for (const task of acknowledged) assert.ok(await world.store.tasks.get(ACCOUNT, task), String(task))
  }
  const wakes = (what: string, key: string) =>
    eventually(what, () => {
      one.publish('task', [key])
      return heard.keys.includes(key)
    })
  // As many connections as there are.
  await Promise.all(Array.from({ length: 20 }, create))

  await first[Symbol.asyncDispose]()
  await assert.rejects(create(), { entry: 'ServiceUnavailable' })
  await second.query('SELECT pg_promote()')
  await works('the standby is used')
  await allAreThere()
  await wakes('the bus too', 'second')

  // A commit that is not waited for any longer is made, but not at the standby that a failover would use.
  await set(second, 'synchronous_standby_names', 'nobody')
  const unknown = assert.rejects(create(), /not known whether the change was made/)
  await eventually('it is cancelled', async () => {
    const waiting = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    return (await second.query(waiting)).length > 0
  })
  await unknown

  // A server that takes no writes any more and keeps its connections.
  await set(second, 'synchronous_standby_names', '')
  await using third = await startPostgresql({ settings: SETTINGS, tls: near, standbyOf: second, port: hung.port })
  await set(second, 'synchronous_standby_names', '*')
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 20 }, create))), new Set(['new']))
  await third.query('SELECT pg_promote()')
  await set(second, 'default_transaction_read_only', 'on')
  await eventually('the third is used', async () => {
    assert.equal(await create(), 'new', 'not one call fails')
    const ours = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'postern/%'"
    return (await third.query(ours)).length > 0
  })
  await allAreThere()
})

async function set(server: PostgresqlServer, name: string, value: string) {
  await server.query(`ALTER SYSTEM SET ${name} = '${value}'`)
  await server.query('SELECT pg_reload_conf()')
  await eventually(name, async () => (await server.query(`SHOW ${name}`))[0]?.[name] === value)
}
