import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { codeBlocks, shellCommands } from '../docs/code-blocks.ts'
import { freePort } from '../fixtures/free-port.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { type Running, watchProcess } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ROOT, runScript } from '../setup/script-process.ts'

const GUIDE = readFileSync(join(ROOT, 'docs/guide/service.md'), 'utf8')
const PLATFORM = `${process.platform}-${process.arch}`
const PASSWORD = 'of-the-test'
/** What the commands of the guide use of the machine. Node is not among it. */
const TOOLS = ['chmod', 'gzip', 'install', 'ln', 'sha256sum', 'tar']
const READY = { 'postern-server': '"msg":"listening"', 'postern-gateway': '"msg":"connected"' } as const
type Unit = keyof typeof READY
/** What needs an init system, users of its own or a journal. The test starts and restarts the units in systemd's place; the units themselves are checked by systemd-analyze in test/setup/service-units.test.ts. */
const NOT_RUN = [
  'systemd-sysusers',
  'systemctl daemon-reload',
  'chown -R postern-gateway:postern-gateway /var/lib/postern-gateway',
  'systemctl status postern-gateway',
  'journalctl -u postern-server -p warning --since today',
  'journalctl -u postern-gateway -o cat -f',
]

const skip =
  (!['linux-x64', 'linux-arm64'].includes(PLATFORM) && `the guide is for Linux, this is ${PLATFORM}`) ||
  (findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)')

test('the commands of the service guide, on a tarball, with no Node on the machine', { skip }, async (t) => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('tarball')).path
  const script = join(ROOT, 'scripts', 'tarball.mjs')
  const env = { npm_config_prefer_offline: 'true' }
  const [packed, database] = await Promise.all([
    runScript(process.execPath, [script, '--out', folder], { env }),
    startMariadb(),
  ])
  stack.use(database)
  if (packed.stderr.includes('npm cannot reach its registry')) return t.skip('npm cannot reach its registry')
  assert.equal(packed.code, 0, packed.stderr)
  await database.query('CREATE DATABASE shop')
  await database.query(`CREATE USER postern@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`)
  await database.query("GRANT SHOW DATABASES ON *.* TO postern@'127.0.0.1'")

  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tar.gz'))
  const port = await freePort()
  const here = (text: string) =>
    text
      .replaceAll(/(?<![\w./])\/(opt|etc|var|run)(?=[\s/]|$)/g, `${folder}/$1`)
      .replaceAll(/postern-\d+\.\d+\.\d+-linux-x64/g, tarball.replace('.tar.gz', ''))
      .replaceAll('127.0.0.1:7070', `127.0.0.1:${port}`)
      .replaceAll('host: db1.example.net', 'host: 127.0.0.1')
      .replaceAll('port: 3306', `port: ${database.port}`)
  const bin = await linkTools(folder)
  await mkdir(join(folder, 'opt'))

  const units = new Map<Unit, Running>()
  const start = async (unit: Unit) => {
    await units.get(unit)?.kill()
    const text = await readFile(join(folder, 'etc/systemd/system', `${unit}.service`), 'utf8')
    const [program = '', ...args] = here(/^ExecStart=(.*)$/m.exec(text)?.[1] ?? assert.fail(text)).split(' ')
    const child = spawn(program, args, { env: { PATH: '/nonexistent' }, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
    const running = stack.use(watchProcess(child))
    units.set(unit, running)
    await running.line(READY[unit])
    assert.equal(
      await readlink(`/proc/${running.pid}/exe`),
      join(folder, 'opt', tarball.replace('.tar.gz', ''), 'node/bin/node'),
    )
  }

  const notRun = new Set<string>()
  let output = ''
  for (const command of shellCommands(GUIDE)) {
    const [, unit] = /^systemctl (?:enable --now|restart) (postern-server|postern-gateway)$/.exec(command) ?? []
    if (unit === 'postern-server' || unit === 'postern-gateway') await start(unit)
    else if (NOT_RUN.includes(command)) notRun.add(command)
    else {
      if (command.startsWith('chmod')) await writeGatewayFiles(folder, here)
      output = (await run(here(command), { folder, path: bin })).stdout
    }
    if (command.endsWith('--version')) assert.match(output, /^\d+\.\d+\.\d+\n$/)
    if (command.includes('gateway list')) assert.match(output, / ONLINE /)
  }
  assert.deepEqual([...notRun], NOT_RUN)

  const id = /^\d{15}/m.exec((await run(here(LIST), { folder, path: bin })).stdout)?.[0] ?? assert.fail()
  const databases = `/opt/postern/bin/postern databases --gateway ${id} --engine MySQL --host 127.0.0.1 --port ${database.port}`
  const listed = await run(here(`${databases} ${CONNECTION}`), { folder, path: '/nonexistent' })
  assert.match(listed.stdout, /^shop\n\n1 database, visibility complete/m)
  for (const secret of [
    'postern-server/root-access-key.json',
    'postern-server/secret.key',
    'postern-gateway/gateway.json',
  ])
    assert.equal((await stat(join(folder, 'var/lib', secret))).mode & 0o777, 0o600, secret)

  await symlink('../opt/postern/bin/postern', join(folder, 'bin', 'linked'))
  const linked = await run(`${join(folder, 'bin', 'linked')} --version`, { folder, path: '/nonexistent' })
  assert.match(linked.stdout, /^\d+\.\d+\.\d+\n$/)

  const content = (await run(`tar -tf ${tarball}`, { folder, path: bin })).stdout.trimEnd().split('\n')
  assert.ok(
    content.some((path) => path.endsWith('/node/LICENSE')) && content.some((path) => /^[^/]*\/LICENSE$/.test(path)),
  )
  assert.deepEqual(
    content.filter((path) => /\/(typescript|fast-check|src\/cli|\.bin|\.tools)(\/|$)/.test(path)),
    [],
  )
})

const CONNECTION = '--endpoint http://127.0.0.1:7070 --key-file /var/lib/postern-server/root-access-key.json'
const LIST = `/opt/postern/bin/postern gateway list ${CONNECTION}`

/** The files of the guide, and the copy of the password that systemd makes for the unit. */
async function writeGatewayFiles(folder: string, here: (text: string) => string): Promise<void> {
  const yaml = codeBlocks(GUIDE).find(({ language }) => language === 'yaml')?.text ?? assert.fail()
  // The database of the test has no TLS.
  await writeFile(join(folder, 'etc/postern/gateway.yaml'), `${here(yaml)}    tls: { mode: off }\n`)
  const [, name = '', from = ''] = /^LoadCredential=([^:]*):(.*)$/m.exec(GUIDE) ?? assert.fail()
  await writeFile(here(from), `${PASSWORD}\n`)
  const credentials = join(folder, 'run/credentials/postern-gateway.service')
  await mkdir(credentials, { recursive: true })
  await copyFile(here(from), join(credentials, name))
  await chmod(join(credentials, name), 0o400)
}

async function linkTools(folder: string): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  for (const tool of TOOLS) {
    const at = folders.map((each) => join(each, tool)).find(existsSync) ?? assert.fail(`${tool} is not on this machine`)
    await symlink(at, join(bin, tool))
  }
  return bin
}

/** By a shell whose environment is PATH alone. */
async function run(command: string, where: { folder: string; path: string }) {
  const end = await runScript('/usr/bin/env', ['-i', `PATH=${where.path}`, '/bin/sh', '-c', command], {
    cwd: where.folder,
  })
  assert.equal(end.code, 0, `${command}\n${end.stderr}`)
  return end
}
