import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as tick } from 'node:timers/promises'
import { systemClock } from '../../src/base/clock.ts'
import { ConfigurationError } from '../../src/base/configuration-error.ts'
import { silentLog } from '../../src/base/log.ts'
import { channelOf, openPostgresBus } from '../../src/bus/postgres-bus.ts'
import { readPostgresAddress } from '../../src/model/postgres-address.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { eventually } from '../fixtures/eventually.ts'
import { findPostgresql, type PostgresqlServer, startPostgresql } from '../fixtures/postgresql.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { listen } from './bus-suite.ts'
import { notedLog, type SharedBusWorld, sharedBusSuite } from './shared-bus-suite.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'

const urlOf = ({ rootPassword }: PostgresqlServer, port: number, query = '') =>
  `postgres://postgres:${rootPassword}@127.0.0.1:${port}/postgres${query}`
const open = (url: string, { installation = 'test', log = silentLog() } = {}) =>
  openPostgresBus({ address: readPostgresAddress(url, '--bus'), installation, clock: systemClock(), log })

async function startWorld(): Promise<SharedBusWorld> {
  const server = await startPostgresql()
  return {
    port: server.port,
    node: ({ port, ...others }) => open(urlOf(server, port), others),
    async say(installation, text) {
      await server.query(`SELECT pg_notify('${channelOf(installation)}', '${text.replaceAll("'", "''")}')`)
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

sharedBusSuite('postgres', skip, startWorld)

test('postgres: a thousand publishes are a few commits', { skip }, async () => {
  await using server = await startPostgresql()
  const commits = async () => {
    const rows = await server.query("SELECT xact_commit FROM pg_stat_database WHERE datname = 'template1'", 'postgres')
    return Number(rows[0]?.['xact_commit'])
  }
  // In a database that nothing else is done in; what a session did is counted when it ends at the latest.
  const address = readPostgresAddress(urlOf(server, server.port).replace(/postgres$/, 'template1'), '--bus')
  const options = { address, installation: 'test', clock: systemClock(), log: silentLog() }
  await using hearing = await openPostgresBus(options)
  await using heard = await listen(hearing, 'task')
  const node = await openPostgresBus(options)
  const before = await commits()
  for (let task = 0; task < 1_000; task++) node.publish('task', [String(task)])
  await eventually('all arrive', () => heard.keys.length === 1_000)
  assert.ok(heard.calls <= 3, `${heard.calls} messages`)
  await node[Symbol.asyncDispose]()
  await eventually('they are counted', async () => (await commits()) > before)
  assert.ok((await commits()) - before <= 8, `${(await commits()) - before} commits`)
})

test('postgres: however evenly tasks come, a node makes at most one commit in 5 ms', { skip }, async () => {
  await using server = await startPostgresql()
  const url = urlOf(server, server.port)
  await using node = await open(url)
  await using hearing = await open(url)
  await using heard = await listen(hearing, 'task')
  const began = performance.now()
  for (let task = 0; task < 60; task++) {
    node.publish('task', [String(task)])
    await tick(1)
  }
  await eventually('all arrive', () => heard.keys.length === 60)
  assert.ok(heard.calls <= (performance.now() - began) / 5 + 2, `${heard.calls} notifications`)
})

test('postgres: a wrong login is refused at the start, and no password is told', { skip }, async () => {
  await using server = await startPostgresql()
  const log = notedLog()
  await assert.rejects(open(`postgres://postgres:wr0ng@127.0.0.1:${server.port}/postgres`, log), (error: Error) => {
    assert.match(error.message, /^--bus: 127\.0\.0\.1:\d+ refuses the login \(28P01\)$/)
    return error instanceof ConfigurationError
  })
  await assert.rejects(open(urlOf(server, server.port).replace(/postgres$/, 'nowhere')), ConfigurationError)
  assert.doesNotMatch(JSON.stringify(log.lines), /wr0ng/)
})

test('postgres: TLS is verified', { skip }, async () => {
  await using folder = await tempFolder('postgres-tls')
  const authority = makeAuthority()
  const ca = join(folder.path, 'ca.pem')
  await writeFile(ca, authority.certificate)
  await using server = await startPostgresql({ tls: authority.issue(['127.0.0.1']) })
  await using node = await open(urlOf(server, server.port, `?sslrootcert=${ca}`))
  assert.equal(node.state.connected, true)
  const sessions = await server.query('SELECT count(*)::int AS n FROM pg_stat_ssl WHERE ssl')
  assert.equal(sessions[0]?.['n'], 1)
  await assert.rejects(open(urlOf(server, server.port, '?sslmode=verify-full')), (error: Error) => {
    assert.match(error.message, /certificate of 127\.0\.0\.1:\d+ is not trusted/)
    return error instanceof ConfigurationError
  })
})
