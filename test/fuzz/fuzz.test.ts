import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFuzz } from './run-fuzz.ts'

const REQUESTS = 3_000

test('row 9: whatever is sent, the server lives on and every answer is well formed', async () => {
  const { requests, signed, codes, failures } = await runFuzz({ seed: 20_260_101, requests: REQUESTS, seconds: 60 })
  assert.deepEqual(failures, [])
  assert.equal(requests, REQUESTS)
  assert.ok(signed >= 0.6 * requests, `${signed} of ${requests} were signed rightly`)
  // It got past the signature, and past the parameters.
  assert.ok((codes.get('OK') ?? 0) > REQUESTS / 20, [...codes].join(' '))
})
