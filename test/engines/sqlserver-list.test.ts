import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type StandInOptions, startSqlserver } from '../fixtures/sqlserver.ts'
import { type Cell, type Column, columnsToken, errorToken, rowToken } from '../fixtures/tds-tokens.ts'
import type { TdsConnection } from '../fixtures/tds-connection.ts'
import { packets } from '../fixtures/tds-connection.ts'
import { openSession, PASSWORD, rejection, USER } from './engine-session.ts'

const ANSWER = 0x04

async function start(options: StandInOptions = {}, viewsAnyDatabase = true) {
  const server = await startSqlserver(options)
  server.setUser(USER, { password: PASSWORD, viewsAnyDatabase })
  return server
}

async function list(port: number, database?: string) {
  await using session = await openSession({
    engine: 'MSSQL',
    port,
    queryMs: 35_000,
    ...(database === undefined ? {} : { database }),
  })
  return await session.listDatabases()
}

test('a record tells state, recovery model, snapshot, owner, collation and whether one may connect (peers case 11)', async () => {
  await using server = await start()
  server.addDatabase({ name: 'crm', recovery: 'BULK_LOGGED', owner: 'DOMAIN\\anna' })
  server.addDatabase({ name: 'crm_0600', snapshotOf: [5, 'crm'], readOnly: true, recovery: 'FULL' })
  server.addDatabase({ name: 'of_hidden', snapshotOf: [9, null], owner: null })
  server.addDatabase({ name: 'off', state: 'OFFLINE', collation: null, access: false })
  const { databases } = await list(server.port)
  const usual = { kind: 'database', system: false, collation: 'SQL_Latin1_General_CP1_CI_AS', state: 'ONLINE' } as const
  const more = { connectable: true, readOnly: false, recoveryModel: 'FULL' }
  assert.deepEqual(
    [...databases].filter(({ system }) => !system),
    [
      { ...usual, ...more, name: 'crm', owner: 'DOMAIN\\anna', recoveryModel: 'BULK_LOGGED' },
      { ...usual, ...more, name: 'crm_0600', owner: 'sa', readOnly: true, snapshotOf: 'crm' },
      { ...usual, ...more, name: 'of_hidden', snapshotOf: 'database_id 9' },
      {
        ...more,
        name: 'off',
        owner: 'sa',
        kind: 'database',
        system: false,
        state: 'OFFLINE',
        connectable: false,
      },
    ],
  )
})

test('half a surrogate pair in a name: U+FFFD, and its exact 16-bit units beside it', async () => {
  await using server = await start()
  server.addDatabase({ name: 'a\ud83dz' })
  const { databases } = await list(server.port)
  const odd = [...databases].find(({ nameBase64 }) => nameBase64 !== undefined)
  assert.equal(odd?.name, 'a\ufffdz')
  assert.equal(Buffer.from(odd?.nameBase64 ?? '', 'base64').toString('utf16le'), 'a\ud83dz')
})

describe('whether the list is complete', () => {
  test('without VIEW ANY DATABASE it is partial, and the grant is told', async () => {
    await using server = await start({}, false)
    server.addDatabase({ name: 'crm' })
    const { databases, visibility, warnings } = await list(server.port)
    assert.deepEqual(
      [...databases].map(({ name }) => name),
      ['master', 'tempdb'],
    )
    assert.equal(visibility, 'partial')
    assert.deepEqual(
      warnings.map(({ code, grant }) => [code, grant]),
      [['MSSQL.ViewAnyDatabaseMissing', `GRANT VIEW ANY DATABASE TO [${USER}]`]],
    )
  })

  test('where the probe is refused it is unknown', async () => {
    await using server = await start({
      onStatement: (sql) => (sql.includes('SERVERPROPERTY') ? { number: 229, message: 'No.' } : undefined),
    })
    const { visibility, warnings, databases } = await list(server.port)
    assert.deepEqual([visibility, warnings[0]?.code, databases.length], ['unknown', 'MSSQL.PermissionsNotReadable', 4])
  })

  test('Azure SQL Database: unknown in master, partial elsewhere', async () => {
    await using server = await start({ edition: 5 })
    server.addDatabase({ name: 'shop' })
    const inMaster = await list(server.port)
    const inShop = await list(server.port, 'shop')
    assert.deepEqual([inMaster.visibility, inMaster.warnings[0]?.code], ['unknown', 'MSSQL.AzureSqlDatabase'])
    assert.deepEqual([inShop.visibility, inShop.warnings[0]?.code], ['partial', 'MSSQL.NotMaster'])
    assert.match(inShop.warnings[0]?.message ?? '', /only in master/)
  })
})

for (const [number, code] of [
  [229, 'Database.PrivilegeMissing'],
  [1222, 'Task.ExecutionTimedOut'],
  [208, 'Database.NotListable'],
] as const) {
  test(`error ${number} of the list is ${code}`, async () => {
    await using server = await start({
      onStatement: (sql) =>
        sql.includes('sys.databases') ? { number, message: 'The SELECT was refused.' } : undefined,
    })
    const error = await rejection(list(server.port))
    assert.equal(error.code, code)
    assert.match(error.message, new RegExp(`The SELECT was refused\\. \\(${number}\\)`))
  })
}

describe('a hostile answer to the list', () => {
  const MAX: readonly Column[] = [{ name: 'name', type: 'max' }]
  const answers = {
    'a value without an end': {
      first: [
        columnsToken(MAX),
        Buffer.from([0xd1, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      ],
      rest: Buffer.alloc(4000, 0x41),
    },
    'a value of 2 GiB': {
      first: [columnsToken(MAX), Buffer.from([0xd1, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x80])],
      rest: Buffer.alloc(4000, 0x41),
    },
    'messages without an end': { first: [], rest: errorToken({ number: 5701, message: 'x'.repeat(1000) }) },
    'another kind of row': {
      first: [columnsToken(MAX), Buffer.from([0xd1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
      rest: Buffer.alloc(0),
    },
    'a token that does not exist': { first: [Buffer.alloc(100, 0x77)], rest: Buffer.alloc(0) },
  }
  for (const [what, { first, rest }] of Object.entries(answers)) {
    test(`${what} ends in a clear error, in bounded memory`, async () => {
      let sent = 0
      await using server = await start({
        onStatement: (sql, connection) => {
          if (!sql.includes('sys.databases')) return undefined
          connection.raw(unfinished(Buffer.concat(first)))
          if (rest.length > 0) flood(connection, unfinished(rest), (bytes) => (sent += bytes))
          return true
        },
      })
      const error = await rejection(list(server.port))
      assert.match(error.code, /^(Result\.TooLarge|Endpoint\.WrongProtocol)$/, error.message)
      assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes`)
    })
  }

  test('rows of a name as long as can be, without an end, end at the limit of a listing', async () => {
    const columns: readonly Column[] = (
      ['text', 'text', 'text', 'text', 'int', 'int', 'text', 'text', 'int'] as const
    ).map((type) => ({ name: 'c', type }))
    const cells: readonly Cell[] = ['n'.repeat(1900), null, null, null, 0, null, null, null, 1]
    const rows = Buffer.concat(Array.from({ length: 16 }, () => rowToken(cells, columns)))
    await using server = await start({
      onStatement: (sql, connection) => {
        if (!sql.includes('sys.databases')) return undefined
        connection.raw(unfinished(columnsToken(columns)))
        flood(connection, unfinished(rows), () => {})
        return true
      },
    })
    const error = await rejection(list(server.port))
    assert.equal(error.code, 'Result.TooLarge')
    assert.match(error.message, /databases came to \d+ bytes/)
  })
})

/** Packets none of which is the last of its message. */
function unfinished(payload: Buffer): Buffer {
  const bytes = packets(ANSWER, payload)
  for (let at = 0; at < bytes.length; at += bytes.readUInt16BE(at + 2)) bytes[at + 1] = 0
  return bytes
}

function flood(connection: TdsConnection, bytes: Buffer, count: (bytes: number) => void) {
  const more = () => {
    while (connection.open) {
      count(bytes.length)
      if (!connection.raw(bytes)) break
    }
  }
  connection.onDrain(more)
  more()
}
