import assert from 'node:assert/strict'
import { test } from 'node:test'
import RPCClient from '@alicloud/pop-core'
import { toGatewayId, toTaskId } from '../../src/model/ids.ts'
import { database, runApi, type RunningApi } from './running-api.ts'

function officialClient(api: RunningApi, more: { secret?: string; apiVersion?: string; securityToken?: string } = {}) {
  return new RPCClient({
    endpoint: api.url,
    apiVersion: more.apiVersion ?? '2019-03-06',
    accessKeyId: api.key.accessKeyId,
    accessKeySecret: more.secret ?? api.key.secret,
    ...(more.securityToken !== undefined && { securityToken: more.securityToken }),
  })
}

for (const method of ['GET', 'POST', 'post'] as const) {
  test(`row 1: the official client lists databases with ${method}`, async () => {
    await using api = await runApi()
    const client = officialClient(api)
    const gateway = await api.addGateway()
    const params = {
      BackupGatewayId: gateway,
      DatabaseType: 'MySQL',
      SourceEndpointIP: '10.0.0.1',
      SourceEndpointPort: 3306,
      SourceEndpointRegion: 'default',
      ClientToken: "a b*~'()+&=%/",
    }
    const created = await client.request<Record<string, unknown>>('CreateGetDBListFromAgentTask', params, { method })
    const TaskId = toTaskId(Number(created['TaskId']))
    assert.ok(TaskId, JSON.stringify(created))

    // Not finished is an answer, not an exception.
    const pending = await client.request<Record<string, unknown>>('GetDBListFromAgent', { TaskId }, { method })
    assert.deepEqual([pending['Success'], pending['ErrCode']], [false, 'Task.NotFinished'])

    await api.finish(gateway, TaskId, [database('crm_中文'), database('we`ird"name')])
    const read = await client.request<Record<string, unknown>>('getDBListFromAgent', { taskId: TaskId }, { method })
    assert.equal(read['Success'], true)
    assert.equal(JSON.stringify(read['DbList']), JSON.stringify({ dbName: ['crm_中文', 'we`ird"name'] }))
  })

  test(`row 1: the official client lists gateways and regions with ${method}`, async () => {
    await using api = await runApi()
    const [first, , third] = [await api.addGateway(), await api.addGateway(), await api.addGateway({ region: 'eu-1' })]
    const params = { Identifier: `${first},${third}`, PageSize: 30, PageNum: 0 }
    const client = officialClient(api)
    const listed = await client.request<Record<string, unknown>>('DescribeBackupGatewayList', params, { method })
    assert.deepEqual([listed['TotalElements'], listed['TotalPages']], [2, 1])
    const regions = await client.request<Record<string, unknown>>('DescribeRegions', {}, { method })
    assert.equal(JSON.stringify(regions['Regions']), JSON.stringify({ RegionCode: ['default', 'eu-1'] }))
    await assert.rejects(officialClient(api, { securityToken: 'token' }).request('DescribeRegions', {}, { method }), {
      code: 'InvalidSecurityToken.MismatchWithAccessKey',
    })
  })

  test(`row 18: the official client throws the code with ${method}`, async () => {
    await using api = await runApi()
    const ask = (client: RPCClient, action: string, params: object = {}) => client.request(action, params, { method })
    await assert.rejects(ask(officialClient(api), 'GetDBListFromAgent', { TaskId: 1 }), { code: 'Task.NotFound' })
    await assert.rejects(ask(officialClient(api, { secret: 'x' }), 'DescribeBackupGatewayList'), {
      code: 'SignatureDoesNotMatch',
    })
    await assert.rejects(ask(officialClient(api, { apiVersion: '2000-01-01' }), 'X'), { code: 'InvalidVersion' })
    const large = { ClientToken: 'x'.repeat(100 * 1024) }
    await assert.rejects(ask(officialClient(api), 'DescribeBackupGatewayList', large), { code: 'RequestTooLarge' })

    const gateway = toGatewayId(await api.addGateway())
    const client = officialClient(api)
    const created = await client.request<Record<string, unknown>>(
      'CreateGetDBListFromAgentTask',
      { BackupGatewayId: gateway, DatabaseType: 'MySQL' },
      { method },
    )
    const TaskId = toTaskId(Number(created['TaskId']))
    assert.ok(gateway && TaskId)
    await api.finish(gateway, TaskId, {
      kind: 'failure',
      code: 'Database.AuthenticationFailed',
      message: 'no',
      steps: [],
    })
    await assert.rejects(ask(client, 'GetDBListFromAgent', { TaskId }), { code: 'Database.AuthenticationFailed' })
  })
}
