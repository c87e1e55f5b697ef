import assert from 'node:assert/strict'
import { test } from 'node:test'
import oracledb from 'oracledb'
import { startOracle } from '../fixtures/oracle.ts'
import { openSession, PASSWORD, USER } from './engine-session.ts'

/** The stand-in is proven by the vendor's driver as it comes, over its own sockets; then the engine takes those away. */
test("the vendor's driver talks to the stand-in; once the engine has used it, it dials no more by itself", async () => {
  await using server = await startOracle()
  server.users.set(USER.toUpperCase(), { password: PASSWORD })
  for (let number = 0; number < 250; number++) server.pdbs.push({ name: `PDB${number}`, size: number * 1000 })
  const connectString = `127.0.0.1:${server.port}/FREE`
  const own = { user: USER, password: PASSWORD, connectString }
  const connection = await oracledb.getConnection(own)
  assert.equal(connection.oracleServerVersionString, '19.16.0.0.0')
  const options = { resultSet: true, fetchArraySize: 100, prefetchRows: 100 } as const
  const { resultSet } = await connection.execute('SELECT name FROM v$pdbs', [], options)
  const rows = (await resultSet?.getRows(1000)) ?? []
  assert.equal(rows.length, 251)
  assert.deepEqual(rows[250], ['PDB249', 'READ WRITE', 'NO', 249_000])
  await resultSet?.close()
  await assert.rejects(connection.execute('SELECT 1 FROM nowhere', [], options), /ORA-00942/)
  await connection.close()
  await assert.rejects(oracledb.getConnection({ ...own, password: 'wrong' }), /ORA-01017/)
  await assert.rejects(oracledb.getConnection({ ...own, connectString: `${connectString}X` }), /NJS-518/)

  {
    await using session = await openSession({ engine: 'Oracle', port: server.port })
    assert.equal((await session.listDatabases()).databases.length, 251)
  }
  const before = server.connects
  await assert.rejects(oracledb.getConnection(own), /The driver wanted to dial by itself/)
  assert.equal(server.connects, before)
})
