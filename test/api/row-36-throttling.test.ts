import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { type Answer, runApi, type RunningApi } from './running-api.ts'

const refusal = ({ status, headers, body }: Answer) => [status, body['Code'], headers.get('x-acs-retry-after') !== null]
const OK = [200, undefined, false]
const REFUSED = [429, 'Throttling.User', true]
const list = (api: RunningApi, options: Parameters<RunningApi['call']>[2] = {}) =>
  api.call('DescribeBackupGatewayList', {}, options)
/** So slow that nothing comes back while a test runs. */
const slowly = (burst: number) => ({ perSecond: 0.001, burst })

test('row 36: a key that calls too often is told when to come back, and other keys are not', async () => {
  await using api = await runApi({ throttle: { perKey: slowly(2), perAccount: slowly(3) } })
  const other = await api.addAccount()
  assert.deepEqual([refusal(await list(api)), refusal(await list(api))], [OK, OK])
  const refused = await list(api)
  assert.deepEqual(refusal(refused), REFUSED)
  const ms = Number(refused.headers.get('x-acs-retry-after'))
  assert.ok(ms > 900_000 && ms <= 1_000_000, String(ms))
  assert.match(String(refused.body['Message']), /this AccessKey calls too often/)
  assert.equal(refused.body['ErrCode'], 'Throttling.User')
  assert.deepEqual(refusal(await list(api, { key: other.key })), OK)
})

test('row 36: all keys of an account count together', async () => {
  await using api = await runApi({ throttle: { perKey: slowly(3), perAccount: slowly(4) } })
  const made = await api.call('CreateAccessKey', {}, { version: '2015-05-01' })
  const schema = z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() })
  const { AccessKeyId, AccessKeySecret } = schema.parse(made.body['AccessKey'])
  const second = { accessKeyId: AccessKeyId, secret: AccessKeySecret }
  assert.deepEqual(refusal(await list(api)), OK)
  assert.deepEqual(refusal(await list(api, { key: second })), OK)
  assert.deepEqual(refusal(await list(api, { key: second })), OK)
  // Each key has room for one more.
  const fifth = await list(api)
  assert.deepEqual(refusal(fifth), REFUSED)
  assert.match(String(fifth.body['Message']), /this account calls too often/)
})

test('row 36: after the action, before its parameters, and without an effect', async () => {
  await using api = await runApi({ throttle: { perKey: slowly(1), perAccount: undefined } })
  assert.deepEqual(refusal(await list(api)), OK)
  const codes = [
    await api.call('NoSuchAction'),
    await api.call('GetDBListFromAgent', { TaskId: 'x' }),
    await api.call('CreateUser', { UserName: 'ada' }, { version: '2015-05-01' }),
  ]
  assert.deepEqual(
    codes.map(({ body }) => body['Code']),
    ['InvalidAction.NotFound', 'Throttling.User', 'Throttling.User'],
  )
  assert.equal(await api.store.access.userByName(api.account, 'ada'), undefined)
})

test('row 36: who signs wrongly again and again is refused unseen; another key from the same address is not', async () => {
  await using api = await runApi({ wrongSignaturesPerMinute: 3 })
  const other = await api.addAccount()
  const wrong = { accessKeyId: api.key.accessKeyId, secret: 'wrong' }
  const codes: unknown[] = []
  for (let i = 0; i < 4; i++) codes.push((await list(api, { key: wrong })).body['Code'])
  assert.deepEqual(codes, [...Array.from({ length: 3 }, () => 'SignatureDoesNotMatch'), 'Throttling'])
  assert.deepEqual(refusal(await list(api, { key: other.key })), OK)

  const nobody = { accessKeyId: 'PSTNnobody', secret: 'x' }
  const unknown: unknown[] = []
  for (let i = 0; i < 4; i++) {
    unknown.push((await list(api, { key: { ...nobody, accessKeyId: `PSTNnobody${i}` } })).body['Code'])
  }
  assert.deepEqual(unknown, [...Array.from({ length: 3 }, () => 'InvalidAccessKeyId.NotFound'), 'Throttling'])
  assert.deepEqual(refusal(await list(api, { key: other.key })), OK)
})

test('row 36: a right signature between wrong ones lets a key go on', async () => {
  await using api = await runApi({ wrongSignaturesPerMinute: 3 })
  const wrong = { accessKeyId: api.key.accessKeyId, secret: 'wrong' }
  for (let i = 0; i < 10; i++) {
    assert.equal((await list(api, { key: wrong })).body['Code'], 'SignatureDoesNotMatch')
    if (i % 2 === 1) assert.deepEqual(refusal(await list(api)), OK)
  }
})
