import assert from 'node:assert/strict'
import { chmod, copyFile, cp, mkdir, mkdtemp, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ROOT, runModule, runScript } from './script-process.ts'

const MAIN =
  "import 'node:sqlite'\nconst args: string[] = process.argv.slice(2)\nconsole.log(process.pid, JSON.stringify(args))\nprocess.exitCode = 9\n"

const BUNDLE = `
  import { mkdirSync, writeFileSync } from 'node:fs'
  mkdirSync(process.argv[3] + '/cli')
  writeFileSync(process.argv[3] + '/cli/main.js', 'console.log("built")')
`

async function plantClone(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'a clone-'))
  t.after(() => rm(root, { recursive: true }))
  for (const folder of ['bin', 'node_modules', 'src/cli', 'old']) await mkdir(join(root, folder), { recursive: true })
  for (const file of ['postern', 'postern.js']) await copyFile(join(ROOT, 'bin', file), join(root, 'bin', file))
  await chmod(join(root, 'bin', 'postern'), 0o755)
  await writeFile(join(root, 'package.json'), '{"type":"module"}')
  await writeFile(join(root, 'src', 'cli', 'main.ts'), MAIN)
  await writeFile(join(root, 'old', 'node'), '#!/bin/sh\n[ "$1" = -p ] && echo 20 || echo v20.20.2\n')
  await chmod(join(root, 'old', 'node'), 0o755)
  return root
}

test('runs the program as its own process, with its arguments and exit code, also through links', async (t) => {
  const root = await plantClone(t)
  await symlink(join(root, 'bin', 'postern'), join(root, 'absolute'))
  await symlink('../absolute', join(root, 'old', 'relative'))
  for (const path of ['bin/postern', 'absolute', 'old/relative']) {
    let pid = 0
    const end = await runScript(join(root, path), ['a b', '--c=$d'], {
      onOutput: (_, own) => {
        pid = own
      },
    })
    assert.deepEqual(end, { code: 9, signal: null, stdout: `${pid} ["a b","--c=$d"]\n`, stderr: '' })
  }
})

test("takes the clone's own Node before an older one in PATH, and says what to do where there is none", async (t) => {
  const root = await plantClone(t)
  const env = { PATH: join(root, 'old') + delimiter + (process.env.PATH ?? '') }
  const refused = await runScript(join(root, 'bin', 'postern'), [], { env })
  assert.equal(refused.code, 1)
  assert.match(
    refused.stderr,
    /^postern: Node 24\.15 or later is needed, this is Node v20\.20\.2\. Run this first: .*npm run setup/,
  )
  assert.equal(refused.stdout, '')

  await mkdir(join(root, '.tools', 'node', 'bin'), { recursive: true })
  await symlink(process.execPath, join(root, '.tools', 'node', 'bin', 'node'))
  assert.equal((await runScript(join(root, 'bin', 'postern'), [], { env })).code, 9)

  await rm(join(root, 'node_modules'), { recursive: true })
  assert.match(
    (await runScript(join(root, 'bin', 'postern'), [], { env })).stderr,
    /packages are not installed.*npm run setup/,
  )
})

test('runs what was built of the clone, and the sources from the moment in which any of them is touched', async (t) => {
  const root = await plantClone(t)
  await mkdir(join(root, 'src/store'))
  await mkdir(join(root, 'scripts/setup/bundle'), { recursive: true })
  for (const path of [
    'scripts/setup/compile.mjs',
    'package-lock.json',
    'node_modules/.package-lock.json',
    'src/store/a.sql',
  ])
    await writeFile(join(root, path), '')
  // What the bundler makes is tried in packed-package.test.ts.
  await writeFile(join(root, 'scripts/setup/bundle/bundle.mjs'), BUNDLE)
  const main = join(root, 'src/cli/main.ts')
  await writeFile(main, "console.log('source')")
  const compile = async () => {
    const { code, stderr } = await runModule(`
      import { compile } from ${JSON.stringify(join(ROOT, 'scripts/setup/compile.mjs'))}
      await compile(${JSON.stringify(root)}, { node: process.execPath, say: console.log })`)
    assert.equal(code, 0, stderr)
  }
  const runs = async (clone = root) => (await runScript(join(clone, 'bin', 'postern'), [])).stdout.trim()
  assert.equal(await runs(), 'source')
  await compile()
  assert.equal(await runs(), 'built')

  const { atime, mtime } = await stat(main)
  await writeFile(main, "console.log('edited')")
  await utimes(main, atime, mtime)
  assert.equal(await runs(), 'edited', 'an edit that keeps the date')
  await compile()
  assert.equal(await runs(), 'built')
  await writeFile(main, "console.log('edited')")
  assert.equal(await runs(), 'edited', 'touched')
  await compile()
  assert.equal(await runs(), 'built', 'was looked at again')

  const copied = `${root}-copied`
  t.after(() => rm(copied, { recursive: true }))
  await cp(root, copied, { recursive: true })
  assert.equal(await runs(copied), 'edited', 'a copy, whose dates say nothing')
  await rm(join(root, 'src/store/a.sql'))
  assert.equal(await runs(), 'edited', 'a file that is gone')
})

test('the published command tells an old Node what it needs', async () => {
  const older = "Object.defineProperty(process, 'versions', { value: { node: '12.22.0' } })"
  const args = [
    '--import',
    `data:text/javascript,${encodeURIComponent(older)}`,
    join(ROOT, 'bin', 'postern.js'),
    '--version',
  ]
  const { code, stdout, stderr } = await runScript(process.execPath, args)
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
  assert.match(stderr, /^postern needs Node 24\.15 or later, this is Node 12\.22\.0\./)
})
