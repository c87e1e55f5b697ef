import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSignatureVerifier, type Signed } from '../../src/link/signature-verifier.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'

const first = newSigningKey()
const second = newSigningKey()

function signed(by: typeof first, text: string, over: Partial<Signed> = {}): Signed {
  const payload = Buffer.from(text)
  return { raw: by.publicKey, payload, signature: Buffer.from(by.sign(payload)).toString('base64'), ...over }
}

/** Every third is none, each in its own way. */
const many = (count: number): readonly Signed[] =>
  Array.from({ length: count }, (_, index) => {
    const by = index % 2 === 0 ? first : second
    if (index % 3 !== 2) return signed(by, `result ${index}`)
    const wrong = [
      { signature: '' },
      { raw: new Uint8Array() },
      { raw: (by === first ? second : first).publicKey },
      { payload: Buffer.from('another') },
    ]
    return signed(by, `result ${index}`, wrong[index % wrong.length])
  })
const expected = (count: number) => Array.from({ length: count }, (_, index) => index % 3 !== 2)

test('few and many are told apart from what fits nothing, in the order in which they were given', async () => {
  await using verifier = createSignatureVerifier()
  for (const count of [0, 1, 8, 9, 60]) assert.deepEqual(await verifier.verifyAll(many(count)), expected(count))
})

test('questions at the same time each get their own answer', async () => {
  await using verifier = createSignatureVerifier()
  const counts = [40, 9, 3, 25]
  const answers = await Promise.all(counts.map((count) => verifier.verifyAll(many(count))))
  assert.deepEqual(answers, counts.map(expected))
})

test('who asks while it is closed, or after, is told and does not wait', async () => {
  const verifier = createSignatureVerifier()
  const asked = [verifier.verifyAll(many(200)), verifier.verifyAll(many(200))]
  const told = Promise.all(asked.map((answer) => assert.rejects(answer)))
  await verifier[Symbol.asyncDispose]()
  await told
  await assert.rejects(verifier.verifyAll(many(9)), /closed/)
})
