import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { chmod, readdir, readFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { findLeftProcesses } from '../../scripts/test/leaks.ts'
import { codeBlocks } from '../docs/code-blocks.ts'
import { findMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { type Running, watchProcess } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const DEMO_MS = 90_000
const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`
const skip =
  (findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)') ||
  (findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)')

interface Demo extends AsyncDisposable {
  readonly running: Running
  /** What Ctrl-C on a terminal does: the demonstration and all that it started get it. */
  interrupt(): void
  /** Fails where a process or a file of it is left. */
  assertNothingLeft(): Promise<void>
}

/** With a temporary folder of its own, so that what it leaves there can be seen. */
async function startDemo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Demo> {
  const folder = await tempFolder('demo-test')
  // PostgreSQL refuses to be root and must get through to its folder as somebody else.
  await chmod(folder.path, 0o755)
  const child = spawn(process.execPath, ['scripts/demo/demo.ts', ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder.path, POSTERN_TEST_RUN: folder.path, ...env },
  })
  const running = watchProcess(child)
  return {
    running,
    interrupt: () => void process.kill(-running.pid, 'SIGINT'),
    async assertNothingLeft() {
      assert.deepEqual(await findLeftProcesses(folder.path), [])
      assert.deepEqual(await readdir(folder.path), [])
    },
    async [Symbol.asyncDispose]() {
      await running.kill()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('--once ends with 0 after the lists and leaves nothing; the README shows what it prints', { skip }, async () => {
  await using demo = await startDemo(['--once'])
  assert.equal(await within(DEMO_MS, demo.running), 0, demo.running.output())
  const output = demo.running.output()
  assert.match(output, /\nDATABASE\n-+\ncrm_中文\nshop\nwe`ird"name\n\n3 databases, visibility complete/)
  assert.match(output, /\nDATABASE\n-+\nledger\n\n1 database, visibility partial/)
  assert.match(output, /\nDATABASE\n-+\nbilling\npostgres\nwarehouse\n\n3 databases, visibility complete/)
  assert.doesNotMatch(output, /Running until|#code=/)
  const shown = codeBlocks(await readFile(join(ROOT, 'README.md'), 'utf8'))[0]?.text ?? ''
  const printed = new Set(withoutNumbers(output).split('\n'))
  const invented = withoutNumbers(shown)
    .split('\n')
    .filter((line) => !printed.has(line))
  assert.deepEqual(invented, [], 'lines of the README that the demonstration does not print')
  assert.match(shown, /crm_中文/)
  await demo.assertNothingLeft()
})

test('without --once it stays up; the call to copy works; Ctrl-C twice ends it with 0 and leaves nothing', {
  skip,
}, async () => {
  await using demo = await startDemo([])
  await demo.running.line('Running until you press Ctrl-C.', DEMO_MS)
  const output = demo.running.output()
  assert.match(output, /^Address: {3}http:\/\/127\.0\.0\.1:\d+$/m)
  const keyFile = /^Key file: {2}(.+)$/m.exec(output)?.[1] ?? ''
  assert.match(await readFile(keyFile, 'utf8'), /"AccessKeySecret"/)
  const [, origin = '', code = ''] =
    /^Console: {3}(http:\/\/127\.0\.0\.1:\d+)\/console\/#code=(\w+)$/m.exec(output) ?? []
  const signIn = () => fetch(`${origin}/console/sign-in`, { method: 'POST', body: JSON.stringify({ Code: code }) })
  const answers = [await signIn(), await signIn()]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 403],
  )
  assert.match((await answers[0]?.text()) ?? '', /"AccessKeyId":"STS\./)
  const copied = /^node -e '\n[^]*?^'$/m.exec(output)?.[0] ?? assert.fail('there is no call to copy')
  const { stdout } = await promisify(execFile)('bash', ['-c', copied], {
    cwd: ROOT,
    env: { ...process.env, PATH: path },
    timeout: 60_000,
  })
  for (const name of ['crm_中文', 'shop', 'we`ird"name']) assert.ok(stdout.includes(name), stdout)
  demo.interrupt()
  await demo.running.line('stopping, nothing is left behind')
  demo.interrupt()
  assert.equal(await within(30_000, demo.running), 0, demo.running.output())
  await demo.assertNothingLeft()
})

test('where no database server is on the machine, the embedded PostgreSQL is listed', async () => {
  await using demo = await startDemo(['--once'], { POSTERN_DEMO_EMBEDDED: '1' })
  assert.equal(await within(DEMO_MS, demo.running), 0, demo.running.output())
  assert.match(demo.running.output(), /\nPostgreSQL \(embedded\) .*\nDATABASE\n-+\nbilling\npostgres\nwarehouse\n/)
  assert.doesNotMatch(demo.running.output(), /MariaDB "/)
  await demo.assertNothingLeft()
})

test('Ctrl-C while it starts ends it with 0 too', { skip }, async () => {
  await using demo = await startDemo([])
  await demo.running.line('3/4', DEMO_MS)
  demo.interrupt()
  assert.equal(await within(30_000, demo.running), 0, demo.running.output())
  await demo.assertNothingLeft()
})

async function within(ms: number, running: Running): Promise<number | null> {
  const late = AbortSignal.timeout(ms)
  const { promise, reject } = Promise.withResolvers<never>()
  const onLate = () => reject(new Error(`it did not end within ${ms} ms:\n${running.output()}`))
  late.addEventListener('abort', onLate, { once: true })
  return Promise.race([running.ended, promise]).finally(() => late.removeEventListener('abort', onLate))
}

/** Ports and times are others each time. */
const withoutNumbers = (text: string) => text.replaceAll(/\d+/g, '0')
