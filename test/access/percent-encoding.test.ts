import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { percentDecode, percentEncode } from '../../src/access/percent-encoding.ts'

test('only the unreserved characters of RFC 3986 stay', () => {
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
  const kept = ascii.filter((char) => percentEncode(char) === char).join('')
  assert.equal(kept, '-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~')
  assert.equal(percentEncode(" *~'(é)+!/"), '%20%2A~%27%28%C3%A9%29%2B%21%2F')
})

test('what is encoded decodes to itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      assert.deepEqual(percentDecode(percentEncode(text), ' '), text)
    }),
  )
})

test('lower-case hex, raw UTF-8 bytes, a byte order mark and NUL are read as they are', () => {
  const raw = Buffer.from('é', 'utf8').toString('latin1')
  assert.deepEqual(percentDecode(`%c3%a9${raw}%EF%BB%BF%00`, ' '), 'éé\uFEFF\0')
})

test('a plus is what the caller of the function says', () => {
  assert.deepEqual(percentDecode('a+b%2B', ' '), 'a b+')
  assert.deepEqual(percentDecode('a+b%2B', '+'), 'a+b+')
})

const BROKEN: readonly (readonly [string, number])[] = [
  ['%', 0],
  ['abc%', 3],
  ['ab%4', 2],
  ['a%zz', 1],
  ['a%4G', 1],
  ['a%+4', 1],
  ['ab%ff', 2],
  ['%C3%A9%C3', 9],
  ['%C3(', 3],
  ['%C0%80', 0],
  ['%ED%A0%80', 3],
  ['%F5%80%80%80', 0],
  ['é'.repeat(2), 1],
]
for (const [raw, brokenAt] of BROKEN) {
  test(`broken: ${raw} at ${brokenAt}`, () => assert.deepEqual(percentDecode(raw, ' '), { brokenAt }))
}

test('decoding never gives a replacement character that was not sent, and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      const decoded = percentDecode(Buffer.from(bytes).toString('latin1'), '+')
      if (typeof decoded !== 'string') assert.ok(decoded.brokenAt >= 0 && decoded.brokenAt <= bytes.length)
      else assert.ok(Buffer.from(decoded).includes(0xfd) || !decoded.includes('\uFFFD'))
    }),
    { numRuns: 500 },
  )
})

test('exactly what is UTF-8 can be decoded: all of two bytes, and of those that begin a longer one', () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte)
  const sequences = [
    ...bytes.flatMap((a) => bytes.map((b) => [a, b])),
    ...bytes.filter((a) => a >= 0xe0).flatMap((a) => bytes.map((b) => [a, b, 0x80])),
    ...bytes.filter((a) => a >= 0xf0).flatMap((a) => bytes.map((b) => [a, b, 0xbf, 0x80])),
  ]
  for (const sequence of sequences) {
    const raw = sequence.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
    const decoded = percentDecode(raw, ' ')
    if (isUtf8(Buffer.from(sequence))) assert.deepEqual(decoded, Buffer.from(sequence).toString('utf8'), raw)
    else assert.ok(typeof decoded !== 'string', raw)
  }
})
