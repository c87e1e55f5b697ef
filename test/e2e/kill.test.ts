import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { namesOf, startGateway, startServer, UNTHROTTLED, type TestServer, waitForTask } from '../fixtures/postern.ts'
import { PROGRAM } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

/** 50 in `npm run test:faults`. */
const ROUNDS = Number(process.env['POSTERN_KILL_ROUNDS'] ?? 4)
const skip = findMariadb() === undefined && 'MariaDB is not on this machine'

const endpoint = (port: number) => `endpoints:
  - { engine: MariaDB, host: 127.0.0.1, port: ${port}, user: lister, password: secret, tls: { mode: off } }
`

async function startDatabase() {
  const database = await startMariadb()
  await database.query('CREATE DATABASE crm')
  await database.query("CREATE USER lister@'127.0.0.1' IDENTIFIED BY 'secret'")
  await database.query("GRANT SHOW DATABASES ON *.* TO lister@'127.0.0.1'")
  return database
}

async function create(server: TestServer, gateway: string, port: number): Promise<number> {
  const answer = await server.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: gateway,
    DatabaseType: 'MariaDB',
    SourceEndpointIP: '127.0.0.1',
    SourceEndpointPort: String(port),
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return z.object({ TaskId: z.number() }).parse(answer.body).TaskId
}

/** That the killed process was the program itself, not a wrapper around it. */
function assertIsPostern(pid: number, role: string): void {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  assert.match(words[0] ?? '', /node$/)
  assert.ok(words.some((word) => word.endsWith(PROGRAM)) && words.includes(role), words.join(' '))
}

test(`row 12: every acknowledged task ends, once, when the server is killed before the result (${ROUNDS} rounds)`, {
  skip,
}, async () => {
  await using folder = await tempFolder()
  await using database = await startDatabase()
  await using server = await startServer(folder.path, { config: UNTHROTTLED })
  await using gateway = await startGateway(server, folder.path, { config: endpoint(database.port) })
  const tasks: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const { pid } = server.process()
    assertIsPostern(pid, 'server')
    const task = await create(server, gateway.id, database.port)
    await server.process().kill('SIGKILL')
    assert.throws(() => process.kill(pid, 0), 'the server itself is gone')
    await server.start()
    const answer = await waitForTask(server, task, 60)
    assert.deepEqual(namesOf(answer), ['crm'], `round ${round}: ${JSON.stringify(answer.body)}`)
    tasks.push(task)
  }
  // Once: the answer of an ended task does not change any more.
  for (const task of tasks) assert.equal((await waitForTask(server, task)).body['Success'], true)
})

test(`row 23: every acknowledged task ends, once, when the gateway is killed while it lists (${ROUNDS} rounds)`, {
  skip,
}, async () => {
  await using folder = await tempFolder()
  await using database = await startDatabase()
  await using proxy = await startFaultProxy({ port: database.port })
  await using server = await startServer(folder.path, { config: UNTHROTTLED })
  await using gateway = await startGateway(server, folder.path, { config: endpoint(proxy.port) })
  for (let round = 0; round < ROUNDS; round++) {
    const { pid } = gateway.process()
    assertIsPostern(pid, 'run')
    // Held in the middle of the login, so that the kill comes while it lists.
    proxy.hold()
    const reached = proxy.connected()
    const task = await create(server, gateway.id, proxy.port)
    await reached
    await gateway.process().kill('SIGKILL')
    proxy.release()
    await gateway.start()
    const answer = await waitForTask(server, task, 60)
    assert.deepEqual(namesOf(answer), ['crm'], `round ${round}: ${JSON.stringify(answer.body)}`)
  }
})
