import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createMac } from '../../src/access/hmac.ts'

test('HMAC of the published vectors', () => {
  // RFC 2202, case 2; RFC 4231, case 2.
  const [key, text] = ['Jefe', 'what do ya want for nothing?']
  assert.equal(createMac(['sha1', 'hex'], key)(text), 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79')
  assert.equal(
    createMac(['sha256', 'hex'], key)(text),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('HMAC is the one of Node for every length of a key, and for texts beyond ASCII', () => {
  const texts = ['', 'GET&%2F&Action%3DX', 'ключ 钥匙 🔑', 'x'.repeat(100_000)]
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join('')
  const keys = [
    ...Array.from({ length: 130 }, (_, length) => 'k'.repeat(length)),
    ascii.slice(0, 64),
    ascii.slice(64),
    'kü',
    'ü'.repeat(32),
    'ü'.repeat(33),
  ]
  for (const digest of ['sha1', 'sha256'] as const) {
    for (const key of keys) {
      const mac = createMac([digest, 'base64'], key)
      for (const text of texts) {
        assert.equal(mac(text), createHmac(digest, key).update(text).digest('base64'))
      }
    }
  }
})
