import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'
import { codeBlocks, shellCommands } from '../docs/code-blocks.ts'
import { freePort } from '../fixtures/free-port.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { watchProcess } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const API_PAGE = readFileSync(join(ROOT, 'docs/reference/api.md'), 'utf8')
const PASSWORD = 'of-the-test'
/** What the examples call things, which a test has to call something else. */
const EXAMPLE = {
  port: '7070',
  host: 'db1.example.net',
  address: '10.0.0.12',
  databasePort: '3306',
  gateway: '482910573846251',
  gatewayOfApi: '528104736915240',
  task: '731905284617093',
  accessKey: 'PSTNa1b2c3d4e5f6g7h8i9j0',
  account: '100000000000001',
  enrollment: '9f86d081884c7d659a2f',
} as const

test('the commands of the README that set themselves up are scripts of the package, and the page has no others', () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')))
  const npm = shellCommands(README).filter((command) => command.startsWith('npm '))
  // The first is run by demo.test.ts, the second is this very run.
  assert.deepEqual(npm, ['npm run demo', 'npm test'])
  assert.ok(scripts['demo'] !== undefined && scripts['test'] !== undefined)
  const others = shellCommands(README).filter((command) => !/^(npm|export|bin\/postern) /.test(command))
  assert.deepEqual(others, [])
})

const skip = findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)'

test('the commands of the README, then those of the API page, work as written', { skip }, async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('readme')).path
  await symlink(join(ROOT, 'bin'), join(folder, 'bin'))
  const database = stack.use(await startMariadb())
  await database.query('CREATE DATABASE shop')
  await database.query(`CREATE USER postern@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`)
  await database.query("GRANT SHOW DATABASES ON *.* TO postern@'127.0.0.1'")
  const real = new Map<string, string>([
    [EXAMPLE.port, String(await freePort())],
    [EXAMPLE.host, '127.0.0.1'],
    [EXAMPLE.address, '127.0.0.1'],
    [EXAMPLE.databasePort, String(database.port)],
  ])
  await writeFile(join(folder, 'db1.password'), `${PASSWORD}\n`, { mode: 0o600 })
  await writeFile(join(folder, 'gateway.yaml'), substitute(configuration(), real), { mode: 0o600 })

  const exports: string[] = []
  const outputs: string[] = []
  for (const command of shellCommands(README)) {
    if (command.startsWith('npm ')) continue
    const asWritten = substitute(command, real)
    const ready = READY.find(([beginning]) => command.startsWith(beginning))?.[1]
    if (command.startsWith('export ')) exports.push(asWritten)
    else if (ready === undefined) outputs.push(await run([...exports, asWritten], folder))
    else await stack.use(watchProcess(start([...exports, `exec ${asWritten}`], folder))).line(ready)
    const id = /^\d{15}/m.exec(outputs.at(-1) ?? '')?.[0]
    if (command.includes('gateway list')) real.set(EXAMPLE.gateway, id ?? assert.fail(outputs.at(-1)))
  }
  assert.match(outputs.at(-1) ?? '', /^shop\n\n1 database, visibility complete/m)

  const key = z
    .object({ AccessKeyId: z.string(), AccessKeySecret: z.string() })
    .parse(JSON.parse(await readFile(join(folder, 'postern-data/root-access-key.json'), 'utf8')))
  const env = {
    POSTERN_ENDPOINT: `http://127.0.0.1:${real.get(EXAMPLE.port)}`,
    ALIBABA_CLOUD_ACCESS_KEY_ID: key.AccessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: key.AccessKeySecret,
  }
  real.set(EXAMPLE.gatewayOfApi, real.get(EXAMPLE.gateway) ?? '')
  const called = new Map<string, string>()
  for (const command of inOrder(shellCommands(API_PAGE))) {
    const output = await run([substitute(command, real)], folder, env)
    const { TaskId, AccessKey, EnrollmentId, AccountId } = answerSchema.parse(JSON.parse(output))
    if (TaskId !== undefined) real.set(EXAMPLE.task, String(TaskId))
    if (EnrollmentId !== undefined) real.set(EXAMPLE.enrollment, EnrollmentId)
    if (AccountId !== undefined) real.set(EXAMPLE.account, AccountId)
    if (AccessKey !== undefined) real.set(EXAMPLE.accessKey, AccessKey.AccessKeyId)
    called.set(command.split(' ')[2] ?? '', output)
  }
  assert.match(called.get('GetDBListFromAgent') ?? '', /"shop"/)
  assert.match(called.get('DescribeBackupGatewayList') ?? '', /"ONLINE"/)
})

const answerSchema = z.object({
  Success: z.literal(true),
  TaskId: z.number().optional(),
  EnrollmentId: z.string().optional(),
  AccountId: z.string().optional(),
  AccessKey: z.object({ AccessKeyId: z.string() }).optional(),
})

/** The page goes by product; what is deleted there must have been made, used and let go before. */
function inOrder(commands: readonly string[]): readonly string[] {
  const begins = (word: string) => commands.filter((command) => command.startsWith(`bin/postern call ${word}`))
  const first = ['GetCallerIdentity', 'Create', 'Attach'].flatMap(begins)
  const last = [...begins('Detach'), ...begins('Delete').toReversed()]
  return [...first, ...commands.filter((command) => ![...first, ...last].includes(command)), ...last]
}

/** Commands that run until they are stopped, and what they say when they are ready. */
const READY = [
  ['bin/postern server ', '"msg":"listening"'],
  ['bin/postern gateway run ', '"msg":"connected"'],
] as const

/** The database of the test has no TLS: the page says what to write then. */
function configuration(): string {
  const text = codeBlocks(README).find(({ language }) => language === 'yaml')?.text ?? ''
  const withoutTls = 'tls: { mode: off }'
  assert.ok(text.includes(`No TLS: ${withoutTls}`), text)
  return `${text}    ${withoutTls}\n`
}

/** All at once: what was put in is not looked at again. */
function substitute(text: string, real: ReadonlyMap<string, string>): string {
  return text.replaceAll(
    /\d+\.\d+\.\d+\.\d+|[a-z]\w*(?:\.\w+)+|PSTN\w+|\b[0-9a-f]{20}\b|\d+/g,
    (word) => real.get(word) ?? word,
  )
}

const bash = (commands: readonly string[]) => ['-euo', 'pipefail', '-c', commands.join('\n')]
const environment = (more: Readonly<Record<string, string>> = {}) => ({
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
  ...more,
})

async function run(commands: readonly string[], cwd: string, env?: Readonly<Record<string, string>>): Promise<string> {
  const options = { cwd, env: environment(env), timeout: 60_000 }
  const { stdout } = await promisify(execFile)('bash', bash(commands), options)
  return stdout
}

const start = (commands: readonly string[], cwd: string): ChildProcess =>
  spawn('bash', bash(commands), { cwd, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
