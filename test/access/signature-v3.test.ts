import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { assert as check, constantFrom, dictionary, property, string, tuple } from 'fast-check'
import { z } from 'zod'
import {
  type CanonicalPartsV3,
  canonicalRequestV3,
  macV3,
  matchesV3,
  signV3,
  stringToSignV3,
} from '../../src/access/signature-v3.ts'

const vectors = z
  .array(
    z.object({
      name: z.string(),
      method: z.string(),
      path: z.string(),
      query: z.record(z.string(), z.string()),
      headers: z.array(z.tuple([z.string(), z.string()])),
      bodyHash: z.string(),
      secret: z.string(),
      signedHeaders: z.string(),
      canonicalRequestHash: z.string(),
      signature: z.string(),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('signature-v3-vectors.json', import.meta.url), 'utf8')))

for (const { name, query, secret, signedHeaders, canonicalRequestHash, signature, ...parts } of vectors) {
  test(`V3 signature vector: ${name}`, () => {
    const given: CanonicalPartsV3 = { ...parts, query: new Map(Object.entries(query)) }
    const canonical = canonicalRequestV3(given)
    assert.equal(canonical.split('\n').at(-2), signedHeaders)
    assert.equal(createHash('sha256').update(canonical).digest('hex'), canonicalRequestHash)
    assert.equal(signV3(stringToSignV3(given), secret), signature)
    assert.ok(matchesV3(stringToSignV3(given), macV3(secret), signature))
  })
}

test('what a client signs verifies, and any change of one character does not', () => {
  const query = dictionary(string({ minLength: 1 }), string({ unit: 'grapheme' }), { maxKeys: 4 })
  check(
    property(
      query,
      string({ minLength: 1 }),
      tuple(constantFrom('host', 'x-acs-date'), string()),
      (values, secret, header) => {
        const parts = {
          method: 'POST',
          path: '/',
          query: new Map(Object.entries(values)),
          headers: [header],
          bodyHash: 'h',
        }
        const signature = signV3(stringToSignV3(parts), secret)
        assert.ok(matchesV3(stringToSignV3(parts), macV3(secret), signature))
        for (const changed of [
          { ...parts, method: 'GET' },
          { ...parts, path: '//' },
          { ...parts, bodyHash: 'i' },
          { ...parts, query: new Map([...parts.query, ['added', '']]) },
          { ...parts, headers: [[header[0], `${header[1]}x`]] as const },
        ]) {
          assert.ok(!matchesV3(stringToSignV3(changed), macV3(secret), signature))
        }
        assert.ok(!matchesV3(stringToSignV3(parts), macV3(`${secret}x`), signature))
        assert.ok(!matchesV3(stringToSignV3(parts), macV3(secret), signature.toUpperCase().replace(/[0-9]/g, '0')))
      },
    ),
  )
})
