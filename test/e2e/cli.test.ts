import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { EXIT } from '../../src/cli/exit-code.ts'
import { freePort } from '../fixtures/free-port.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { startGateway, startServer, type TestGateway, type TestServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const skip = findMariadb() === undefined && 'MariaDB is not on this machine'

describe('the command line against a real server, gateway and database', { skip }, () => {
  const resources = new AsyncDisposableStack()
  let server: TestServer
  let gateway: TestGateway
  let folder: string
  let where: readonly string[]
  let env: Record<string, string>

  before(async () => {
    folder = resources.use(await tempFolder()).path
    const database = resources.use(await startMariadb())
    for (const name of ['shop', 'crm_中文', 'line\nbreak']) await database.query(`CREATE DATABASE \`${name}\``)
    await database.query("CREATE USER lister@'127.0.0.1' IDENTIFIED BY 'secret'")
    await database.query("GRANT SHOW DATABASES, REFERENCES ON *.* TO lister@'127.0.0.1'")
    await database.query('CREATE TABLE `crm_中文`.a (n INT)')
    server = resources.use(await startServer(folder))
    const config = `endpoints:\n  - { engine: MariaDB, host: 127.0.0.1, port: ${database.port}, user: lister, password: secret, sizeBudgetSeconds: 5, tls: { mode: off } }\n`
    gateway = resources.use(await startGateway(server, folder, { config, region: 'plant-7' }))
    where = ['--gateway', gateway.id, '--engine', 'mariadb', '--host', '127.0.0.1', '--port', String(database.port)]
    env = {
      POSTERN_ENDPOINT: server.url,
      ALIBABA_CLOUD_ACCESS_KEY_ID: server.accessKey.AccessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: server.accessKey.AccessKeySecret,
    }
  })
  after(() => resources.disposeAsync())

  test('postern databases prints a table, JSON or names; no progress in a pipe', async () => {
    const asTable = await postern(['databases', ...where], { env })
    assert.equal(asTable.code, EXIT.done, asTable.stderr)
    assert.match(asTable.stdout, /^DATABASE\n-+\ncrm_中文\nline\\u\{a\}break\nshop\n\n3 databases, visibility complete/)
    assert.equal(asTable.stderr, '')
    const asNames = await postern(['databases', ...where, '--output', 'names'], { env })
    assert.equal(asNames.stdout, 'crm_中文\nline\\u{a}break\nshop\n')
    const asJson = await postern(['databases', ...where, '--output', 'json', '--wait', '30'], { env })
    const body: unknown = JSON.parse(asJson.stdout)
    assert.match(JSON.stringify(body), /"dbName":\["crm_中文","line\\nbreak","shop"\]/)
    const withSystem = await postern(['databases', ...where, '--output', 'names', '--system'], { env })
    assert.match(withSystem.stdout, /^information_schema$/m)
  })

  test('postern databases --details has what is known of each, sizes as people read them', async () => {
    const asTable = await postern(['databases', ...where, '--details'], { env })
    assert.equal(asTable.code, EXIT.done, asTable.stderr)
    assert.match(asTable.stdout, /^DATABASE +CHARSET +READ ONLY +SIZE\n[- ]+\ncrm_中文 +\w+ +no +16\.0 KiB\n/)
    assert.match(asTable.stdout, /\n\n3 databases, visibility complete/)
    const asJson = await postern(['databases', ...where, '--details', '--output', 'json'], { env })
    assert.match(asJson.stdout, /"SizeBytes": 16384/)
    const asNames = await postern(['databases', ...where, '--details', '--output', 'names'], { env })
    assert.equal(asNames.stdout, 'crm_中文\nline\\u{a}break\nshop\n')
  })

  test('postern call prints the answer of any action', async () => {
    const answer = await postern(['call', 'DescribeBackupGatewayList', 'Region=plant-7'], { env })
    assert.equal(answer.code, EXIT.done, answer.stderr)
    assert.match(answer.stdout, new RegExp(`"BackupGatewayId": "${gateway.id}"`))
    const enrolment = await postern(['call', 'CreateGatewayEnrollment', 'Name=another'], { env })
    assert.match(enrolment.stdout, /"EnrollmentToken"/)
    const unknown = await postern(['call', 'Nonsense'], { env })
    assert.equal(unknown.code, EXIT.failed)
    assert.match(unknown.stderr, /InvalidAction\.NotFound/)
  })

  test('postern gateway list shows the true status', async () => {
    const list = await postern(['gateway', 'list'], { env })
    assert.equal(list.code, EXIT.done, list.stderr)
    assert.match(list.stdout, new RegExp(`${gateway.id}  gateway  plant-7  ONLINE`))
  })

  test('exit codes: 1 the task failed, 2 wrong usage, 3 no connection', async () => {
    const failed = await postern(['databases', '--gateway', gateway.id, '--engine', 'MariaDB', '--host', '192.0.2.7'], {
      env,
    })
    assert.equal(failed.code, EXIT.failed)
    assert.match(failed.stderr, /Endpoint\.NotAllowed: [^]*RequestId: /)
    const usages = [
      ['databases', '--gateway', gateway.id],
      ['databases', ...where, '--output', 'yaml'],
      ['databases', ...where, '--wait', 'long'],
      ['databses'],
      ['call', 'GetDBListFromAgent', 'TaskId'],
      ['call', 'GetDBListFromAgent', '--endpoint', 'ftp://x'],
      ['call', 'GetDBListFromAgent', '--key-file', join(folder, 'no-such-file')],
      [],
    ]
    for (const args of usages) assert.equal((await postern(args, { env })).code, EXIT.usage, args.join(' '))
    const suggestion = await postern(['databses'], { env })
    assert.match(suggestion.stderr, /Did you mean databases\?/)
    const withoutKey = await postern(['gateway', 'list', '--endpoint', server.url], {
      env: { ALIBABA_CLOUD_ACCESS_KEY_ID: undefined, ALIBABA_CLOUD_ACCESS_KEY_SECRET: undefined },
    })
    assert.equal(withoutKey.code, EXIT.usage)
    const nowhere = `http://127.0.0.1:${await freePort()}`
    const noConnection = await postern(['gateway', 'list', '--endpoint', nowhere], { env })
    assert.equal(noConnection.code, EXIT.noConnection)
    assert.match(noConnection.stderr, /ECONNREFUSED/)
  })

  const token = async () => {
    const made = await postern(['gateway', 'token', '--name', 'x'], { env })
    assert.match(made.stdout, /^\S+\n$/)
    assert.equal(made.stderr, '')
    return made.stdout.trim()
  }

  test('a token comes from the environment, a file or standard input, works once, and is alone on stdout', async () => {
    const enroll = (name: string, options: Parameters<typeof postern>[1], more: readonly string[] = []) =>
      postern(['gateway', 'enroll', '--server', server.url, '--data', join(folder, name), ...more], options)
    const first = await token()
    assert.equal((await enroll('by-environment', { env: { POSTERN_ENROLLMENT_TOKEN: first } })).code, EXIT.done)
    assert.equal(((await stat(join(folder, 'by-environment', 'gateway.json'))).mode & 0o777).toString(8), '600')
    const again = await enroll('again', { env: { POSTERN_ENROLLMENT_TOKEN: first } })
    assert.equal(again.code, EXIT.failed)
    assert.match(again.stderr, /used already/)
    assert.equal((await enroll('by-stdin', { input: `${await token()}\n` })).code, EXIT.done)
    const file = join(folder, 'token.txt')
    await writeFile(file, await token())
    assert.equal((await enroll('by-file', {}, ['--token-file', file])).code, EXIT.done)
    const overwrite = await enroll('by-file', { input: await token() })
    assert.equal(overwrite.code, EXIT.failed, 'an identity is never overwritten')
    assert.ok(!(await readFile(join(folder, 'by-file', 'gateway.json'), 'utf8')).includes(await readFile(file, 'utf8')))
  })
})
