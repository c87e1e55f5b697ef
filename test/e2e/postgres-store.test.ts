import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { shellCommands } from '../docs/code-blocks.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { startGateway, startServer, type TestServer, waitForTask } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'
const ROOT = join(import.meta.dirname, '..', '..')
const ENDPOINT =
  'endpoints:\n  - { engine: MySQL, host: 127.0.0.1, port: 1, user: lister, password: x, tls: { mode: off } }\n'

/** On whichever server it ends: without a bus the one that is asked finds out by itself. */
async function ends(server: TestServer, task: number): Promise<void> {
  const { body } = await waitForTask(server, task)
  assert.equal(body['ErrCode'], 'Endpoint.ConnectionRefused')
}

test('two servers on one database: a task that one takes is run by the gateway of the other, also after a restart', {
  skip,
}, async () => {
  await using folder = await tempFolder()
  await using database = await startPostgresql()
  const url = `postgres://postgres:${database.rootPassword}@127.0.0.1:${database.port}/postgres`
  const [one, two] = [join(folder.path, 'one'), join(folder.path, 'two')]
  // As the guide says it.
  const commands = shellCommands(await readFile(join(ROOT, 'docs/guide/shared-store.md'), 'utf8'))
  const [start, ...before] = commands.toReversed()
  for (const command of before.toReversed()) {
    const written = command.replace('postgres://postern:PASSWORD@db.example:5432/postern', url)
    await promisify(execFile)('bash', ['-euc', written], { cwd: folder.path })
  }
  assert.equal(start, 'postern server --data ./postern-data --store-file store-url')
  const args = ['--store-file', join(folder.path, 'store-url')]
  await mkdir(one)
  await using first = await startServer(one, { args })

  await mkdir(join(two, 'server'), { recursive: true, mode: 0o700 })
  for (const name of ['secret.key', 'root-access-key.json'])
    await copyFile(join(first.data, name), join(two, 'server', name))
  await using second = await startServer(two, { command: { env: { POSTERN_STORE: url } } })
  const command = await readFile(`/proc/${first.process().pid}/cmdline`, 'utf8')
  assert.ok(!command.includes(database.rootPassword))

  await using gateway = await startGateway(second, two, { config: ENDPOINT })
  const create = async (ClientToken: string) => {
    const created = await first.call('CreateGetDBListFromAgentTask', {
      BackupGatewayId: gateway.id,
      DatabaseType: 'MySQL',
      ClientToken,
    })
    assert.equal(created.status, 200, JSON.stringify(created.body))
    return Number(created.body['TaskId'])
  }
  const task = await create('a')
  await ends(first, task)
  await ends(second, task)
  await first.process().kill()
  await first.start()
  assert.equal(await create('a'), task)
  await ends(second, await create('b'))

  const backup = await postern(['backup', '--data', first.data, '--to', join(folder.path, 'copy')])
  assert.notEqual(backup.code, 0)
  assert.match(backup.stderr, /pg_dump/)
})

test('a password on the command line is refused without being told again', async () => {
  await using folder = await tempFolder()
  for (const [option, url] of [
    ['--store', 'postgres://u:hidden@127.0.0.1/x'],
    ['--store-direct', 'postgres://u:hidden@127.0.0.1/x'],
  ] as const) {
    const ended = await postern(['server', '--data', folder.path, option, url])
    assert.equal(ended.code, 2)
    assert.match(ended.stderr, /--store-file/)
    assert.ok(!ended.stderr.includes('hidden'))
  }
  const file = join(folder.path, 'open')
  await writeFile(file, 'postgres://u:hidden@127.0.0.1/x', { mode: 0o644 })
  const ended = await postern(['server', '--data', folder.path, '--store-file', file])
  assert.equal(ended.code, 2)
  assert.match(ended.stderr, /chmod 600/)
})
