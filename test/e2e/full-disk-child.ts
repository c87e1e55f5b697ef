import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { eventually } from '../fixtures/eventually.ts'
import { enrollKey } from '../fixtures/scripted-gateway.ts'
import { startServer, UNTHROTTLED } from '../fixtures/postern.ts'

// In a mount namespace of its own: a real server on a disk of 8 MiB that is filled to the last byte, and emptied again.
const folder = process.argv[2] ?? ''
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'none', folder])
await using server = await startServer(folder, { config: UNTHROTTLED })
const { identity } = await enrollKey(server.url, server.api)
const create = () =>
  server.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: String(identity.gateway),
    DatabaseType: 'MySQL',
    SourceEndpointIP: '10.0.0.1',
  })
const taskOf = (body: unknown) => z.object({ TaskId: z.number() }).parse(body).TaskId
const acknowledged: number[] = []
for (let i = 0; i < 5; i++) acknowledged.push(taskOf((await create()).body))

const filler = join(folder, 'filler')
const handle = openSync(filler, 'w')
fill(handle)
closeSync(handle)
let refused: Awaited<ReturnType<typeof create>> | undefined
// What is left of the log's file takes a few more.
for (let i = 0; i < 2_000 && refused === undefined; i++) {
  const answer = await create()
  if (answer.status === 200) acknowledged.push(taskOf(answer.body))
  else refused = answer
}
assert.ok(refused !== undefined, 'a full disk is noticed')
assert.deepEqual([refused.status, refused.body['Code']], [503, 'ServiceUnavailable'])
assert.match(String(refused.body['Message']), /disk may be full|cannot be written/)
assert.ok(typeof refused.body['RequestId'] === 'string')
const read = await server.call('GetTask', { TaskId: String(acknowledged[0]) }, '2026-12-01')
assert.equal(read.status, 200, `reads go on: ${JSON.stringify(read.body)}`)

rmSync(filler)
await eventually('it goes on by itself when there is room', async () => {
  const answer = await create()
  if (answer.status !== 200) return false
  acknowledged.push(taskOf(answer.body))
  return true
})
await server.process().kill('SIGKILL')
await server.start()
for (const task of acknowledged) {
  const answer = await server.call('GetTask', { TaskId: String(task) }, '2026-12-01')
  assert.equal(answer.status, 200, `task ${task} was acknowledged: ${JSON.stringify(answer.body)}`)
}
await server.process().kill()

// A disk that cannot be written at all: the server says so and ends.
execFileSync('mount', ['-o', 'remount,ro', folder])
await assert.rejects(server.start(), /The folder .* cannot be written \(EROFS\)/)
console.log(`acknowledged ${acknowledged.length}`)

function fill(file: number): void {
  const part = Buffer.alloc(64 * 1024)
  for (let size = part.length; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) if (writeSync(file, part, 0, size) < size) break
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }
}
