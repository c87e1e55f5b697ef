import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayStatus } from '../../src/model/gateway.ts'

const MINUTE = 60_000

test('an upgrade that takes longer than a quarter of an hour is a stop', () => {
  const facts = { lastSeenAt: 0, stoppedAt: 0, upgrading: true }
  assert.equal(gatewayStatus(facts, 15 * MINUTE), 'UPGRADING')
  assert.equal(gatewayStatus(facts, 15 * MINUTE + 1), 'STOPPED')
  assert.equal(gatewayStatus({ ...facts, upgrading: false }, MINUTE), 'STOPPED')
})
