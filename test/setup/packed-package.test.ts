import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import * as z from 'zod'
import { shellCommands } from '../docs/code-blocks.ts'
import { freePort } from '../fixtures/free-port.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { watchProcess } from '../fixtures/process.ts'
import { readModules } from '../architecture/module-facts.ts'
import { readSourceTree } from '../architecture/source-tree.ts'
import { ROOT, runModule, runScript } from './script-process.ts'

const NPM_ENV = {
  npm_config_cache: join(ROOT, '.tools', 'npm-cache'),
  npm_config_loglevel: 'error',
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
}

const packedSchema = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }))
const packageSchema = z.object({ version: z.string(), dependencies: z.record(z.string(), z.string()) })

/** Types are not stripped under node_modules and development packages are not there: only an installation shows that it runs. */
test('the packed package, installed without development packages, runs', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'packed-'))
  t.after(() => rm(folder, { recursive: true }))
  const packed = await runScript('npm', ['pack', '--json', '--pack-destination', folder], { env: NPM_ENV })
  assert.equal(packed.code, 0, packed.stderr)
  const [tarball] = packedSchema.parse(JSON.parse(packed.stdout))
  assert.ok(tarball)
  const paths = tarball.files.map(({ path }) => path)
  assert.deepEqual(
    paths.filter((path) => /\.(ts|tgz)$|^(src|test|scripts)\/|\.(key|env|log)$/.test(path)),
    [],
    'only what runs is packed',
  )
  for (const path of ['bin/postern.js', 'dist/cli/main.js', 'dist/console/index.html', 'dist/docs/index.html'])
    assert.ok(paths.includes(path), `${path} is packed`)

  // As the guide says it; the clone's own commands are run by bin-postern.test.ts and prepare.test.ts.
  const guide = shellCommands(await readFile(join(ROOT, 'docs/guide/install.md'), 'utf8'))
  const [setup, own, pack, install = '', ask, complete = '', ...others] = guide
  assert.deepEqual([setup, own, pack, others], ['npm run setup', 'bin/postern --version', 'npm pack', []])
  assert.equal(install.split(' ').at(-1), tarball.filename)
  const home = join(folder, 'home')
  const prefix = join(folder, 'prefix')
  await mkdir(home)
  const into = { ...NPM_ENV, npm_config_prefix: prefix, npm_config_omit: 'dev', npm_config_ignore_scripts: 'true' }
  const installed = await runScript('npm', install.split(' ').slice(1), { cwd: folder, env: into })
  assert.equal(installed.code, 0, installed.stderr)

  const program = join(prefix, 'lib', 'node_modules', 'postern', 'dist')
  await everyFileLoads(program)
  await whatIsFoundByItsPathIsThere(program)
  await licencesAreThere(program)

  const { version } = packageSchema.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')))
  const postern = join(prefix, 'bin', 'postern')
  const env = { PATH: [dirname(postern), dirname(process.execPath), process.env['PATH']].join(delimiter) }
  const run = await runScript('bash', ['-euc', ask ?? ''], { cwd: home, env })
  assert.deepEqual(run, { code: 0, signal: null, stdout: `${version}\n`, stderr: '' })
  const completed = await runScript('bash', ['-euc', `${complete}; complete -p postern`], { cwd: home, env })
  assert.deepEqual(completed, { code: 0, signal: null, stdout: 'complete -F _postern postern\n', stderr: '' })

  // Both roles, with the threads, the SQL and the migrations that they need.
  const start = (args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    watchProcess(
      spawn(postern, args, { cwd: home, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...more } }),
    )
  const url = `http://127.0.0.1:${await freePort()}`
  const metrics = `127.0.0.1:${await freePort()}`
  const shown = ['--drain-grace', '0', '--metrics-listen', metrics, '--log-format', 'pretty']
  await using server = start(['server', '--data', 'data', '--listen', new URL(url).host, ...shown])
  await server.line('INFO: listening')
  assert.match(await (await fetch(`http://${metrics}/metrics`)).text(), /^postern_gateways_connected 0$/m)
  assert.equal((await fetch(`${url}/console/`)).status, 200)
  const backup = await runScript(postern, ['backup', '--data', 'data', '--to', 'backup.db'], { cwd: home })
  assert.equal(backup.code, 0, backup.stderr)
  const connection = ['--endpoint', url, '--key-file', 'data/root-access-key.json']
  const token = await runScript(postern, ['gateway', 'token', ...connection], { cwd: home })
  assert.equal(token.stderr, '')
  const enroll = ['gateway', 'enroll', '--server', url, '--data', 'gateway']
  const enrolled = await runScript(postern, enroll, { cwd: home, env: { POSTERN_ENROLLMENT_TOKEN: token.stdout } })
  assert.equal(enrolled.code, 0, enrolled.stderr)
  await using database = findMariadb() === undefined ? undefined : await startMariadb()
  await database?.query('CREATE DATABASE shop')
  const entry = `{ engine: MySQL, host: 127.0.0.1, port: ${database?.port}, user: root, passwordEnv: DB, tls: { mode: off } }`
  await writeFile(join(home, 'gateway.yaml'), `endpoints: [${database === undefined ? '' : entry}]\n`)
  await using gateway = start(['gateway', 'run', '--data', 'gateway', '--config', 'gateway.yaml'], {
    DB: database?.rootPassword,
  })
  await gateway.line('"msg":"connected"')
  const list = await runScript(postern, ['gateway', 'list', ...connection], { cwd: home })
  assert.match(list.stdout, / ONLINE /)
  if (database === undefined)
    return t.diagnostic('lists nothing: MariaDB is not on this machine (Debian: mariadb-server)')
  const id = /^\d{15}/m.exec(list.stdout)?.[0] ?? assert.fail(list.stdout)
  // An upgrade takes the files away from under a gateway that runs; it has what it needs.
  await rename(program, `${program}-before`)
  const endpoint = ['--engine', 'MySQL', '--host', '127.0.0.1', '--port', String(database.port)]
  const words = [join(ROOT, 'src/cli/main.ts'), 'databases', '--gateway', id, ...endpoint, ...connection]
  const listed = await runScript(process.execPath, words, { cwd: home })
  assert.match(listed.stdout, /^shop$/m, listed.stderr)
})

/** Also what is loaded late: each file finds what it imports among the other files and the installed packages. */
async function everyFileLoads(program: string): Promise<void> {
  const chunks = join(program, 'chunks')
  const files = (await readdir(chunks)).map((file) => join(chunks, file))
  const loaded = await runModule(`for (const file of ${JSON.stringify(files)}) await import(file)`)
  assert.deepEqual(
    { count: files.length > 20, ...loaded },
    { count: true, code: 0, signal: null, stdout: '', stderr: '' },
  )
}

async function whatIsFoundByItsPathIsThere(program: string): Promise<void> {
  const src = join(ROOT, 'src')
  const named = (await readdir(src, { recursive: true })).filter((path) => path.endsWith('.sql'))
  const threads = ['store/sqlite/writer.js', 'link/signature-thread.js', 'admin/store-job-thread.js']
  const there = new Set(await readdir(program, { recursive: true }))
  assert.deepEqual(
    [...named, ...threads].filter((path) => !there.has(path)),
    [],
  )
}

/** Of every package that the code names and npm does not install with it. */
async function licencesAreThere(program: string): Promise<void> {
  const { dependencies } = packageSchema.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')))
  const imports = readModules(readSourceTree(ROOT))
    .filter(({ path }) => path.startsWith('src/'))
    .flatMap((module) => module.imports.filter(({ when }) => when !== 'type'))
  const packages = new Set(imports.map(({ target }) => target).filter((target) => !/^(src\/|node:)/.test(target)))
  const licences = await readFile(join(program, 'THIRD-PARTY-LICENSES.txt'), 'utf8')
  const contained = [...packages].filter((name) => !(name in dependencies)).toSorted()
  assert.deepEqual(contained, ['commander', 'fast-xml-builder', 'fastify', 'pino', 'prom-client', 'ws', 'zod'])
  for (const name of [...contained, 'ajv', 'semver'])
    assert.match(licences, new RegExp(`^-{80}\n\n${name} \\d+\\.\\d+\\.\\d+, [\\w.-]+\n\n[^]*?copyright`, 'im'), name)
}
