import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { DBS, namesOf, startServer } from '../fixtures/postern.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { addSecondAccount } from '../fixtures/second-account.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const taskOf = (body: unknown) => String(z.object({ TaskId: z.number() }).parse(body).TaskId)

test("row 22: what account B's gateway sends for an attempt of account A's gateway changes nothing", async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path)
  const apiB = await addSecondAccount(server, folder.path)
  await using gatewayA = await connectScripted({ url: server.url, ...(await enrollKey(server.url, server.api)) })
  await using gatewayB = await connectScripted({ url: server.url, ...(await enrollKey(server.url, apiB)) })
  gatewayA.ready()
  gatewayB.ready()

  const params = { BackupGatewayId: String(gatewayA.identity.gateway), DatabaseType: 'MySQL', SourceEndpointIP: 'db' }
  const task = taskOf((await server.call('CreateGetDBListFromAgentTask', params)).body)
  const run = await gatewayA.nextRun()
  gatewayA.accept(run)

  gatewayB.accept(run)
  gatewayB.finish(run, ['forged'])
  assert.equal((await gatewayB.nextReceived()).kind, 'unknown')
  const during = await server.call('GetDBListFromAgent', { TaskId: task })
  assert.equal(during.body['ErrCode'], 'Task.NotFinished')

  gatewayA.finish(run, ['true'])
  assert.equal((await gatewayA.nextReceived()).kind, 'finished')
  assert.deepEqual(namesOf(await server.call('GetDBListFromAgent', { TaskId: task })), ['true'])

  // A second outcome of the same attempt is recorded and changes nothing either.
  gatewayA.finish(run, ['another'])
  assert.equal((await gatewayA.nextReceived()).kind, 'late')
  assert.deepEqual(namesOf(await server.call('GetDBListFromAgent', { TaskId: task })), ['true'])
})

test("row 14: account B's key gets the same answer for A's task as for one that never was", async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path)
  const apiB = await addSecondAccount(server, folder.path)
  await using gatewayA = await connectScripted({ url: server.url, ...(await enrollKey(server.url, server.api)) })
  const params = { BackupGatewayId: String(gatewayA.identity.gateway), DatabaseType: 'MySQL', SourceEndpointIP: 'db' }
  const task = taskOf((await server.call('CreateGetDBListFromAgentTask', params)).body)

  const ask = async (id: string) => {
    const { status, body } = await apiB.call('GetDBListFromAgent', { version: DBS, params: { TaskId: id } })
    const requestId = String(body['RequestId'])
    return { status, text: JSON.stringify(body).replaceAll(requestId, '') }
  }
  const never = task === '999999999999999' ? '999999999999998' : '999999999999999'
  assert.deepEqual(await ask(task), await ask(never))
  assert.equal((await ask(task)).status, 404)
  const gateway = await apiB.call('CreateGetDBListFromAgentTask', { version: DBS, params })
  assert.equal(gateway.body['Code'], 'BackupGateway.NotFound')
})
