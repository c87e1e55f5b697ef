import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SUBJECTS } from '../../src/bus/bus.ts'
import { createOutgoingWakes } from '../../src/bus/outgoing-wakes.ts'
import { subjectToken } from '../../src/bus/subject-token.ts'
import { decodeWake } from '../../src/bus/wake-message.ts'

const published = fc.array(
  fc.tuple(
    fc.constantFrom(...SUBJECTS),
    fc.array(fc.string({ minLength: 1, maxLength: 140, unit: 'binary' }), { maxLength: 64 }),
  ),
  { maxLength: 30 },
)

test('what waits goes out whole, once, in messages that fit; the rest is refused', () => {
  fc.assert(
    fc.property(published, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 4 }), (calls, maxKeys, most) => {
      const maxBytes = 2_000
      const outgoing = createOutgoingWakes({ from: 'me', maxKeys, maxBytes })
      const expected = new Set<string>()
      let refused = 0
      for (const [subject, keys] of calls) {
        refused += outgoing.add(subject, keys)
        for (const key of keys) if (key.length <= 128) expected.add(`${subject} ${key}`)
        assert.ok(outgoing.size <= maxKeys)
      }
      const sent: string[] = []
      while (outgoing.size > 0) {
        const messages = outgoing.take(most)
        assert.ok(messages.length >= 1 && messages.length <= most)
        for (const { subject, text, keys } of messages) {
          assert.ok(Buffer.byteLength(text) <= maxBytes)
          const wake = decodeWake(text)
          assert.ok(wake)
          assert.deepEqual([wake.subject, wake.from, wake.keys.length], [subject, 'me', keys])
          sent.push(...wake.keys.map((key) => `${subject} ${key}`))
        }
      }
      assert.equal(new Set(sent).size, sent.length, 'nothing twice')
      for (const one of sent) assert.ok(expected.has(one))
      if (refused === 0) assert.equal(sent.length, expected.size)
      assert.deepEqual(outgoing.take(most), [])
    }),
  )
})

test('a node that cannot send keeps no more than its bound', () => {
  const outgoing = createOutgoingWakes({ from: 'me', maxKeys: 3, maxBytes: 1_000 })
  assert.equal(outgoing.add('task', ['1', '2']), 0)
  assert.equal(outgoing.add('task', ['1', '2']), 0, 'they wait already')
  assert.equal(outgoing.add('gateway', ['1', '2', '3']), 2)
  assert.equal(outgoing.clear(), 3)
  assert.equal(outgoing.size, 0)
})

test('names make tokens of a subject that differ and have nothing that counts there', () => {
  const name = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(name, name, (one, other) => {
      assert.match(subjectToken(one), /^[\w%-]+$/)
      assert.equal(subjectToken(one) === subjectToken(other), one === other)
    }),
  )
  assert.equal(subjectToken('cn-hangzhou'), 'cn-hangzhou')
  assert.equal(subjectToken('a.b *>'), 'a%2Eb%20%2A%3E')
  assert.equal(subjectToken('%'), '%25')
})
