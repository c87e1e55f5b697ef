import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { XMLParser } from 'fast-xml-parser'
import { z } from 'zod'
import { EXIT } from '../../src/cli/exit-code.ts'
import { xmlCall } from '../api/xml-call.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import {
  listDatabases,
  namesOf,
  startGateway,
  startServer,
  type TestGateway,
  type TestServer,
} from '../fixtures/postern.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

interface Odd {
  /** As it is sorted and listed. */
  readonly name: string
  /** In XML, where it differs; DescribeDatabases then has the exact bytes. */
  readonly inXml?: string
  /** Exact, where the name is not UTF-8. */
  readonly bytes?: Buffer
}

const EVERYWHERE: readonly Odd[] = [
  { name: ' first a space' },
  { name: '"double"' },
  { name: '$(reboot)' },
  { name: "';DROP--" },
  { name: '(paren' },
  { name: '<b>&amp;' },
  { name: 'ab\tcd' },
  { name: 'back`tick' },
  { name: 'beep\u0007', inXml: 'beep\ufffd' },
  { name: 'clear\u001b[2J', inXml: 'clear\ufffd[2J' },
  { name: 'csi\u009b2J' },
  { name: 'line\nbreak' },
  { name: 'return\rhere' },
  { name: 'turned\u202eround' },
  { name: '数据库' },
]
/** Names of MariaDB are of the Basic Multilingual Plane, at most 64 characters; of PostgreSQL at most 63 bytes. */
const OF_MARIADB: readonly Odd[] = [...EVERYWHERE, { name: 'x'.repeat(64) }, { name: '数'.repeat(40) }]
const OF_POSTGRESQL: readonly Odd[] = [
  ...EVERYWHERE,
  { name: 'y'.repeat(63) },
  { name: '\u{1f418}\u{1f600}' },
  { name: 'caf\ufffd', bytes: Buffer.from('636166e9', 'hex') },
]

const inOrder = (odd: readonly Odd[]) =>
  odd.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
const CONTROLS = /[\p{Cf}\p{Zl}\p{Zp}]|(?!\n)\p{Cc}/u
const warned = z.object({
  Warnings: z.object({ Warning: z.array(z.object({ Code: z.string(), Message: z.string() })) }),
})
const described = z.object({
  Databases: z.object({ Database: z.array(z.object({ Name: z.string(), NameBase64: z.string().optional() })) }),
})

function names(engine: 'MariaDB' | 'PostgreSQL', odd: readonly Odd[]) {
  const missing = (engine === 'MariaDB' ? findMariadb() : findPostgresql()) === undefined
  const skip = missing && `${engine} is not on this machine`
  const expected = inOrder(odd)
  const notUtf8 = expected.filter(({ bytes }) => bytes !== undefined).length

  describe(`odd names of a real ${engine}`, { skip, timeout: 90_000 }, () => {
    const resources = new AsyncDisposableStack()
    let server: TestServer
    let gateway: TestGateway
    let task: string

    before(async () => {
      const folder = resources.use(await tempFolder()).path
      const database = resources.use(await (engine === 'MariaDB' ? mariadb(odd) : postgresql(odd)))
      server = resources.use(await startServer(folder))
      const config = `endpoints:\n  - { engine: ${engine}, host: 127.0.0.1, port: ${database.port}, user: lister, password: secret, tls: { mode: off } }\n`
      gateway = resources.use(await startGateway(server, folder, { config }))
      const where = { DatabaseType: engine, SourceEndpointIP: '127.0.0.1', SourceEndpointPort: String(database.port) }
      const { created, answer } = await listDatabases(server, { BackupGatewayId: gateway.id, ...where })
      assert.equal(answer.body['Success'], true, JSON.stringify(answer.body))
      task = String(z.object({ TaskId: z.number() }).parse(created.body).TaskId)
    })
    after(() => resources.disposeAsync())

    test('row 17: JSON has every name, by code point, and says how many are not exact (peers case 10)', async () => {
      const answer = await server.call('GetDBListFromAgent', { TaskId: task })
      // PostgreSQL has one of its own that may be backed up.
      assert.deepEqual(
        namesOf(answer).filter((name) => name !== 'postgres'),
        expected.map(({ name }) => name),
      )
      const codes = warned.parse(answer.body).Warnings.Warning.map(({ Code }) => Code)
      assert.deepEqual(codes, notUtf8 > 0 ? ['Names.NotExact'] : [])
    })

    test('row 3: XML has U+FFFD where it cannot hold a character, and says so', async () => {
      const { AccessKeyId: accessKeyId, AccessKeySecret: secret } = server.accessKey
      const at = { url: server.url, key: { accessKeyId, secret } }
      const { text } = await xmlCall(at, 'GetDBListFromAgent', { TaskId: task })
      const parsed: unknown = new XMLParser({ parseTagValue: false, trimValues: false, htmlEntities: true }).parse(text)
      const { GetDBListFromAgentResponse: body } = z
        .object({ GetDBListFromAgentResponse: z.object({ DbList: z.object({ dbName: z.array(z.string()) }) }) })
        .parse(parsed)
      assert.deepEqual(
        body.DbList.dbName.filter((name) => name !== 'postgres'),
        expected.map(({ name, inXml }) => inXml ?? name),
      )
      const inexact = notUtf8 + expected.filter(({ inXml }) => inXml !== undefined).length
      assert.ok(text.includes('<Code>Names.NotExact</Code>'))
      assert.ok(text.includes(`<Message>${inexact} names are not exact`), text.slice(-600))
    })

    test('DescribeDatabases: the exact bytes of every name that is not text for every format', async () => {
      const { body } = await server.call('DescribeDatabases', { TaskId: task, MaxResults: '1000' }, '2026-12-01')
      const found = described.parse(body).Databases.Database.filter(({ Name }) => Name !== 'postgres')
      assert.deepEqual(
        found.map(({ Name, NameBase64 }) => [Name, NameBase64]),
        expected.map(({ name, bytes, inXml }) => [
          name,
          bytes === undefined && inXml === undefined ? undefined : (bytes ?? Buffer.from(name)).toString('base64'),
        ]),
      )
    })

    test('the command prints nothing that controls a terminal, and its JSON is exact', async () => {
      for (const output of ['names', 'table', 'json']) {
        const connection = ['--endpoint', server.url, '--key-file', server.keyFile]
        const args = ['--gateway', gateway.id, '--engine', engine, '--output', output]
        const listed = await postern(['databases', ...args, ...connection])
        assert.equal(listed.code, EXIT.done, listed.stderr)
        assert.doesNotMatch(listed.stdout + listed.stderr, CONTROLS, output)
        if (output === 'names') assert.match(listed.stdout, /^line\\u\{a\}break$/m)
        if (output !== 'json') continue
        const body: unknown = JSON.parse(listed.stdout)
        const { DbList } = z.object({ DbList: z.object({ dbName: z.array(z.string()) }) }).parse(body)
        assert.deepEqual(
          DbList.dbName.filter((name) => name !== 'postgres'),
          expected.map(({ name }) => name),
        )
      }
    })
  })
}

async function mariadb(odd: readonly Odd[]) {
  const server = await startMariadb()
  for (const { name } of odd) await server.query(`CREATE DATABASE \`${name.replaceAll('`', '``')}\``)
  await server.query("CREATE USER lister@'127.0.0.1' IDENTIFIED BY 'secret'")
  await server.query("GRANT SHOW DATABASES ON *.* TO lister@'127.0.0.1'")
  return server
}

/** In SQL_ASCII the catalog takes any bytes. Rows alone, without files: making each database would take a second. */
async function postgresql(odd: readonly Odd[]) {
  const server = await startPostgresql({ encoding: 'SQL_ASCII' })
  await server.query("CREATE ROLE lister LOGIN PASSWORD 'secret'")
  const rows = odd.map(({ name, bytes }, index) => {
    const hex = (bytes ?? Buffer.from(name)).toString('hex')
    return `UPDATE made SET oid = ${90_000 + index}, datname = convert_from('\\x${hex}'::bytea, 'SQL_ASCII')::name;
      INSERT INTO pg_database SELECT * FROM made`
  })
  const copy = "CREATE TEMP TABLE made AS SELECT * FROM pg_database WHERE datname = 'postgres'"
  await server.query([copy, ...rows].join(';\n'))
  return server
}

names('MariaDB', OF_MARIADB)
names('PostgreSQL', OF_POSTGRESQL)
