import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { entryOf } from '../../src/api/error-codes.ts'
import { DISCOVERY_ERRORS } from '../../src/model/discovery-errors.ts'
import { ERRORS, isErrorCode, PosternError } from '../../src/model/errors.ts'
import { RAM_ERRORS } from '../../src/model/ram-errors.ts'
import { runApi } from './running-api.ts'

const described = z.strictObject({
  code: z.string(),
  pattern: z.string().optional(),
  group: z.enum(['request', 'access', 'discovery']),
  status: z.number(),
  message: z.string().min(1),
  meaning: z.string().regex(/\.$/),
  mend: z.string().regex(/\.$/),
  actions: z.array(z.string()),
})
const catalogue = z.strictObject({ errors: z.array(described) })
const CLOSE = { connection: 'close' }

test('/errors.json is the whole table, for everybody, and is cached', async () => {
  await using api = await runApi()
  const url = `${api.url}/errors.json`
  const first = await fetch(url, { headers: CLOSE })
  assert.deepEqual(
    ['content-type', 'cache-control', 'x-content-type-options'].map((name) => first.headers.get(name)),
    ['application/json;charset=utf-8', 'public, max-age=300', 'nosniff'],
  )
  const { errors } = catalogue.parse(await first.json())
  assert.deepEqual(
    errors.map(({ code }) => code),
    Object.keys(ERRORS),
  )
  for (const { code, group, status, message, meaning, mend } of errors) {
    assert.ok(isErrorCode(code))
    assert.deepEqual({ status, message, meaning, mend }, { ...ERRORS[code] }, code)
    const expected = code in DISCOVERY_ERRORS ? 'discovery' : code in RAM_ERRORS ? 'access' : 'request'
    assert.equal(group, expected, code)
  }
  const gateway = errors.find(({ code }) => code === 'BackupGateway.NotFound')
  assert.deepEqual(gateway?.actions, [
    'CreateGetDBListFromAgentTask',
    'GetGatewayHistory',
    'UpdateGateway',
    'DeleteGateway',
  ])

  const etag = first.headers.get('etag') ?? ''
  const again = await fetch(url, { headers: { ...CLOSE, 'if-none-match': etag } })
  assert.deepEqual([again.status, await again.text()], [304, ''])
  const head = await fetch(url, { method: 'HEAD', headers: CLOSE })
  assert.deepEqual([head.status, head.headers.get('etag'), await head.text()], [200, etag, ''])
})

test('with its patterns alone a program finds the entry of a code as it was answered', async () => {
  await using api = await runApi()
  const { errors } = catalogue.parse(await (await fetch(`${api.url}/errors.json`, { headers: CLOSE })).json())
  const found = (answered: string) =>
    (
      errors.find(({ code }) => code === answered) ??
      errors.find(({ pattern }) => pattern !== undefined && new RegExp(pattern).test(answered))
    )?.code
  const filled = Object.keys(ERRORS)
    .filter(isErrorCode)
    .map((code) => new PosternError(code, { values: { P: 'TaskId' } }))
  for (const { code, entry } of filled) {
    assert.equal(found(code), entry, code)
    assert.equal(entryOf(code), entry, code)
    assert.equal(errors.find((each) => each.code === entry)?.pattern !== undefined, entry.includes('{'), entry)
  }
  for (const code of ['', 'Nothing', 'Missing', 'Invalid', 'Missingx', 'toString', '__proto__', 'Missing<b>']) {
    assert.deepEqual([found(code), entryOf(code)], [undefined, undefined], code)
  }
})
