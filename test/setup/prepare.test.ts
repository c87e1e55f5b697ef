import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, runModule } from './script-process.ts'

const SETUP = join(ROOT, 'scripts', 'setup')

/** A clone with one dependency that lies in it, so that npm needs no network. */
async function plantClone(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'clone-'))
  await mkdir(join(root, 'inside'))
  await writeFile(join(root, 'inside', 'package.json'), JSON.stringify({ name: 'inside', version: '1.0.0' }))
  await writePackage(root, '1.0.0')
  return root
}

async function writePackage(root: string, version: string): Promise<void> {
  const project = { name: 'planted', version, dependencies: { inside: 'file:inside' } }
  const packages = {
    '': project,
    inside: { version: '1.0.0' },
    'node_modules/inside': { resolved: 'inside', link: true },
  }
  await writeFile(join(root, 'package.json'), JSON.stringify(project))
  await writeFile(
    join(root, 'package-lock.json'),
    JSON.stringify({ name: 'planted', version, lockfileVersion: 3, requires: true, packages }),
  )
}

function prepare(root: string) {
  return runModule(`
    import { prepare, reportFailure } from '${SETUP}/prepare.mjs'
    try { await prepare({ root: ${JSON.stringify(root)} }) } catch (error) { reportFailure(error); process.exitCode = 1 }
  `)
}

test('installs once, and again only when the lock file is another one or node_modules is gone', async (t) => {
  const root = await plantClone()
  t.after(() => rm(root, { recursive: true }))
  const installing = /Installing the packages/
  assert.match((await prepare(root)).stdout, installing)
  assert.ok(existsSync(join(root, 'node_modules', 'inside', 'package.json')))
  assert.equal((await prepare(root)).stdout, '')

  await writePackage(root, '1.0.1')
  assert.match((await prepare(root)).stdout, installing)
  assert.equal((await prepare(root)).stdout, '')

  await rm(join(root, 'node_modules'), { recursive: true })
  assert.match((await prepare(root)).stdout, installing)
})

test('an installation that failed is not taken for a finished one, and says what to do', async (t) => {
  const root = await plantClone()
  t.after(() => rm(root, { recursive: true }))
  await prepare(root)
  const lock = await readFile(join(root, 'package-lock.json'), 'utf8')
  await writeFile(join(root, 'package-lock.json'), lock.replaceAll('inside', 'other'))
  const failed = await prepare(root)
  assert.equal(failed.code, 1)
  assert.match(failed.stderr, /Set-up failed\. The packages could not be installed[^]*package-lock\.json do not match/)
  await writeFile(join(root, 'package-lock.json'), lock)
  assert.match((await prepare(root)).stdout, /Installing the packages/)
})

test('two set-ups at the same time install once, and the lock of a dead one is taken over', async (t) => {
  const root = await plantClone()
  t.after(() => rm(root, { recursive: true }))
  const dead = await runModule('console.log(process.pid)')
  await mkdir(join(root, '.tools', 'setup.lock'), { recursive: true })
  await writeFile(join(root, '.tools', 'setup.lock', 'pid'), dead.stdout.trim())
  const ends = await Promise.all([prepare(root), prepare(root), prepare(root)])
  for (const { code, stderr } of ends) assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  const installed = ends.filter(({ stdout }) => stdout.includes('Installing the packages'))
  assert.equal(installed.length, 1)
  assert.deepEqual((await readdir(join(root, '.tools'))).toSorted(), ['npm-cache', 'packages-installed'])
})

test('a lock that is held is waited for no longer than the deadline, and the message names its owner', async (t) => {
  const root = await plantClone()
  t.after(() => rm(root, { recursive: true }))
  await mkdir(join(root, '.tools', 'setup.lock'), { recursive: true })
  await writeFile(join(root, '.tools', 'setup.lock', 'pid'), String(process.pid))
  const { stdout } = await runModule(`
    import { withSetupLock } from '${SETUP}/setup-lock.mjs'
    const options = { say: console.log, deadlineMs: 300 }
    await withSetupLock(${JSON.stringify(root)}, options, () => console.log('entered')).catch((error) => console.log(error.describe()))
  `)
  assert.match(stdout, new RegExp(`Waiting for another set-up of this clone \\(process ${process.pid}\\)`))
  assert.match(stdout, /delete that folder/)
  assert.doesNotMatch(stdout, /entered/)
})

test('never two at once inside the lock, however many come', async (t) => {
  const root = await plantClone()
  t.after(() => rm(root, { recursive: true }))
  const source = `
    import { mkdir, rmdir } from 'node:fs/promises'
    import { withSetupLock } from '${SETUP}/setup-lock.mjs'
    const inside = ${JSON.stringify(join(root, 'inside-the-lock'))}
    for (let i = 0; i < 10; i++) {
      await withSetupLock(${JSON.stringify(root)}, { say: () => {} }, async () => { await mkdir(inside); await rmdir(inside) })
    }
  `
  const ends = await Promise.all(Array.from({ length: 4 }, () => runModule(source)))
  for (const { code, stderr } of ends) assert.equal(code, 0, stderr)
})
