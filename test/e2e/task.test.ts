import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { EXIT } from '../../src/cli/exit-code.ts'
import { eventually } from '../fixtures/eventually.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { startGateway, startServer, type TestGateway, type TestServer, waitForTask } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { type SilentServer, startSilentServer } from '../fixtures/silent-server.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const skip = findMariadb() === undefined && 'MariaDB is not on this machine'
const OWN = '2026-12-01'
const SECRET = 'secret-of-the-test'

const entry = (port: number, password: string) =>
  `  - { engine: MariaDB, host: 127.0.0.1, port: ${port}, user: lister, password: ${password}, tls: { mode: off } }\n`

describe('tasks looked at and cancelled, with a real gateway and database', { skip }, () => {
  const resources = new AsyncDisposableStack()
  let server: TestServer
  let gateway: TestGateway
  let silent: SilentServer
  let env: Record<string, string>
  let good: number
  let wrong: number

  before(async () => {
    const folder = resources.use(await tempFolder()).path
    const [one, two] = await Promise.all([startMariadb(), startMariadb()])
    resources.use(one)
    resources.use(two)
    for (const database of [one, two]) {
      await database.query(`CREATE USER lister@'127.0.0.1' IDENTIFIED BY '${SECRET}'`)
      await database.query("GRANT SHOW DATABASES ON *.* TO lister@'127.0.0.1'")
    }
    await one.query('CREATE DATABASE crm CHARACTER SET utf8mb4')
    silent = resources.use(await startSilentServer())
    server = resources.use(await startServer(folder))
    const config = `endpoints:\n${entry(one.port, SECRET)}${entry(two.port, `not-the-${SECRET}`)}${entry(silent.port, SECRET)}limits: { connectSeconds: 60 }\n`
    gateway = resources.use(await startGateway(server, folder, { config }))
    good = one.port
    wrong = two.port
    env = {
      POSTERN_ENDPOINT: server.url,
      ALIBABA_CLOUD_ACCESS_KEY_ID: server.accessKey.AccessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: server.accessKey.AccessKeySecret,
    }
  })
  after(() => resources.disposeAsync())

  const create = async (port: number) => {
    const where = {
      BackupGatewayId: gateway.id,
      DatabaseType: 'MariaDB',
      SourceEndpointIP: '127.0.0.1',
      ExecutionTimeoutSeconds: '300',
    }
    const created = await server.call('CreateGetDBListFromAgentTask', { ...where, SourceEndpointPort: String(port) })
    return z.object({ TaskId: z.number() }).parse(created.body).TaskId
  }
  const show = async (task: number) => {
    const shown = await postern(['task', 'show', String(task)], { env })
    assert.equal(shown.code, EXIT.done, shown.stderr)
    assert.ok(!shown.stdout.includes(SECRET), 'no password')
    return shown.stdout
  }
  const task = async (id: number) => (await server.call('GetTask', { TaskId: String(id) }, OWN)).body

  test('a list: every step ok, the attempt finished, the signature valid, the rich record', async () => {
    const id = await create(good)
    await waitForTask(server, id)
    await eventually('the signature is checked', async () => (await task(id))['ResultSignature'] !== 'unchecked')
    const text = await show(id)
    assert.match(
      text,
      new RegExp(`^${id} \\(MariaDB at 127\\.0\\.0\\.1:${good}\\): Succeeded, complete, \\d+ databases`),
    )
    assert.match(text, /signature of the result: valid/)
    assert.match(text, /\nlogin +ok +\d+ ms\n/)
    assert.match(text, /\n1 +1 +\S+Z +\S+Z +finished\n/)

    const { body } = await server.call('DescribeDatabases', { TaskId: String(id) }, OWN)
    const { Databases } = z
      .object({ Databases: z.object({ Database: z.array(z.record(z.string(), z.unknown())) }) })
      .parse(body)
    const crm = Databases.Database.find(({ Name }) => Name === 'crm')
    assert.deepEqual([crm?.['Kind'], crm?.['Charset']], ['database', 'utf8mb4'])
  })

  test('a wrong password: the ladder says where it ended, and what to do', async () => {
    const id = await create(wrong)
    await waitForTask(server, id)
    const text = await show(id)
    assert.match(text, /: Failed\n/)
    assert.match(text, /\nlogin +failed +\d+ ms\nprivilege +not reached\nlist +not reached\n/)
    assert.match(text, /\nDatabase\.AuthenticationFailed: .*\n {2}to mend: Check user, password/)
    const listed = await postern(['task', 'list', '--status', 'failed', '--since', '1h', '--gateway', gateway.id], {
      env,
    })
    assert.equal(listed.code, EXIT.done, listed.stderr)
    assert.match(
      listed.stdout,
      new RegExp(`\n${id} +Failed +MariaDB +127\\.0\\.0\\.1:${wrong} .* Database\\.AuthenticationFailed\n$`),
    )
    const wrongUse = await postern(['task', 'list', '--since', 'yesterday'], { env })
    assert.deepEqual([wrongUse.code, /InvalidCreatedAfter/.test(wrongUse.stderr)], [EXIT.failed, true])
  })

  test('row 26: a task that runs against a server that says nothing is cancelled, and the gateway hangs up', async () => {
    const connected = silent.connected()
    const id = await create(silent.port)
    await connected
    await eventually('it runs', async () => (await task(id))['CurrentStep'] !== undefined)
    const text = await show(id)
    assert.match(text, /: Running\n/)
    assert.match(text, / +running\n/)
    const cancelled = await postern(['task', 'cancel', String(id)], { env })
    assert.deepEqual([cancelled.code, cancelled.stdout], [EXIT.done, `${id}  Cancelled\n`])
    assert.match(await show(id), /Task\.Cancelled: The task was cancelled\. By \d+:root\./)
    await eventually('the gateway has told what came too late', async () =>
      /"Late":/.test(JSON.stringify(await task(id))),
    )
    const again = await postern(['task', 'cancel', String(id)], { env })
    assert.equal(again.stdout, `${id}  Cancelled\n`)
    const unknown = await postern(['task', 'cancel', '100000000000000'], { env })
    assert.deepEqual([unknown.code, /Task\.NotFound/.test(unknown.stderr)], [EXIT.failed, true])
  })
})
