import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, option, property, string, tuple } from 'fast-check'
import { proofPayload } from '../../src/link/payloads.ts'
import { outcomeDigest } from '../../src/model/outcome-digest.ts'
import { toFingerprint, toServerId } from '../../src/model/ids.ts'
import { gatewayId } from './link-host.ts'

const proof = (nonce: string, instance: string, nextKey: string | undefined) =>
  proofPayload({
    server: toServerId('s'),
    nonce,
    gateway: gatewayId(),
    instance,
    key: toFingerprint('k'),
    nextKey,
  }).toString('utf8')

test('no two lists of fields give the same bytes to sign', () => {
  const fields = tuple(string(), string(), option(string({ minLength: 1 }), { nil: undefined }))
  check(
    property(fields, fields, (a, b) => {
      assert.equal(proof(...a) === proof(...b), JSON.stringify(a) === JSON.stringify(b))
    }),
  )
})

test('the digest is over the bytes, however they are cut into parts', () => {
  check(
    property(string(), array(string()), (text, parts) => {
      assert.equal(outcomeDigest(text, parts), outcomeDigest(text, [parts.join('')]))
    }),
  )
  assert.notEqual(outcomeDigest('a', ['b']), outcomeDigest('ab', []))
})
