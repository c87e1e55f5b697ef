import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Connection, type ConnectionConfiguration, Request } from 'tedious'
import { makeAuthority } from '../fixtures/certificates.ts'
import { startSqlserver } from '../fixtures/sqlserver.ts'

const AUTHORITY = makeAuthority()
const CERTIFICATE = AUTHORITY.issue(['db.test'])
const TRUSTED = { serverName: 'db.test', cryptoCredentialsDetails: { ca: AUTHORITY.certificate } }
const PASSWORD = 'Pä$$ 中文'

/** The driver as it comes, with its own sockets and its own TLS: what it takes from the stand-in is as the protocol has it. */
async function names(
  port: number,
  options: ConnectionConfiguration['options'],
  password = PASSWORD,
): Promise<unknown[]> {
  const connection = new Connection({
    server: '127.0.0.1',
    authentication: { type: 'default', options: { userName: 'anna', password } },
    options: { port, connectTimeout: 10_000, maxRetriesOnTransientErrors: 0, ...options },
  })
  const numbers: number[] = []
  connection.on('errorMessage', ({ number }) => numbers.push(number))
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())))
    const found: unknown[] = []
    await new Promise<void>((resolve, reject) => {
      const request = new Request('SELECT name FROM sys.databases', (error) => (error ? reject(error) : resolve()))
      request.on('row', (columns: readonly { readonly value: unknown }[]) => found.push(columns[0]?.value))
      connection.execSqlBatch(request)
    })
    return found
  } catch (error) {
    throw Object.assign(new Error(error instanceof Error ? error.message : 'unknown'), { numbers })
  } finally {
    connection.close()
  }
}

describe('the stand-in for SQL Server, with the driver alone', () => {
  for (const [what, server, options, encrypted] of [
    ['no TLS', {}, { encrypt: false }, 'no'],
    ['TLS inside TDS', { tls: CERTIFICATE }, { encrypt: true, ...TRUSTED }, 'all'],
    ['TDS 8', { tls: CERTIFICATE, strict: true }, { encrypt: 'strict', ...TRUSTED }, 'all'],
  ] as const) {
    test(`${what}: it logs in and reads 304 rows`, async () => {
      await using standIn = await startSqlserver(server)
      standIn.setUser('anna', { password: PASSWORD })
      for (let i = 0; i < 300; i++) standIn.addDatabase({ name: `db_${i}_中文` })
      const found = await names(standIn.port, options)
      assert.equal(found.length, 304)
      assert.equal(found.at(-1), 'db_299_中文')
      assert.equal(standIn.sessions[0]?.encrypted, encrypted)
    })
  }

  test('it is refused with the numbers of the server', async () => {
    await using standIn = await startSqlserver()
    standIn.setUser('anna', { password: PASSWORD })
    await assert.rejects(names(standIn.port, { encrypt: false }, 'wrong'), { numbers: [18456] })
    await assert.rejects(names(standIn.port, { encrypt: false, database: 'nowhere' }), { numbers: [4060, 18456] })
  })

  test('it trusts no other certificate, and does not log in without the TLS that it wants', async () => {
    await using secure = await startSqlserver({ tls: CERTIFICATE })
    await assert.rejects(names(secure.port, { encrypt: true, serverName: 'db.test' }), /certificate|self-signed/)
    await using plain = await startSqlserver()
    plain.setUser('anna', { password: PASSWORD })
    await assert.rejects(names(plain.port, { encrypt: true, ...TRUSTED }), /did not negotiate encryption/)
    assert.equal(plain.sessions.length, 0)
  })
})
