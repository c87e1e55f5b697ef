import { after, describe, test } from 'node:test'
import { findPgbouncer, type Pgbouncer, startPgbouncer } from '../fixtures/pgbouncer.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { bucketsSuite } from './buckets-suite.ts'
import { createSuite } from './create-suite.ts'
import { finishSuite } from './finish-suite.ts'
import { postgresPlaces } from './postgres-place.ts'

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
  })
}
