import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { assert as check, asyncProperty, dictionary, string } from 'fast-check'
import { z } from 'zod'
import { createSigner, percentEncode, signV3 } from '../../console/src/api/sign-v3.ts'
import { percentEncode as percentEncodeOfServer } from '../../src/access/percent-encoding.ts'
import { canonicalRequestV3, signV3 as signOfServer, stringToSignV3 } from '../../src/access/signature-v3.ts'

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
  .parse(JSON.parse(readFileSync(new URL('../access/signature-v3-vectors.json', import.meta.url), 'utf8')))

for (const { name, query, secret, signedHeaders, canonicalRequestHash, signature, ...parts } of vectors) {
  test(`the browser signs the vector: ${name}`, async () => {
    const signer = await createSigner({ accessKeyId: 'id', secret })
    const signed = await signV3({ ...parts, query: new Map(Object.entries(query)) }, signer)
    assert.equal(signed.signedHeaders, signedHeaders)
    assert.equal(createHash('sha256').update(signed.canonicalRequest).digest('hex'), canonicalRequestHash)
    assert.equal(signed.signature, signature)
  })
}

test('the browser signs whatever there is as the server does', async () => {
  const names = dictionary(string({ unit: 'grapheme', minLength: 1 }), string({ unit: 'grapheme' }), { maxKeys: 4 })
  await check(
    asyncProperty(names, string({ minLength: 1 }), async (values, secret) => {
      const parts = {
        method: 'POST',
        path: '/',
        query: new Map(Object.entries(values)),
        headers: [
          ['x-acs-date', ' a '],
          ['Host', 'b'],
        ] as const,
        bodyHash: 'h',
      }
      const signed = await signV3(parts, await createSigner({ accessKeyId: 'id', secret }))
      assert.equal(signed.canonicalRequest, canonicalRequestV3(parts))
      assert.equal(signed.signature, signOfServer(stringToSignV3(parts), secret))
      for (const text of Object.keys(values)) assert.equal(percentEncode(text), percentEncodeOfServer(text))
    }),
    { numRuns: 50 },
  )
})

test('the key in the browser cannot be read again', async () => {
  const imported: Awaited<ReturnType<typeof crypto.subtle.importKey>>[] = []
  const before = crypto.subtle.importKey.bind(crypto.subtle)
  const spy = async (...args: Parameters<typeof before>) => {
    const key = await before(...args)
    imported.push(key)
    return key
  }
  Object.defineProperty(crypto.subtle, 'importKey', { value: spy, configurable: true })
  try {
    const signer = await createSigner({ accessKeyId: 'id', secret: 'of-the-test' })
    assert.doesNotMatch(JSON.stringify(signer), /of-the-test/)
  } finally {
    Reflect.deleteProperty(crypto.subtle, 'importKey')
  }
  assert.deepEqual(
    imported.map(({ extractable, usages }) => ({ extractable, usages })),
    [{ extractable: false, usages: ['sign'] }],
  )
})
