import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { tempFolder } from '../fixtures/temp-folder.ts'

const NAMESPACE = ['--map-root-user', '--mount']
const permitted = () =>
  spawnSync('unshare', [...NAMESPACE, 'mount', '-t', 'tmpfs', 'none', '/mnt'], { timeout: 10_000 }).status === 0

test('row 12: a full disk loses no acknowledged task, is told clearly, stops no read, and passes by itself', {
  skip: !permitted() && 'no mount namespaces here',
  timeout: 110_000,
}, async () => {
  await using folder = await tempFolder('full-disk')
  const program = new URL('full-disk-child.ts', import.meta.url).pathname
  const child = spawn('unshare', [...NAMESPACE, process.execPath, program, folder.path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 100_000,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()))
  await once(child, 'close')
  assert.equal(child.exitCode, 0, output)
  assert.match(output, /acknowledged \d+/)
})
