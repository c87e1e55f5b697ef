import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { toAccountId } from '../../src/model/ids.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { findPgbouncer, type Pgbouncer, startPgbouncer } from '../fixtures/pgbouncer.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { bucketsSuite } from './buckets-suite.ts'
import { createSuite } from './create-suite.ts'
import { finishSuite } from './finish-suite.ts'
import { openTestStore, postgresPlaces } from './postgres-place.ts'
import { newAccount } from './store-world.ts'

if (findPostgresql() === undefined || findPgbouncer() === undefined) {
  test('a PostgreSQL store behind PgBouncer', { skip: 'PostgreSQL or PgBouncer is not on this machine' })
} else {
  let bouncer: Promise<Pgbouncer> | undefined
  const places = postgresPlaces(async (url) => {
    const { port } = await (bouncer ??= places.server().then(startPgbouncer))
    const through = new URL(url)
    through.port = String(port)
    return through.href
  })
  after(async () => {
    await (await bouncer)?.[Symbol.asyncDispose]()
    await places[Symbol.asyncDispose]()
  })
  // Each transaction may have another connection: whatever is kept on one would be missed, or be somebody else's.
  describe('a PostgreSQL store behind PgBouncer in transaction mode', { concurrency: 2 }, () => {
    createSuite(places.open)
    finishSuite(places.open)
    bucketsSuite(places.open)

    test('of several poolers the one before a server that takes writes is used', async () => {
      const server = await places.server()
      await using closed = await startPgbouncer(server, { takesNoWrites: true })
      await using open = await startPgbouncer(server)
      const url = await places.storeDatabase()
      const hosts = (...ports: number[]) =>
        url.replace(/@[^/]+/, `@${ports.map((port) => `127.0.0.1:${port}`).join(',')}`)
      await using store = await openTestStore(hosts(closed.port, open.port), manualClock())
      assert.equal(await store.access.createAccount(newAccount(toAccountId('1'))), true)
      await assert.rejects(openTestStore(hosts(closed.port), manualClock()), /takes no writes/)
    })
  })
}
