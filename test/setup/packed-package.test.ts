import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as z from 'zod'
import { ROOT, runScript } from './script-process.ts'

const NPM_ENV = {
  npm_config_cache: join(ROOT, '.tools', 'npm-cache'),
  npm_config_loglevel: 'error',
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
}

const packedSchema = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }))
const packageSchema = z.object({ version: z.string() })

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
    paths.filter((path) => /\.(ts|tgz)$|^(src|test|scripts)\/|secret|\.env/.test(path)),
    [],
    'only what runs is packed',
  )
  for (const path of ['bin/postern.js', 'dist/cli/main.js']) assert.ok(paths.includes(path), `${path} is packed`)

  const home = join(folder, 'home')
  await mkdir(home)
  await writeFile(join(home, 'package.json'), '{"private":true}')
  const install = ['install', '--omit=dev', '--ignore-scripts', join(folder, tarball.filename)]
  const installed = await runScript('npm', install, { cwd: home, env: NPM_ENV })
  assert.equal(installed.code, 0, installed.stderr)

  const { version } = packageSchema.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')))
  const run = await runScript(join(home, 'node_modules', '.bin', 'postern'), ['--version'], { cwd: home })
  assert.deepEqual(run, { code: 0, signal: null, stdout: `${version}\n`, stderr: '' })
})
