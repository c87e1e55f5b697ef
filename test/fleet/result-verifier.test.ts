import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { startResultVerifier } from '../../src/fleet/result-verifier.ts'
import { resultPayload } from '../../src/link/payloads.ts'
import { createSignatureVerifier } from '../../src/link/signature-verifier.ts'
import { newAttemptId, toServerId, toTaskId } from '../../src/model/ids.ts'
import type { SignedResult, TaskStore } from '../../src/store/task-store.ts'
import { eventually } from '../fixtures/eventually.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'
import { gatewayId } from '../link/link-host.ts'

const server = toServerId('ab'.repeat(16))
const key = newSigningKey()

function signedResult(over: Partial<SignedResult> = {}): SignedResult {
  const task = toTaskId(100_000_000_000_007)
  assert.ok(task)
  const fields = {
    task,
    attempt: newAttemptId(),
    gateway: gatewayId(),
    engine: 'MySQL',
    host: 'db',
    port: 3306,
    nonce: 'n',
    digest: 'd',
  } as const
  const signature = Buffer.from(key.sign(resultPayload({ ...fields, server }))).toString('base64')
  return { ...fields, signature, publicKey: key.publicKey, ...over }
}

test('every part of what was signed counts, and a result that does not fit is said in the log', async () => {
  const good = signedResult()
  const other = newSigningKey()
  const { publicKey: _unknown, ...withoutKey } = signedResult()
  const bad = [
    signedResult({ digest: 'e' }),
    signedResult({ host: 'another' }),
    signedResult({ port: 3307 }),
    signedResult({ nonce: 'm' }),
    signedResult({ attempt: newAttemptId() }),
    signedResult({ publicKey: other.publicKey }),
    signedResult({ signature: '' }),
    withoutKey,
  ]
  const waiting = [good, ...bad]
  const verdicts = new Map<string, boolean>()
  const store: Pick<TaskStore, 'unverified' | 'verified'> = {
    unverified: async (limit) => waiting.splice(0, limit),
    verified: async (results) => {
      for (const { attempt, ok } of results) verdicts.set(attempt, ok)
    },
  }
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line) => lines.push(line) })
  const clock = manualClock()
  await using resources = new AsyncDisposableStack()
  const { verifyAll } = resources.use(createSignatureVerifier())
  resources.use(startResultVerifier({ store, serverId: server, verifyAll, clock, log }))
  clock.advance(1_000)
  await eventually('all are checked', () => verdicts.size === bad.length + 1)
  assert.equal(verdicts.get(good.attempt), true)
  for (const result of bad) assert.equal(verdicts.get(result.attempt), false)
  assert.equal(lines.length, bad.length)
})
