import assert from 'node:assert/strict'
import { copyFile, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { encodeParameters, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { EXIT } from '../../src/cli/exit-code.ts'
import { eventually } from '../fixtures/eventually.ts'
import {
  DBS,
  startGateway,
  startServer,
  type TestGateway,
  type TestServer,
  UNTHROTTLED,
  waitForTask,
} from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const restoredLists = z.object({
  AccessKeys: z.array(z.object({ AccessKeyId: z.string(), Status: z.string() })),
  Users: z.array(z.object({ UserName: z.string() })),
  Gateways: z.array(z.object({ BackupGatewayId: z.number(), Name: z.string() })),
})
const RAM = '2015-05-01'

async function create(server: TestServer, gateway: string | number, token?: string): Promise<number> {
  const answer = await server.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: String(gateway),
    DatabaseType: 'MySQL',
    SourceEndpointIP: '127.0.0.1',
    SourceEndpointPort: '1',
    ...(token !== undefined && { ClientToken: token }),
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return z.object({ TaskId: z.number() }).parse(answer.body).TaskId
}

/** A closed port: the gateway works on it, and says so. */
const ENDPOINT =
  'endpoints:\n  - { engine: MySQL, host: 127.0.0.1, port: 1, user: lister, password: x, tls: { mode: off } }\n'

const errCode = (answer: { body: Record<string, unknown> }) => answer.body['ErrCode'] ?? answer.body['Code']

const sessionsOf = (gateway: TestGateway) => gateway.process().output().split('"msg":"connected"').length

async function restore(folder: string, args: readonly string[]) {
  return postern(['restore', ...args], { cwd: folder })
}

test('row 19: a restored server goes on from its backup; its gateways come back, and ids of since name nothing else', {
  timeout: 110_000,
}, async () => {
  await using folder = await tempFolder('restore')
  const at = (name: string) => join(folder.path, name)
  await using server = await startServer(folder.path, { config: UNTHROTTLED })
  await using gateway = await startGateway(server, at('first'), { name: 'first', config: ENDPOINT })
  const before = await create(server, gateway.id, 'token-1')
  assert.equal(errCode(await waitForTask(server, before)), 'Endpoint.ConnectionRefused')
  await server.call('CreateUser', { UserName: 'ann' }, RAM)
  const held = await enrollKey(server.url, server.api)
  const backup = await postern(['backup', '--data', server.data, '--to', at('monday.db')])
  assert.equal(backup.code, EXIT.done, backup.stderr)

  // Since the backup: a user deleted, sessions, tasks, another gateway with an attempt that it holds.
  await server.call('DeleteUser', { UserName: 'ann' }, RAM)
  await server.process().kill()
  await server.start()
  const since: number[] = []
  for (let i = 0; i < 5; i++) since.push(await create(server, gateway.id))
  const late = await enrollKey(server.url, server.api)
  const holding = await connectScripted({ url: server.url, ...held })
  holding.ready()
  since.push(await create(server, held.identity.gateway))
  const run = await holding.nextRun()
  holding.accept(run)
  // A nonce that the restored store does not know.
  const replay = signedRead(server)
  assert.equal((await fetch(replay)).status, 200)
  await server.process().kill()
  await holding[Symbol.asyncDispose]()

  // The key file is not in the backup.
  const without = await restore(folder.path, ['--from', 'monday.db', '--data', 'restored'])
  assert.equal(without.code, EXIT.usage)
  assert.match(without.stderr, /no key file .*monday\.db\.key.*--key-file/s)
  await writeFile(at('other.key'), `${'ab'.repeat(32)}\n`, { mode: 0o600 })
  const wrong = await restore(folder.path, ['--from', 'monday.db', '--data', 'restored', '--key-file', 'other.key'])
  assert.equal(wrong.code, EXIT.usage)
  assert.match(wrong.stderr, /not the one that it was sealed with/)
  await copyFile(join(server.data, 'secret.key'), at('kept.key'))
  const over = await restore(folder.path, ['--from', 'monday.db', '--data', server.data, '--key-file', 'kept.key'])
  assert.match(over.stderr, /is not empty, and nothing is written over/)
  const args = ['--from', 'monday.db', '--data', 'restored', '--key-file', 'kept.key', '--output', 'json']
  const done = await restore(folder.path, args)
  assert.equal(done.code, EXIT.done, done.stderr)
  const lists = restoredLists.parse(JSON.parse(done.stdout))
  assert.deepEqual(lists.Users, [{ UserName: 'ann' }], 'she is back, and it is said')
  assert.deepEqual(
    lists.Gateways.map(({ BackupGatewayId }) => BackupGatewayId).toSorted((a, b) => a - b),
    [Number(gateway.id), held.identity.gateway].toSorted((a, b) => a - b),
  )
  assert.deepEqual(lists.AccessKeys, [{ AccessKeyId: server.accessKey.AccessKeyId, Status: 'Active' }])
  assert.ok(!(await readdir(at('restored'))).some((name) => name.includes('partial')))

  // In place of the lost folder, so that the same command starts it.
  await rename(server.data, at('lost'))
  await rename(at('restored'), server.data)
  await copyFile(join(at('lost'), 'root-access-key.json'), server.keyFile)
  const connected = sessionsOf(gateway)
  await server.start()
  const replayed = await fetch(replay)
  assert.equal(replayed.status, 400)
  const refusal = await replayed.text()
  assert.match(refusal, /InvalidTimeStamp\.Expired/)
  assert.match(refusal, /signed before this server was restored/)

  // Timestamps have whole seconds, and what was signed in that of the restore may be of before it.
  const isTaken = async () => (await server.call('DescribeRegions', {})).status === 200
  await eventually('a call of a later second is taken', isTaken)

  // By itself, with an identity that the server knows, however many sessions it had since.
  // The server was away for long, and so is the wait between its tries: half a minute at most.
  await eventually('the gateway is back', () => sessionsOf(gateway) > connected, 60_000)
  const after = await create(server, gateway.id)
  assert.ok(!since.includes(after) && after !== before)
  assert.equal(errCode(await waitForTask(server, after)), 'Endpoint.ConnectionRefused')
  for (const id of since) {
    assert.equal(errCode(await server.call('GetDBListFromAgent', { TaskId: String(id) })), 'Task.NotFound')
  }
  assert.equal(await create(server, gateway.id, 'token-1'), before, 'a token of before the backup still counts')
  // The gateway that was enrolled since is told that it is not known, and why.
  await assert.rejects(connectScripted({ url: server.url, ...late }), /does not know this gateway/)
  // What is held of a task that the store does not know any more is taken, and changes nothing.
  await using back = await connectScripted({ url: server.url, ...held })
  back.ready([run.attempt])
  assert.equal((await back.nextCancel()).attempt, run.attempt)
  back.finish(run, ['crm'])
  assert.equal((await back.nextReceived()).kind, 'unknown')
  const check = await postern(['store', 'check', '--data', server.data])
  assert.equal(check.code, EXIT.done, check.stderr)
})

/** The URL of a signed read of this moment; the same URL again is a replay. */
function signedRead({ url, accessKey }: TestServer): string {
  const key = { accessKeyId: accessKey.AccessKeyId, secret: accessKey.AccessKeySecret }
  const moment = { method: 'GET', time: Date.now(), nonce: 'once' } as const
  const parameters = { Action: 'DescribeRegions', Version: DBS }
  return `${url}/?${encodeParameters(signedParametersV1(parameters, key, moment))}`
}
