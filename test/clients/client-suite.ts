import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { eventually } from '../fixtures/eventually.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { DBS, startGateway, startServer, type TestGateway, UNTHROTTLED } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { type ClientProgram, startClientProgram } from './client-program.ts'
import { installedProgram } from './installed-program.ts'
import { OTHER_CLIENTS, type OtherClient } from './other-clients.ts'
import type { Toolchain } from './toolchain.ts'

const RAM = '2015-05-01'
/** What signatures and forms are spelt wrong with: unreserved signs, a space, a plus, what looks encoded, beyond ASCII. */
const NAMES = ['%2B&=', "a+b c*~d'()!", 'crm_中文', 'we`ird"name']
const COMMENTS = `x+y z*~'()!&=%2F/?#"<>\\ 数据库 é 🐘`

const created = z.object({ RequestId: z.string(), Success: z.literal(true), TaskId: z.number() })
const listed = z.object({
  Success: z.boolean(),
  ErrCode: z.string().optional(),
  DbList: z.object({ dbName: z.array(z.string()) }),
})
const user = z.object({ User: z.object({ UserName: z.string(), Comments: z.string() }) })
const regions = z.object({ Regions: z.object({ RegionCode: z.array(z.string()) }) })

/** The same story with every client of a language; skipped by name where its tools or clients are missing. */
export async function clientSuite(toolchain: Toolchain): Promise<void> {
  const clients = OTHER_CLIENTS.filter(({ language }) => language === toolchain.language)
  const program = await installedProgram(toolchain)
  const skip =
    ('missing' in program && program.missing) || (findMariadb() === undefined && 'MariaDB is not on this machine')

  test(`${toolchain.language}: the manifest pins the versions that the page tells`, () => {
    const manifest = readFileSync(join(import.meta.dirname, toolchain.source, toolchain.manifest), 'utf8')
    const words = manifest.split(/[\s=<>]+/)
    for (const client of clients) {
      const at = words.indexOf(client.package.split(':').at(-1) ?? '')
      const pinned = words.slice(at + 1).find((word) => /^v?\d/.test(word))
      assert.deepEqual([at >= 0, pinned], [true, client.version], client.package)
    }
  })

  describe(`official clients of ${toolchain.language}, unmodified`, { skip }, () => {
    const resources = new AsyncDisposableStack()
    let calls: ClientProgram
    let gateway: TestGateway
    let port: number

    before(async () => {
      assert.ok('command' in program)
      const folder = resources.use(await tempFolder('clients')).path
      const mariadb = resources.use(await startMariadb())
      port = mariadb.port
      for (const name of NAMES) await mariadb.query(`CREATE DATABASE \`${name.replaceAll('`', '``')}\``)
      await mariadb.query("CREATE USER lister@'127.0.0.1' IDENTIFIED BY 'secret'")
      await mariadb.query("GRANT SHOW DATABASES ON *.* TO lister@'127.0.0.1'")
      const server = resources.use(await startServer(folder, { config: UNTHROTTLED }))
      const config = `endpoints:\n  - { engine: MariaDB, host: 127.0.0.1, port: ${port}, user: lister, password: secret, tls: { mode: off } }\n`
      gateway = resources.use(await startGateway(server, folder, { config, region: 'eu-1' }))
      calls = resources.use(startClientProgram(program.command, server))
    })
    after(() => resources.disposeAsync())

    for (const [index, client] of clients.entries()) {
      const { package: name, signature, method, place } = client
      test(`row 18: ${name}, ${signature}, ${method}, ${place}: a list of a real server, a user, and the documented codes`, async () => {
        await databases(client, `a b*~'()+&=%/! ${index}`)
        if (client.operations === 'all') await access(client, `user-${index}`)
        await refusals(client)
      })
    }

    async function databases(client: OtherClient, token: string): Promise<void> {
      const { RegionCode } = regions.parse(
        await calls.ask(client, { action: 'DescribeRegions', version: DBS, params: {} }),
      ).Regions
      assert.deepEqual(RegionCode, ['default', 'eu-1'])
      const task = {
        action: 'CreateGetDBListFromAgentTask',
        version: DBS,
        params: {
          BackupGatewayId: gateway.id,
          DatabaseType: 'MariaDB',
          SourceEndpointIP: '127.0.0.1',
          SourceEndpointPort: String(port),
          ClientToken: token,
        },
      }
      const { TaskId } = created.parse(await calls.ask(client, task))
      const again = created.parse(await calls.ask(client, task))
      assert.equal(again.TaskId, TaskId, 'the same ClientToken is the same task')
      const params = { TaskId: String(TaskId), WaitSeconds: '5' }
      let found: readonly string[] = []
      await eventually('the task has ended', async () => {
        const answer = listed.parse(await calls.ask(client, { action: 'GetDBListFromAgent', version: DBS, params }))
        if (!answer.Success) assert.equal(answer.ErrCode, 'Task.NotFinished')
        found = answer.DbList.dbName
        return answer.Success
      })
      assert.deepEqual(found, NAMES)
    }

    async function access(client: OtherClient, name: string): Promise<void> {
      const params = { UserName: name, Comments: COMMENTS }
      await calls.ask(client, { action: 'CreateUser', version: RAM, params })
      const { User } = user.parse(
        await calls.ask(client, { action: 'GetUser', version: RAM, params: { UserName: name } }),
      )
      assert.deepEqual(User, { ...User, ...params })
      const again = await calls.refusal(client, { action: 'CreateUser', version: RAM, params })
      assert.equal(again.code, 'EntityAlreadyExists.User', again.message)
    }

    async function refusals(client: OtherClient): Promise<void> {
      const read = { action: 'GetDBListFromAgent', version: DBS, params: { TaskId: '123456789012345' } }
      const unknown = await calls.refusal(client, read)
      assert.equal(unknown.code, 'Task.NotFound', unknown.message)
      assert.match(unknown.requestId ?? '', /^[0-9A-F-]{36}$/)
      assert.ok([null, undefined, 404].includes(unknown.status), String(unknown.status))
      const missing = await calls.refusal(client, { ...read, params: {} })
      assert.equal(missing.code, 'MissingTaskId', missing.message)
      const wrong = await calls.refusal(client, { ...read, secret: 'wrong' })
      assert.equal(wrong.code, 'SignatureDoesNotMatch', wrong.message)
    }
  })
}
