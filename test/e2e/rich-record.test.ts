import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { listDatabases, startGateway, startServer, type TestServer } from '../fixtures/postern.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const noMariadb = findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)'
const noPostgresql = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'

const described = z.object({
  Databases: z.object({ Database: z.array(z.record(z.string(), z.unknown())) }),
  ServerProduct: z.string(),
  ServerVersion: z.string(),
  ServerRole: z.string(),
})

async function describeAll(server: TestServer, where: Record<string, string>) {
  const { created, answer } = await listDatabases(server, { SourceEndpointIP: '127.0.0.1', ...where })
  assert.equal(answer.body['Success'], true, JSON.stringify(answer.body))
  const { TaskId } = z.object({ TaskId: z.number() }).parse(created.body)
  const params = { TaskId: String(TaskId), IncludeSystemDatabases: 'true', MaxResults: '1000' }
  const all = described.parse((await server.call('DescribeDatabases', params, '2026-12-01')).body)
  const of = (name: string) => all.Databases.Database.find(({ Name }) => Name === name)
  return { ...all, of }
}

const endpoint = (engine: string, port: number) =>
  `  - { engine: ${engine}, host: 127.0.0.1, port: ${port}, user: lister, password: secret, tls: { mode: off } }\n`

test('MariaDB: character set, collation, system, version, role, and read-only while the server is', {
  skip: noMariadb,
  timeout: 60_000,
}, async () => {
  await using folder = await tempFolder()
  await using database = await startMariadb()
  await database.query("CREATE USER lister@'127.0.0.1' IDENTIFIED BY 'secret'")
  await database.query("GRANT SHOW DATABASES, SLAVE MONITOR ON *.* TO lister@'127.0.0.1'")
  await database.query('CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin')
  await database.query('CREATE DATABASE old CHARACTER SET latin1 COLLATE latin1_german1_ci')
  await using server = await startServer(folder.path)
  const config = `endpoints:\n${endpoint('MariaDB', database.port)}`
  await using gateway = await startGateway(server, folder.path, { config })
  const where = { BackupGatewayId: gateway.id, DatabaseType: 'MariaDB', SourceEndpointPort: String(database.port) }

  const writable = await describeAll(server, where)
  const common = { Kind: 'database', System: false, ReadOnly: false }
  assert.deepEqual(writable.of('shop'), { ...common, Name: 'shop', Charset: 'utf8mb4', Collation: 'utf8mb4_bin' })
  assert.deepEqual(writable.of('old'), { ...common, Name: 'old', Charset: 'latin1', Collation: 'latin1_german1_ci' })
  assert.equal(writable.of('mysql')?.['System'], true)
  assert.deepEqual([writable.ServerProduct, writable.ServerRole], ['MariaDB', 'primary'])
  assert.ok(database.version.startsWith(writable.ServerVersion.split('-')[0] ?? 'none'), writable.ServerVersion)

  // A source that is configured makes it a replica, whether it can be reached or not.
  await database.query("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='nobody'")
  await database.query('SET GLOBAL read_only = ON')
  const replica = await describeAll(server, where)
  assert.deepEqual([replica.of('shop')?.['ReadOnly'], replica.ServerRole], [true, 'replica'])
})

test('PostgreSQL: owner, encoding, collation, connectable, template, state, version and role', {
  skip: noPostgresql,
  timeout: 60_000,
}, async () => {
  await using folder = await tempFolder()
  await using database = await startPostgresql()
  await database.query("CREATE ROLE lister LOGIN PASSWORD 'secret'")
  await database.query('CREATE ROLE "Ö""wner"')
  await database.query('CREATE DATABASE shop OWNER "Ö""wner"')
  await database.query('CREATE DATABASE closed ALLOW_CONNECTIONS false')
  await database.query('CREATE DATABASE form IS_TEMPLATE true')
  await database.query("CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0")
  await database.query('CREATE DATABASE half')
  await database.query("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half'")
  await using standby = await startPostgresql({ standby: true })
  await using server = await startServer(folder.path)
  const asRoot = endpoint('PostgreSQL', standby.port)
    .replace('lister', standby.rootUser)
    .replace('secret', standby.rootPassword)
  const config = `endpoints:\n${endpoint('PostgreSQL', database.port)}${asRoot}`
  await using gateway = await startGateway(server, folder.path, { config })
  const where = { BackupGatewayId: gateway.id, DatabaseType: 'PostgreSQL', SourceEndpointPort: String(database.port) }

  const all = await describeAll(server, where)
  const common = {
    Kind: 'database',
    System: false,
    Charset: 'UTF8',
    Collation: 'C',
    Connectable: true,
    ReadOnly: false,
  }
  assert.deepEqual(all.of('shop'), { ...common, Name: 'shop', Owner: 'Ö"wner' })
  const byPostgres = { ...common, Owner: 'postgres' }
  assert.deepEqual(all.of('closed'), { ...byPostgres, Name: 'closed', Connectable: false })
  assert.deepEqual(all.of('form'), { ...byPostgres, Name: 'form', System: true })
  assert.deepEqual(all.of('old'), { ...byPostgres, Name: 'old', Charset: 'LATIN1' })
  assert.deepEqual(all.of('half'), { ...byPostgres, Name: 'half', State: 'invalid' })
  assert.deepEqual([all.ServerProduct, all.ServerVersion, all.ServerRole], ['PostgreSQL', database.version, 'primary'])
  const second = await describeAll(server, { ...where, SourceEndpointPort: String(standby.port) })
  assert.deepEqual([second.of('postgres')?.['ReadOnly'], second.ServerRole], [true, 'replica'])
})
