import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOutbox, outcomeMessages, type SealedOutcome } from '../../src/gateway/outbox.ts'
import { newAttemptId, toEpoch, toFingerprint } from '../../src/model/ids.ts'

const sealed = (...parts: readonly string[]): SealedOutcome => ({
  attempt: newAttemptId(),
  epoch: toEpoch(3),
  outcomeText: '{}',
  parts: parts.map((part) => Buffer.from(part)),
  digest: '0'.repeat(64),
  signature: '',
  key: toFingerprint('0'.repeat(64)),
})

test('row 25: outcomes stay until they are acknowledged, oldest first', () => {
  const outbox = createOutbox()
  const [a, b] = [sealed('x'), sealed()]
  assert.ok(outbox.add(a))
  assert.ok(outbox.add(b))
  assert.deepEqual(outbox.attempts, [a.attempt, b.attempt])
  outbox.acknowledge(newAttemptId())
  outbox.acknowledge(a.attempt)
  outbox.acknowledge(a.attempt)
  assert.deepEqual(outbox.attempts, [b.attempt])
  outbox.acknowledge(b.attempt)
  assert.equal(outbox.bytes, 0)
})

test('row 25: the memory is bounded, and failures find room where lists do not', () => {
  const outbox = createOutbox(20_000, 4_000)
  assert.ok(outbox.add(sealed('x'.repeat(10_000))))
  assert.ok(!outbox.full)
  const large = sealed('x'.repeat(10_000))
  assert.ok(!outbox.add(large))
  assert.equal(outbox.get(large.attempt), undefined)
  let failures = 0
  while (outbox.add(sealed())) failures++
  assert.ok(failures > 4)
  assert.ok(outbox.full)
  assert.ok(outbox.bytes <= 20_000)
})

test('one attempt has one outcome: the first', () => {
  const outbox = createOutbox()
  const first = sealed('x')
  assert.ok(outbox.add(first))
  assert.ok(!outbox.add({ ...first, outcomeText: 'other' }))
  assert.equal(outbox.get(first.attempt), first)
})

test('row 25: chunks count from 0, every time they are sent', () => {
  const outcome = sealed('{"a":1}\n', '{"b":2}\n')
  for (let time = 0; time < 2; time++) {
    const messages = [...outcomeMessages(outcome)]
    assert.deepEqual(
      messages.map((message) =>
        message.type === 'chunk' ? [message.index, message.data] : [message.type, message.chunks],
      ),
      [
        [0, '{"a":1}\n'],
        [1, '{"b":2}\n'],
        ['finished', 2],
      ],
    )
  }
})
