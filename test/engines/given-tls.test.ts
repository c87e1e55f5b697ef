import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { makeAuthority } from '../fixtures/certificates.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { PASSWORD, USER } from './engine-session.ts'

const AUTHORITY = makeAuthority()
const TLS = AUTHORITY.issue(['db.test'])
const CASES = 'on a given server (tells what server answered|a wrong password)'

/** Runs two cases of the contract suite as somebody does who has a server of their own; its output. */
async function runSuite(file: string, variable: string, address: string): Promise<string> {
  await using folder = await tempFolder()
  const ca = join(folder.path, 'ca.pem')
  await writeFile(ca, AUTHORITY.certificate)
  const { NODE_TEST_CONTEXT: _, POSTERN_TEST_POSTGRESQL_VERSIONS: _versions, ...environment } = process.env
  const child = spawn(process.execPath, ['--test-reporter=tap', `--test-name-pattern=${CASES}`, file], {
    cwd: new URL('../../', import.meta.url),
    env: { ...environment, [variable]: `${address}?tls=verify&server-name=db.test&ca=${encodeURIComponent(ca)}` },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 50_000,
  })
  return await text(child.stdout)
}

const succeeded = /^# pass 2$[^]*^# fail 0$/m

test('the contract suite on a MySQL of somebody else that lets in by TLS only', {
  skip: findMariadb() === undefined && 'MariaDB is not on this machine',
  timeout: 60_000,
}, async () => {
  await using server = await startMariadb({ tls: TLS })
  await server.query(`CREATE USER ${USER}@'%' IDENTIFIED BY '${PASSWORD}' REQUIRE SSL`)
  await server.query(`GRANT SHOW DATABASES ON *.* TO ${USER}@'%'`)
  const address = `mysql://${USER}:${PASSWORD}@127.0.0.1:${server.port}`
  assert.match(await runSuite('test/engines/mysql.test.ts', 'POSTERN_TEST_MYSQL', address), succeeded)
})

test('the contract suite on a PostgreSQL of somebody else that lets in by TLS only', {
  skip: findPostgresql() === undefined && 'PostgreSQL is not on this machine',
  timeout: 60_000,
}, async () => {
  const hba = ['host all postgres 127.0.0.1/32 scram-sha-256', 'hostssl all all 127.0.0.1/32 scram-sha-256']
  await using server = await startPostgresql({ tls: TLS, hba, onlyHba: true })
  await server.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`)
  const address = `postgresql://${USER}:${PASSWORD}@127.0.0.1:${server.port}`
  assert.match(await runSuite('test/engines/postgresql.test.ts', 'POSTERN_TEST_POSTGRESQL', address), succeeded)
})
