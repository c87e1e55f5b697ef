import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { z } from 'zod'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { findMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'

const both = findMariadb() !== undefined && findPostgresql() !== undefined
const skip = !both && 'MariaDB or PostgreSQL is not on this machine (Debian: mariadb-server, postgresql)'

const SCRIPT = `
  import { startMariadb } from './test/fixtures/mariadb.ts'
  import { startPostgresql } from './test/fixtures/postgresql.ts'
  const servers = await Promise.all([startMariadb(), startPostgresql()])
  console.log(JSON.stringify(servers.map(({ pid, folder }) => ({ pid, folder }))))
  setInterval(() => {}, 1000)
`

test('the servers of a test process that is killed end, and leave no file', { skip, timeout: 60_000 }, async () => {
  const root = new URL('../../', import.meta.url)
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', SCRIPT], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve))
  const servers = z.array(z.object({ pid: z.number(), folder: z.string() })).parse(JSON.parse(line))
  for (const { pid, folder } of servers) assert.ok(isAlive(pid) && existsSync(folder))
  child.kill('SIGKILL')
  const end = performance.now() + 20_000
  while (servers.some(({ pid, folder }) => isAlive(pid) || existsSync(folder))) {
    assert.ok(performance.now() < end, `still there: ${line}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
})

test('the fault proxy holds, limits, counts and resets', async () => {
  const echo = createServer((socket) => void socket.on('error', () => {}).pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const address = echo.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    await using proxy = await startFaultProxy({ port }, { limit: { bytesToClient: 5, action: 'end' } })
    proxy.hold()
    const client = connect(proxy.port, '127.0.0.1')
    const chunks: Buffer[] = []
    client.on('data', (chunk: Buffer) => chunks.push(chunk))
    const ended = new Promise<void>((resolve) => client.once('close', () => resolve()))
    await proxy.connected()
    client.write('0123456789')
    while (proxy.fromClient < 10) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(proxy.fromServer, 0, 'held')
    proxy.release()
    await ended
    assert.equal(Buffer.concat(chunks).toString(), '01234')
    assert.deepEqual([proxy.accepted, proxy.fromServer], [1, 10])

    const second = connect(proxy.port, '127.0.0.1')
    const reset = new Promise<unknown>((resolve) => second.once('error', resolve))
    await proxy.connected()
    proxy.resetAll()
    assert.match(String(await reset), /ECONNRESET/)
  } finally {
    echo.close()
  }
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
