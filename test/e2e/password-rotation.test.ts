import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { listDatabases, namesOf, startGateway, startServer } from '../fixtures/postern.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'

/** The example of docs/guide/configuration.md, with a vault that is a file. */
test('a password of a command that is replaced in the database and in the vault fails no task', { skip }, async () => {
  await using folder = await tempFolder('rotation')
  await using database = await startPostgresql()
  await using server = await startServer(folder.path)
  const guide = await readFile(new URL('../../docs/guide/configuration.md', import.meta.url), 'utf8')
  const example = /```yaml\n(endpoints:\n[^]*?)```/.exec(guide)?.[1] ?? assert.fail()
  const config = example
    .replace('host: db1.example.net', `host: 127.0.0.1\n    port: ${database.port}\n    tls: { mode: off }`)
    .replace('[vault, kv, get, -field=password, secret/db1]', '[sh, -c, "echo run >> runs; cat vault"]')
  assert.notEqual(config, example)
  const vault = join(folder.path, 'vault')
  const rotate = (password: string) => database.query(`ALTER USER postern PASSWORD '${password}'`)
  await database.query("CREATE USER postern PASSWORD 'before the rotation'")
  await writeFile(vault, 'before the rotation\n')
  await using gateway = await startGateway(server, folder.path, { config })
  const list = async () => {
    const where = { BackupGatewayId: gateway.id, DatabaseType: 'PostgreSQL' }
    return (await listDatabases(server, where)).answer
  }
  const runs = async () => (await readFile(join(folder.path, 'runs'), 'utf8')).split('\n').length - 1

  assert.ok(namesOf(await list()).includes('postgres'))
  assert.ok(namesOf(await list()).includes('postgres'))
  assert.equal(await runs(), 1, 'what the vault said is kept')

  await rotate('after the rotation')
  await writeFile(vault, 'after the rotation\n')
  assert.ok(namesOf(await list()).includes('postgres'))
  assert.equal(await runs(), 2)
  assert.match(gateway.process().output(), /logs in once more/)

  // Replaced in the database alone: refused, asked for again, and not tried again.
  await rotate('nobody knows')
  const refused = await list()
  assert.equal(refused.body['ErrCode'], 'Database.AuthenticationFailed')
  assert.equal(await runs(), 3)
  assert.equal((await list()).body['ErrCode'], 'Database.AuthenticationFailed')
  assert.equal(gateway.process().output().split('logs in once more').length - 1, 1)

  await writeFile(join(folder.path, 'gateway.yaml'), config.replace('cat vault', 'echo sealed >&2; exit 2'))
  const sealed = await list()
  assert.equal(sealed.body['ErrCode'], 'Internal')
  assert.match(String(sealed.body['ErrMessage']), /sh ended with exit code 2: sealed/)
  assert.ok(!gateway.process().output().includes('the rotation'))
})
