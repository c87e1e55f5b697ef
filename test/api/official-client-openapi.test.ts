import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toGatewayId, toTaskId } from '../../src/model/ids.ts'
import { OPENAPI_CLIENTS, type OpenApiCall, type OpenApiOptions } from './openapi-client.ts'
import { database, runApi, type RunningApi } from './running-api.ts'

const optionsOf = (api: RunningApi, more: Partial<OpenApiOptions> = {}): OpenApiOptions => ({
  url: api.url,
  accessKeyId: api.key.accessKeyId,
  accessKeySecret: api.key.secret,
  ...more,
})
const fieldsOf = (body: unknown): Record<string, unknown> => {
  assert.ok(typeof body === 'object' && body !== null, String(body))
  return { ...body }
}
/** Where the parameters go. */
const PLACES = {
  query: (params: Record<string, string>): OpenApiCall => ({ query: params }),
  form: (params: Record<string, string>): OpenApiCall => ({ body: params }),
  'query of a GET': (params: Record<string, string>): OpenApiCall => ({ query: params, method: 'GET' }),
} as const
const SIGNATURES = { V3: {}, V1: { signatureAlgorithm: 'v2' } } as const

for (const [name, open] of Object.entries(OPENAPI_CLIENTS)) {
  for (const [signature, more] of Object.entries(SIGNATURES)) {
    for (const [place, put] of Object.entries(PLACES)) {
      test(`row 5: ${name} calls every action with ${signature}, parameters in the ${place}`, async () => {
        await using api = await runApi()
        const call = open(optionsOf(api, more))
        const ask = async (action: string, params: Record<string, string> = {}, version = '2019-03-06') =>
          fieldsOf(await call(action, { ...put(params), version }))

        const gateway = toGatewayId(await api.addGateway({ region: 'eu-1' }))
        assert.ok(gateway)
        const listed = fieldsOf((await ask('DescribeBackupGatewayList', { Region: 'eu-1' }))['Items'])
        assert.ok(Array.isArray(listed['BackupGateway']) && listed['BackupGateway'].length === 1)
        assert.equal(fieldsOf(listed['BackupGateway'][0])['BackupGatewayId'], String(gateway))
        assert.deepEqual((await ask('DescribeRegions'))['Regions'], { RegionCode: ['default', 'eu-1'] })

        const create = { BackupGatewayId: String(gateway), DatabaseType: 'MySQL', ClientToken: "a b*~'()+&=%/!" }
        const TaskId = toTaskId(Number((await ask('CreateGetDBListFromAgentTask', create))['TaskId']))
        assert.ok(TaskId)
        assert.equal((await ask('CreateGetDBListFromAgentTask', create))['TaskId'], TaskId)
        const pending = await ask('GetDBListFromAgent', { TaskId: String(TaskId) })
        assert.deepEqual([pending['Success'], pending['ErrCode']], [false, 'Task.NotFinished'])
        await api.finish(gateway, TaskId, [database('crm_中文'), database('we`ird"name')])
        const read = await ask('GetDBListFromAgent', { TaskId: String(TaskId) })
        assert.deepEqual([read['Success'], read['DbList']], [true, { dbName: ['crm_中文', 'we`ird"name'] }])

        const enrolled = await ask('CreateGatewayEnrollment', { Name: 'plant 7' }, '2026-12-01')
        assert.match(String(enrolled['EnrollmentToken']), /^postern-/)
      })
    }

    test(`row 18: ${name} throws the code, ${signature}`, async () => {
      await using api = await runApi()
      const call = open(optionsOf(api, more))
      const gateway = toGatewayId(await api.addGateway())
      assert.ok(gateway)
      const params = { BackupGatewayId: String(gateway), DatabaseType: 'MySQL' }
      const task = fieldsOf(await call('CreateGetDBListFromAgentTask', { query: params }))
      const TaskId = toTaskId(Number(task['TaskId']))
      assert.ok(TaskId)
      const code = 'Database.AuthenticationFailed'
      await api.finish(gateway, TaskId, { kind: 'failure', code, message: 'no', steps: [] })

      const failing: readonly (readonly [code: string, action: string, call?: OpenApiCall])[] = [
        ['Database.AuthenticationFailed', 'GetDBListFromAgent', { query: { TaskId: String(TaskId) } }],
        ['Task.NotFound', 'GetDBListFromAgent', { query: { TaskId: '1' } }],
        ['MissingTaskId', 'GetDBListFromAgent'],
        ['BackupGateway.NotFound', 'CreateGetDBListFromAgentTask', { query: { ...params, BackupGatewayId: '1' } }],
        ['InvalidDatabaseType', 'CreateGetDBListFromAgentTask', { query: { ...params, DatabaseType: 'dBase' } }],
        ['InvalidPageSize', 'DescribeBackupGatewayList', { query: { PageSize: '0' } }],
        ['InvalidClientToken.ValueNotSupported', 'DescribeRegions', { query: { ClientToken: 'x'.repeat(65) } }],
        ['InvalidName', 'CreateGatewayEnrollment', { version: '2026-12-01', query: { Name: 'x'.repeat(65) } }],
        ['InvalidAction.NotFound', 'Nothing'],
        ['InvalidVersion', 'DescribeRegions', { version: '2000-01-01' }],
        ['RequestTooLarge', 'DescribeRegions', { query: { Padding: 'x'.repeat(70 * 1024) } }],
        ['RequestTooLarge', 'DescribeRegions', { body: { Padding: 'x'.repeat(70 * 1024) } }],
      ]
      for (const [expected, action, request] of failing) {
        await assert.rejects(call(action, request), { code: expected }, expected)
      }

      const wrong = open(optionsOf(api, { ...more, accessKeySecret: 'x' }))
      await assert.rejects(wrong('DescribeRegions'), { code: 'SignatureDoesNotMatch' })
      await assert.rejects(wrong('DescribeRegions', { body: { A: 'b' } }), { code: 'SignatureDoesNotMatch' })
      const nobody = open(optionsOf(api, { ...more, accessKeyId: 'PSTNnobody' }))
      await assert.rejects(nobody('DescribeRegions'), { code: 'InvalidAccessKeyId.NotFound' })
    })

    test(`row 5: ${name} with a security token and a permanent key gets its code, ${signature}`, async () => {
      await using api = await runApi()
      const call = open(optionsOf(api, { ...more, securityToken: 'a token' }))
      for (const request of [{}, { body: { A: 'b' } }]) {
        await assert.rejects(call('DescribeRegions', request), { code: 'InvalidSecurityToken.MismatchWithAccessKey' })
      }
    })
  }

  test(`row 3: ${name} reads XML, and throws the code of an XML error`, async () => {
    await using api = await runApi()
    const call = open(optionsOf(api))
    const text = await call('DescribeRegions', { query: { Format: 'XML' }, bodyType: 'string' })
    assert.match(String(text), /<Regions><RegionCode>default<\/RegionCode><\/Regions><\/DescribeRegionsResponse>$/)
    for (const Format of ['XML', 'xml']) {
      await assert.rejects(call('GetDBListFromAgent', { query: { Format, TaskId: '1' } }), { code: 'Task.NotFound' })
    }
    const wrong = open(optionsOf(api, { accessKeySecret: 'x' }))
    await assert.rejects(wrong('DescribeRegions', { query: { Format: 'XML' } }), { code: 'SignatureDoesNotMatch' })
  })
}
