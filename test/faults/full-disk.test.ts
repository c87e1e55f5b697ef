import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { eventually } from '../fixtures/eventually.ts'
import { startServer, UNTHROTTLED } from '../fixtures/postern.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { mountSmallDisk } from './small-disk.ts'

const STORE_MIB = 16
const MAX_CREATES = 5_000

const idOf = (body: unknown) => z.object({ TaskId: z.number() }).parse(body).TaskId

test('row 12: on a full disk nothing is acknowledged that is lost, and the server goes on when there is room', async (t) => {
  await using folder = await tempFolder('full-disk')
  const data = join(folder.path, 'server')
  await mkdir(data, { mode: 0o700 })
  const disk = await mountSmallDisk(data, STORE_MIB)
  if (typeof disk === 'string') return t.skip(disk)
  await using _ = disk
  await using server = await startServer(folder.path, { config: UNTHROTTLED })
  await using gateway = await connectScripted({ url: server.url, ...(await enrollKey(server.url, server.api)) })
  const params = { BackupGatewayId: String(gateway.identity.gateway), DatabaseType: 'MySQL', SourceEndpointIP: 'db' }
  const create = () => server.call('CreateGetDBListFromAgentTask', params)

  const made = [idOf((await create()).body)]
  await disk.fill()
  // What the files of the store have room for already is still written.
  let refused: Record<string, unknown> | undefined
  while (refused === undefined && made.length < MAX_CREATES) {
    const answers = await Promise.all(Array.from({ length: 20 }, create))
    for (const { ok, body } of answers) {
      if (ok) made.push(idOf(body))
      else refused = body
    }
  }
  assert.equal(refused?.['Code'], 'ServiceUnavailable', JSON.stringify(refused))
  assert.equal((await server.call('DescribeBackupGatewayList')).status, 200, 'what is there can be read')

  await disk.free()
  await eventually('a task is made again', async () => {
    const { ok, body } = await create()
    if (ok) made.push(idOf(body))
    return ok
  })
  // By the same process: nobody had to start it again. And the same after a crash.
  for (const crashed of [false, true]) {
    if (crashed) {
      await server.process().kill('SIGKILL')
      await server.start()
    }
    for (const task of made) {
      const { body } = await server.call('GetDBListFromAgent', { TaskId: String(task) })
      assert.notEqual(body['ErrCode'], 'Task.NotFound', `${task}, one of ${made.length}`)
    }
  }
})
