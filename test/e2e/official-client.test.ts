import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import RPCClient from '@alicloud/pop-core'
import { z } from 'zod'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { startGateway, startServer, type TestGateway, type TestServer } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const NAMES = ['crm_中文', 'shop', 'we`ird"name']
const skip =
  (findMariadb() === undefined && 'MariaDB is not on this machine') ||
  (findPostgresql() === undefined && 'PostgreSQL is not on this machine')

const created = z.object({
  RequestId: z.string(),
  HttpStatusCode: z.literal(200),
  Success: z.literal(true),
  TaskId: z.number(),
})
const listed = z.object({
  RequestId: z.string(),
  HttpStatusCode: z.literal(200),
  Success: z.boolean(),
  ErrCode: z.string().optional(),
  DbList: z.object({ dbName: z.array(z.string()) }),
  Visibility: z.string().optional(),
  Warnings: z.object({ Warning: z.array(z.object({ Message: z.string(), Grant: z.string().optional() })) }).optional(),
})

const endpoint = (engine: string, port: number) =>
  `  - { engine: ${engine}, host: 127.0.0.1, port: ${port}, user: lister, password: secret, tls: { mode: off } }`

describe('the official Node client, unmodified, against real servers behind a real gateway', { skip }, () => {
  const resources = new AsyncDisposableStack()
  let server: TestServer
  let gateway: TestGateway
  let mariadb: Awaited<ReturnType<typeof startMariadb>>
  let limited: Awaited<ReturnType<typeof startMariadb>>
  let postgresql: Awaited<ReturnType<typeof startPostgresql>>
  let client: RPCClient

  before(async () => {
    const folder = resources.use(await tempFolder())
    mariadb = resources.use(await startMariadb())
    limited = resources.use(await startMariadb())
    postgresql = resources.use(await startPostgresql())
    for (const name of NAMES) {
      await mariadb.query(`CREATE DATABASE \`${name.replaceAll('`', '``')}\``)
      await postgresql.query(`CREATE DATABASE "${name.replaceAll('"', '""')}"`)
    }
    for (const database of [mariadb, limited])
      await database.query("CREATE USER lister@'127.0.0.1' IDENTIFIED BY 'secret'")
    await mariadb.query("GRANT SHOW DATABASES ON *.* TO lister@'127.0.0.1'")
    await limited.query('CREATE DATABASE ledger')
    await limited.query('CREATE DATABASE payroll')
    await limited.query("GRANT SELECT ON ledger.* TO lister@'127.0.0.1'")
    await postgresql.query("CREATE ROLE lister LOGIN PASSWORD 'secret'")
    server = resources.use(await startServer(folder.path))
    gateway = resources.use(
      await startGateway(server, folder.path, {
        config: [
          'endpoints:',
          endpoint('MariaDB', mariadb.port),
          endpoint('MariaDB', limited.port),
          endpoint('PostgreSQL', postgresql.port),
          '',
        ].join('\n'),
      }),
    )
    const { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret } = server.accessKey
    client = new RPCClient({ accessKeyId, accessKeySecret, endpoint: server.url, apiVersion: '2019-03-06' })
  })
  after(() => resources.disposeAsync())

  /** Polls as a user of the original service does. */
  const list = async (engine: string, port: number, method: 'GET' | 'POST') => {
    const params = {
      BackupGatewayId: Number(gateway.id),
      DatabaseType: engine,
      SourceEndpointIP: '127.0.0.1',
      SourceEndpointPort: port,
    }
    const { TaskId } = created.parse(await client.request('CreateGetDBListFromAgentTask', params, { method }))
    const deadline = Date.now() + 30_000
    for (;;) {
      const answer = listed.parse(await client.request('GetDBListFromAgent', { TaskId, WaitSeconds: 1 }, { method }))
      if (answer.Success) return answer
      assert.equal(answer.ErrCode, 'Task.NotFinished')
      assert.ok(Date.now() < deadline, 'the task did not end')
    }
  }

  for (const method of ['GET', 'POST'] as const) {
    test(`row 12: MariaDB, ${method}: odd names come back intact and the list is complete`, async () => {
      const answer = await list('MariaDB', mariadb.port, method)
      assert.deepEqual(answer.DbList.dbName, NAMES)
      assert.equal(answer.Visibility, 'complete')
      assert.deepEqual(answer.Warnings?.Warning, [])
    })
    test(`row 12: PostgreSQL, ${method}: odd names come back intact and the list is complete`, async () => {
      const answer = await list('PostgreSQL', postgresql.port, method)
      assert.deepEqual(answer.DbList.dbName, ['crm_中文', 'postgres', 'shop', 'we`ird"name'])
      assert.equal(answer.Visibility, 'complete')
    })
  }

  test('a user who sees one schema gets partial and the right grant: with it the list is complete', async () => {
    const partial = await list('MariaDB', limited.port, 'GET')
    assert.deepEqual(partial.DbList.dbName, ['ledger'])
    assert.equal(partial.Visibility, 'partial')
    const grant = partial.Warnings?.Warning[0]?.Grant
    assert.ok(grant, 'the warning has a grant')
    await limited.query(grant)
    const afterGrant = await list('MariaDB', limited.port, 'GET')
    assert.deepEqual(afterGrant.DbList.dbName, ['ledger', 'payroll'])
    assert.equal(afterGrant.Visibility, 'complete')
  })

  test('row 14: a task that is not there throws with its code', async () => {
    await assert.rejects(client.request('GetDBListFromAgent', { TaskId: 123456789012345 }), { code: 'Task.NotFound' })
  })
})
