import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { openTestStore, postgresPlaces } from './postgres-place.ts'

const places = postgresPlaces()
after(() => places[Symbol.asyncDispose]())
const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine'

describe('opening a PostgreSQL store', { skip, concurrency: 2 }, () => {
  test('nodes that start at the same moment make one store', async () => {
    const url = await places.database()
    const clock = manualClock()
    const stores = await Promise.all(Array.from({ length: 4 }, () => openTestStore(url, clock)))
    assert.equal(new Set(stores.map(({ serverId }) => serverId)).size, 1)
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()))
    await using again = await openTestStore(url, clock)
    assert.equal(again.serverId, stores[0]?.serverId)
  })

  test('a node that is too old for the store is refused, and changes nothing', async () => {
    const url = await places.database()
    const server = await places.server()
    const database = new URL(url).pathname.slice(1)
    const clock = manualClock()
    await (await openTestStore(url, clock))[Symbol.asyncDispose]()
    await server.query(`INSERT INTO migrations VALUES (99, '0099-later.sql', 0, '9.0.0')`, database)
    await (await openTestStore(url, clock))[Symbol.asyncDispose]()
    await server.query(`UPDATE meta SET min_node = '9.0.0'`, database)
    await assert.rejects(openTestStore(url, clock), /needs version 9\.0\.0 or newer/)
    assert.deepEqual(await server.query('SELECT id FROM nodes', database), [])
  })

  test('a database that cannot hold every name is refused', async () => {
    const server = await places.server()
    const { rootUser, rootPassword, port } = server
    await server.query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`)
    const url = `postgres://${rootUser}:${rootPassword}@127.0.0.1:${port}/latin`
    await assert.rejects(openTestStore(url, manualClock()), /encoding is LATIN1/)
  })

  test('a wrong password and a server that is not there are told without the password', async () => {
    const url = new URL(await places.database())
    url.password = 'hidden-1'
    for (const port of [url.port, '1']) {
      url.port = port
      const error = await openTestStore(url.href, manualClock()).then(
        () => assert.fail('it was opened'),
        (thrown: unknown) => thrown,
      )
      assert.ok(error instanceof Error)
      assert.ok(!`${error.stack} ${String(error.cause)}`.includes('hidden-1'))
    }
  })

  test('without a clock of a test all times are of the database', async () => {
    const url = await places.database()
    await using store = await openPostgresStore({ url, log: silentLog() })
    assert.deepEqual(await store.tasks.expire(0), [])
    const [row] = await (await places.server()).query(
      'SELECT abs(extract(epoch FROM now()) * 1000 - seen_at) < 60000 AS near FROM nodes',
      new URL(url).pathname.slice(1),
    )
    assert.equal(row?.['near'], true)
  })

  test('the connection is encrypted and the certificate verified', async () => {
    const authority = makeAuthority()
    await using server = await startPostgresql({ tls: authority.issue(['db.example', '127.0.0.1']) })
    await using folder = await tempFolder('ca')
    const [right, wrong] = [join(folder.path, 'right.pem'), join(folder.path, 'wrong.pem')]
    writeFileSync(right, authority.certificate)
    writeFileSync(wrong, makeAuthority('another').certificate)
    const base = `postgres://postgres:${server.rootPassword}@127.0.0.1:${server.port}/postgres`
    const open = (file: string) => openTestStore(`${base}?sslrootcert=${encodeURIComponent(file)}`, manualClock())
    {
      await using store = await open(right)
      assert.equal(store.restoredAt, undefined)
      const rows = await server.query(
        `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'postern/%'`,
      )
      assert.deepEqual(
        rows.map(({ ssl }) => ssl),
        [true],
      )
    }
    await assert.rejects(open(wrong), /127\.0\.0\.1:\d+ cannot be opened: .*CERT/)
  })
})
