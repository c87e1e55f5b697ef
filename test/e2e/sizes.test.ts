import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import postgres from 'postgres'
import { z } from 'zod'
import { listDatabases, startGateway, startServer } from '../fixtures/postern.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'

const described = z.object({
  Databases: z.object({ Database: z.array(z.object({ Name: z.string(), SizeBytes: z.number().optional() })) }),
  Warnings: z.object({ Warning: z.array(z.object({ Code: z.string(), Message: z.string() })) }),
})

/** Hands everything on, and does `before` first where a client says these words. */
async function startWatcher(port: number, words: string, before: () => Promise<unknown>) {
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
    upstream.on('error', () => client.destroy()).pipe(client)
    client.on('data', (chunk) => {
      const ready = chunk.includes(words) ? before() : undefined
      if (ready === undefined) upstream.write(chunk)
      ready?.then(
        () => upstream.write(chunk),
        () => client.destroy(),
      )
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}

const endpoint = (port: number, more: string) =>
  `  - { engine: PostgreSQL, host: 127.0.0.1, port: ${port}, user: lister, password: secret, tls: { mode: off }${more} }\n`

test('sizes are there where the endpoint has a budget, and a lock that outlasts it costs only them', {
  skip,
  timeout: 60_000,
}, async () => {
  await using folder = await tempFolder()
  await using database = await startPostgresql()
  await database.query("CREATE ROLE lister LOGIN PASSWORD 'secret'")
  await database.query('CREATE DATABASE shop')
  const login = { host: '127.0.0.1', port: database.port, user: 'postgres', database: 'postgres', max: 1 }
  const locker = postgres({ ...login, password: database.rootPassword })
  await using resources = new AsyncDisposableStack()
  resources.defer(() => locker.end())
  let lock = false
  await using watcher = await startWatcher(database.port, 'pg_database_size', async () => {
    if (lock) await locker.unsafe('BEGIN; LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE')
  })
  await using server = await startServer(folder.path)
  const config = `endpoints:\n${endpoint(watcher.port, ', sizeBudgetSeconds: 1')}${endpoint(database.port, '')}`
  await using gateway = await startGateway(server, folder.path, { config })

  const describeAt = async (port: number) => {
    const where = { BackupGatewayId: gateway.id, DatabaseType: 'PostgreSQL', SourceEndpointIP: '127.0.0.1' }
    const { created, answer } = await listDatabases(server, { ...where, SourceEndpointPort: String(port) })
    assert.equal(answer.body['Success'], true, JSON.stringify(answer.body))
    const { TaskId } = z.object({ TaskId: z.number() }).parse(created.body)
    const { body } = await server.call('DescribeDatabases', { TaskId: String(TaskId) }, '2026-12-01')
    const { Databases, Warnings } = described.parse(body)
    return { shop: Databases.Database.find(({ Name }) => Name === 'shop'), warnings: Warnings.Warning }
  }

  const [row] = await database.query("SELECT pg_database_size('shop')::float8 AS bytes")
  assert.deepEqual(await describeAt(watcher.port), { shop: { Name: 'shop', SizeBytes: row?.['bytes'] }, warnings: [] })
  assert.deepEqual(await describeAt(database.port), { shop: { Name: 'shop' }, warnings: [] })

  lock = true
  const held = await describeAt(watcher.port)
  assert.deepEqual(held.shop, { Name: 'shop' })
  assert.equal(held.warnings[0]?.Code, 'Sizes.NotKnown')
  assert.match(
    held.warnings[0].Message,
    /^The sizes of 2 of 2 databases are not known\. The server did not tell them within 1000 ms/,
  )
  await locker.unsafe('COMMIT')
})
