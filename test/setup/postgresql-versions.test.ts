import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ROOT, runModule } from './script-process.ts'

const MODULE = join(ROOT, 'scripts', 'setup', 'postgresql-versions.mjs')

const versions = (root: string, platform: string) =>
  runModule(`
    import { postgresqlVersions } from '${MODULE}'
    const say = (line) => console.log(line)
    try {
      const found = await postgresqlVersions(process.execPath, { root: '${root}', platform: '${platform}', say })
      console.log(JSON.stringify(found))
    } catch (error) { console.log('threw', error.message) }
  `)

/** A clone that pins one package for the platform "here", which lies in it, so that npm needs no network. */
async function plantClone(root: string, links: readonly { source: string; target: string }[]): Promise<string> {
  const native = join(root, 'inside', 'native')
  await mkdir(join(native, 'lib'), { recursive: true })
  await writeFile(join(root, 'inside', 'package.json'), JSON.stringify({ name: 'inside', version: '1.0.0' }))
  await writeFile(join(native, 'lib', 'libpq.so.5.18'), 'a library')
  await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(links))
  const pinned = join(root, 'test', 'servers', 'here')
  await mkdir(pinned, { recursive: true })
  const project = { name: 'servers', version: '0.0.0', dependencies: { 'postgresql-18': 'file:../../inside' } }
  const packages = {
    '': project,
    '../../inside': { name: 'inside', version: '1.0.0' },
    'node_modules/postgresql-18': { resolved: '../../inside', link: true },
  }
  await writeFile(join(pinned, 'package.json'), JSON.stringify(project))
  const lock = { name: 'servers', version: '0.0.0', lockfileVersion: 3, requires: true, packages }
  await writeFile(join(pinned, 'package-lock.json'), JSON.stringify(lock))
  return native
}

test('versions of PostgreSQL are fetched once, with the links that their packages list', async () => {
  await using folder = await tempFolder()
  const native = await plantClone(folder.path, [
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
  ])
  const found = join(folder.path, '.tools', 'postgresql', 'node_modules', 'postgresql-18', 'native', 'bin')
  const first = await versions(folder.path, 'here')
  assert.match(first.stdout, /^Fetching several versions/, first.stderr)
  assert.ok(first.stdout.includes(JSON.stringify({ folders: [found] })), first.stdout)
  assert.equal(await readFile(join(native, 'lib', 'libpq.so.5'), 'utf8'), 'a library')
  assert.equal((await versions(folder.path, 'here')).stdout, `${JSON.stringify({ folders: [found] })}\n`)
  const elsewhere = await versions(folder.path, 'elsewhere')
  assert.match(elsewhere.stdout, /"folders":\[\],"missing":"no package of PostgreSQL is made for elsewhere"/)
})

test('a link that leads out of its folder is not made', async () => {
  for (const link of [
    { source: '/etc/passwd', target: 'native/lib/libpq.so.5' },
    { source: 'native/x', target: 'native/../../../x' },
    { source: 'native/bin/initdb', target: 'native/bin/postgres' },
  ]) {
    await using folder = await tempFolder()
    await plantClone(folder.path, [link])
    const { stdout } = await versions(folder.path, 'here')
    assert.match(stdout, /threw .*asks for a link where none belongs/)
  }
})
