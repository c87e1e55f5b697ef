import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'
import { createApiClient } from '../../src/cli/api-client.ts'
import { EXIT } from '../../src/cli/exit-code.ts'
import { tryLockStore } from '../../src/store/sqlite/store-lock.ts'
import { shellCommands } from '../docs/code-blocks.ts'
import { eventually } from '../fixtures/eventually.ts'
import { startServer, type TestServer } from '../fixtures/postern.ts'
import { postern, startPostern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PAGE = readFileSync(join(ROOT, 'docs/guide/operations.md'), 'utf8')
const accounts = z.array(z.object({ AccountId: z.string().regex(/^[1-9]\d{14}$/), Name: z.string() }))
const whoIs = z.object({ AccountId: z.string() })
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)

async function listed(data: string) {
  const { code, stdout, stderr } = await postern(['account', 'list', '--data', data, '--output', 'json'])
  assert.equal(code, EXIT.done, stderr)
  return accounts.parse(JSON.parse(stdout))
}

/** Who the server says the key is of; undefined where it is off. */
async function callerOf(server: TestServer, keyFile: string): Promise<string | undefined> {
  const client = await createApiClient({ endpoint: server.url, keyFile }, {})
  const answer = await client.call('GetCallerIdentity', { version: '2015-04-01', params: {} })
  if (answer.ok) return whoIs.parse(answer.body).AccountId
  assert.equal(answer.body['Code'], 'InvalidAccessKeyId.Inactive')
  return undefined
}

for (const state of ['running', 'stopped'] as const) {
  test(`accounts, a lost root key, backup and check with the server ${state}`, async () => {
    await using folder = await tempFolder('operations')
    await using server = await startServer(folder.path)
    const at = (name: string) => join(folder.path, name)
    const data = ['--data', server.data]
    assert.equal(modeOf(join(server.data, 'admin.sock')), '600')
    if (state === 'stopped') await server.process().kill()
    const [first] = await listed(server.data)
    assert.ok(first)

    const made = await postern(['account', 'create', ...data, '--name', 'Werk 7', '--key-file-out', at('second.json')])
    assert.equal(made.code, EXIT.done, made.stderr)
    const second = (await listed(server.data)).find(({ Name }) => Name === 'Werk 7')
    assert.ok(second && made.stdout.includes(second.AccountId), made.stdout)
    assert.equal(modeOf(at('second.json')), '600')
    const secret = z
      .object({ AccessKeySecret: z.string() })
      .parse(JSON.parse(await readFile(at('second.json'), 'utf8')))
    assert.ok(!`${made.stdout}${made.stderr}`.includes(secret.AccessKeySecret))
    const reset = await postern([
      'access-key',
      'reset-root',
      ...data,
      '--account',
      first.AccountId,
      '--out',
      at('new.json'),
    ])
    assert.equal(reset.code, EXIT.done, reset.stderr)
    assert.match(reset.stderr, new RegExp(`switched off: ${server.accessKey.AccessKeyId}`))
    const backup = await postern(['backup', ...data, '--to', 'copy.db'], { cwd: folder.path })
    assert.equal(backup.code, EXIT.done, backup.stderr)
    assert.match(backup.stderr, /key file is not in it/)
    assert.equal(modeOf(at('copy.db')), '600')
    if (state === 'running') {
      const again = await postern(['account', 'create', ...data, '--name', 'x', '--key-file-out', at('second.json')])
      assert.deepEqual([again.code, (await listed(server.data)).length], [EXIT.usage, 2], 'no file, no account')

      const nobody = await postern([
        'access-key',
        'reset-root',
        ...data,
        '--account',
        '999999999999999',
        '--out',
        at('no'),
      ])
      assert.equal(nobody.code, EXIT.usage)
      assert.match(nobody.stderr, /no account 999999999999999/)
      assert.ok(!(await readdir(folder.path)).includes('no'))

      const over = await postern(['backup', ...data, '--to', join(server.data, 'postern.db')])
      assert.match(over.stderr, /is there already/)
      const nowhere = await postern(['backup', ...data, '--to', at('none/copy.db')])
      assert.match(nowhere.stderr, /cannot be written \(ENOENT\)/)
    }
    const trail = await postern(['audit', 'list', ...data, '--output', 'json'])
    const acts = trail.stdout.split('\n').filter((line) => line.includes('"kind":"operator"'))
    const act = z.object({ action: z.string(), account: z.string().optional(), outcome: z.string() })
    assert.deepEqual(
      acts.map((line) => act.parse(JSON.parse(line))).filter(({ outcome }) => outcome === 'OK'),
      [
        { action: 'create-account', account: second.AccountId, outcome: 'OK' },
        { action: 'reset-root-key', account: first.AccountId, outcome: 'OK' },
        { action: 'backup', outcome: 'OK' },
      ],
    )
    assert.equal((await postern(['audit', 'verify', ...data])).code, EXIT.done)
    const left = (await readdir(folder.path)).filter((name) => /partial|journal|copy/.test(name))
    assert.deepEqual(left, ['copy.db'])

    const check = await postern(['store', 'check', ...data])
    assert.deepEqual([check.code, check.stderr], [EXIT.done, ''])
    assert.match(
      check.stdout,
      /^pages: \d+ checked\n[^]*sealed keys: 3 checked\ntasks: 0 checked\nresults: 0 checked\nNothing is wrong/,
    )

    if (state === 'stopped') {
      assert.ok(!(await readdir(server.data)).includes('server.pid'), 'the lock was given back')
      await server.start()
    }
    assert.equal(await callerOf(server, at('second.json')), second.AccountId)
    assert.equal(await callerOf(server, at('new.json')), first.AccountId)
    assert.equal(await callerOf(server, server.keyFile), undefined, 'the lost key is off')
    await server.process().kill()
    assert.ok(!(await readdir(server.data)).includes('admin.sock'))
  })
}

test('a check finds what is wrong, and looks at the rest all the same', async () => {
  await using folder = await tempFolder('operations')
  await using server = await startServer(folder.path)
  await server.process().kill()
  const db = new DatabaseSync(join(server.data, 'postern.db'))
  db.exec(`PRAGMA foreign_keys = OFF;
    DROP INDEX tasks_ended;
    UPDATE access_keys SET sealed_secret = x'0102';
    INSERT INTO outcomes VALUES (7, 'a', 1, '{}', 'not this', 's', 'k', NULL, 1);`)
  db.close()
  const check = await postern(['store', 'check', '--data', server.data])
  assert.equal(check.code, EXIT.failed)
  for (const said of [
    /sealed keys: 1 checked/,
    /outcomes: row 7 refers to nothing in tasks/,
    /the index tasks_ended is missing/,
    /sealed keys: .*format/,
    /result in row 7 .*digest differs/,
    /results: row 7 is damaged: its checksum differs/,
  ]) {
    assert.match(check.stdout + check.stderr, said)
  }
  const wrongKey = join(folder.path, 'other.key')
  await writeFile(wrongKey, `${'ab'.repeat(32)}\n`, { mode: 0o600 })
  const other = await postern(['store', 'check', '--data', server.data, '--key-file', join(folder.path, 'none')])
  assert.match(other.stderr, /sealed keys: The key file .* is missing/)
  await writeFile(join(server.data, 'postern.db'), 'not a store, whatever it says'.repeat(500))
  const broken = await postern(['store', 'check', '--data', server.data])
  assert.equal(broken.code, EXIT.failed)
  assert.match(broken.stderr, /file is not a database/)
})

test('a store is backed up whole after its server was killed, and the socket that it left is replaced', async () => {
  await using folder = await tempFolder('operations')
  await using server = await startServer(folder.path)
  const made = await postern(['account', 'create', '--data', server.data, '--name', 'in the log only'])
  assert.equal(made.code, EXIT.done, made.stderr)
  await server.process().kill('SIGKILL')
  assert.ok((await readdir(server.data)).includes('admin.sock'))
  const copy = join(folder.path, 'copy.db')
  const backup = await postern(['backup', '--data', server.data, '--to', copy])
  assert.equal(backup.code, EXIT.done, backup.stderr)
  const db = new DatabaseSync(copy, { readOnly: true })
  assert.equal(db.prepare('SELECT count(*) AS n FROM accounts').get()?.['n'], 2)
  db.close()
  await server.start()
  assert.equal((await listed(server.data)).length, 2)
})

test('the lock decides: a server is told which command works on the store, and a command which process hangs', async () => {
  await using folder = await tempFolder('operations')
  await using server = await startServer(folder.path)
  await server.process().kill()
  const lock = tryLockStore(server.data, 'postern backup')
  assert.ok(lock)
  try {
    await using late = startPostern(['server', '--data', server.data, '--listen', '127.0.0.1:0'])
    assert.equal(await late.ended, EXIT.failed)
    assert.match(
      late.output(),
      new RegExp(`The command .postern backup. \\(process ${process.pid}\\) works on the store`),
    )
    const waiting = await postern(['account', 'list', '--data', server.data])
    assert.equal(waiting.code, EXIT.failed)
    assert.match(waiting.stderr, /postern backup. \(process \d+\) works on the store\. Nothing was done/)
  } finally {
    lock.release()
  }
  assert.equal((await listed(server.data)).length, 1)
})

test('what cannot be meant is usage, and a path too long for a socket says what to do', async () => {
  await using folder = await tempFolder('operations')
  const nowhere = await postern(['account', 'list', '--data', join(folder.path, 'typo')])
  assert.equal(nowhere.code, EXIT.usage)
  assert.match(nowhere.stderr, /There is no store in/)
  assert.deepEqual(await readdir(folder.path), [], 'none was made')
  const long = join(folder.path, 'x'.repeat(110))
  const server = await postern(['server', '--data', long, '--listen', '127.0.0.1:0'])
  assert.notEqual(server.code, EXIT.done)
  assert.match(server.stderr, /at most 107 for a socket.*shorter path/)
})

test('the socket answers whatever comes in one shape, and nothing that is too long', async () => {
  await using folder = await tempFolder('operations')
  await using server = await startServer(folder.path)
  const curl = async (path: string, body: string, method = 'POST') => {
    const { request } = await import('node:http')
    return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const sent = request({ socketPath: join(server.data, 'admin.sock'), path, method, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.once('end', () => resolve({ status: response.statusCode, text }))
      })
      sent.once('error', reject)
      sent.end(body)
    })
  }
  const shape = z.strictObject({ Code: z.string(), Message: z.string().min(5) })
  for (const [path, body, status, code, method] of [
    ['/nonsense', '{}', 404, 'InvalidAction.NotFound', 'POST'],
    ['/list-accounts', 'not json', 400, 'InvalidParameter', 'POST'],
    ['/list-accounts', '{"More":1}', 400, 'InvalidParameter', 'POST'],
    ['/create-account', '{"Name":""}', 400, 'InvalidParameter', 'POST'],
    ['/create-account', JSON.stringify({ Name: 'x'.repeat(129) }), 400, 'InvalidParameter', 'POST'],
    ['/backup', '{"To":"relative.db","WithKey":false}', 400, 'InvalidParameter', 'POST'],
    ['/create-account', JSON.stringify({ Name: 'x'.repeat(70_000) }), 413, 'RequestTooLarge', 'POST'],
    ['/list-accounts', '', 405, 'UnsupportedHTTPMethod', 'GET'],
  ] as const) {
    const answer = await curl(path, body, method)
    assert.deepEqual([answer.status, shape.parse(JSON.parse(answer.text)).Code], [status, code], path)
  }
  assert.equal((await listed(server.data)).length, 1)
})

test('a file in the way of the socket is left alone and named', async () => {
  await using folder = await tempFolder('operations')
  await mkdir(join(folder.path, 'server'), { mode: 0o700 })
  await writeFile(join(folder.path, 'server', 'admin.sock'), 'mine')
  const { code, stderr } = await postern(['server', '--data', join(folder.path, 'server'), '--listen', '127.0.0.1:0'])
  assert.equal(code, EXIT.failed)
  assert.match(stderr, /admin\.sock is in the way/)
  assert.equal(await readFile(join(folder.path, 'server', 'admin.sock'), 'utf8'), 'mine')
})

test('a connection that says nothing does not keep the server from ending', async () => {
  await using folder = await tempFolder('operations')
  await using server = await startServer(folder.path)
  const { connect } = await import('node:net')
  const silent = connect(join(server.data, 'admin.sock'))
  await eventually('connected', () => !silent.connecting)
  assert.equal(await server.process().kill(), 0)
  silent.destroy()
})

test('the commands of the page work as written', async () => {
  await using folder = await tempFolder('operations')
  await using server = await startServer(folder.path)
  await symlink(server.data, join(folder.path, 'postern-data'))
  await symlink(join(ROOT, 'bin', 'postern'), join(folder.path, 'postern'))
  const [first] = await listed(server.data)
  assert.ok(first)
  const env = {
    ...process.env,
    PATH: [folder.path, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
  }
  let output = ''
  for (const command of shellCommands(PAGE)) {
    const written = command.replace('482910573846251', first.AccountId)
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', written], {
      cwd: folder.path,
      env,
      timeout: 60_000,
    })
    output += stdout
  }
  assert.equal(output.match(/Nothing is wrong/g)?.length, 3)
  assert.equal(
    await callerOf(server, join(folder.path, 'plant-7-key.json')),
    (await listed(server.data)).find(({ Name }) => Name === 'plant-7')?.AccountId,
  )
  assert.equal(await callerOf(server, join(folder.path, 'new-root-key.json')), first.AccountId)
})
