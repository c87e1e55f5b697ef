import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { STORE_FILE } from '../../src/store/sqlite/store-file.ts'
import { eventually } from '../fixtures/eventually.ts'
import { runApi } from './running-api.ts'

test('row 36: what is beyond the work of the server is turned away at once with a time, and taken again afterwards', async () => {
  await using api = await runApi({ maxBusy: 2 })
  const create = (name: string) => api.call('CreateUser', { UserName: name }, { version: '2015-05-01' })
  assert.equal((await create('before')).status, 200)
  // No commit ends until it is let go.
  const disk = new DatabaseSync(join(api.folder, STORE_FILE))
  disk.exec('BEGIN IMMEDIATE')
  const inside = [create('ada'), create('eve')]
  let refused = await api.call('GetCallerIdentity', {}, { version: '2015-04-01' })
  await eventually('both are inside', async () => {
    refused = await api.call('GetCallerIdentity', {}, { version: '2015-04-01' })
    return refused.status === 503
  })
  assert.equal(refused.body['Code'], 'ServiceUnavailable')
  assert.equal(refused.headers.get('x-acs-retry-after'), '1000')
  assert.equal((await fetch(`${api.url}/healthz`)).status, 200)
  disk.close()
  for (const answer of await Promise.all(inside)) assert.equal(answer.status, 200)
  assert.equal((await create('after')).status, 200)
})
