import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { enrollmentToken, splitToken } from '../../src/link/server-pin.ts'
import { withPin } from '../../src/link/route.ts'
import { serverPinOf, toServerPin } from '../../src/model/ids.ts'

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))

test('every spelling of a fingerprint is the same pin', () => {
  fc.assert(
    fc.property(digest, (bytes) => {
      const pin = bytes.toString('base64url')
      const hex = bytes.toString('hex')
      const base64 = bytes.toString('base64')
      for (const text of [pin, base64, base64.replace('=', ''), hex, hex.toUpperCase()]) {
        assert.equal(toServerPin(text), pin)
        assert.equal(toServerPin(`sha256:${text}`), pin)
      }
    }),
  )
  const last = toServerPin(`${'A'.repeat(42)}B`)
  assert.equal(last, 'A'.repeat(43))
})

test('what is not 32 bytes is no pin', () => {
  const hex = 'a'.repeat(64)
  for (const text of ['', 'sha256:', 'A'.repeat(42), 'A'.repeat(44), `${hex}0`, `sha1:${hex}`, 'é'.repeat(43)]) {
    assert.equal(toServerPin(text), undefined, text)
  }
})

test('a token gives back its secret and its pin, and a cut one is noticed', () => {
  fc.assert(
    fc.property(digest, digest, fc.integer({ min: 0, max: 42 }), (secretBytes, key, kept) => {
      const secret = `postern-${secretBytes.toString('base64url')}`
      const pin = serverPinOf(key)
      assert.deepEqual(splitToken(enrollmentToken(secret, pin)), { secret, pin })
      assert.deepEqual(splitToken(enrollmentToken(secret, undefined)), { secret })
      assert.equal(splitToken(`${secret}.${pin.slice(0, kept)}`), undefined)
    }),
  )
})

test('a pin that is kept and another one that is given are not mixed up', () => {
  const [kept, given] = [serverPinOf(randomBytes(8)), serverPinOf(randomBytes(8))]
  assert.deepEqual(withPin({}, kept, 'gateway.json'), { pin: kept })
  assert.deepEqual(withPin({ pin: kept }, kept, 'gateway.json'), { pin: kept })
  assert.deepEqual(withPin({ pin: given }, undefined, 'gateway.json'), { pin: given })
  assert.throws(
    () => withPin({ pin: given }, kept, 'gateway.json'),
    /gateway\.json has sha256:.*leave out the given one/,
  )
})
