import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fingerprintOf, toAttemptId, toGatewayId, toServerId, toTaskId } from '../../src/model/ids.ts'
import { resultPayload } from '../../src/link/payloads.ts'
import { checkEvidence, type SignedEvidence } from '../../src/link/signed-result.ts'
import { outcomeDigest } from '../../src/model/outcome-digest.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'

const key = newSigningKey()
const other = newSigningKey()

function evidenceOf(names: readonly string[]): SignedEvidence {
  const lines = names.map((name) => `${JSON.stringify({ name, kind: 'database', system: false })}\n`)
  const parts = lines.map((line) => Buffer.from(line))
  const outcomeText = JSON.stringify({
    kind: 'listing',
    count: names.length,
    visibility: 'complete',
    warnings: [],
    server: { product: 'MariaDB', version: '11.8.3', role: 'primary' },
    steps: [],
    collectedAt: 1_767_225_600_000,
  })
  const fields = {
    server: toServerId('ab'.repeat(16)),
    gateway: toGatewayId(528_104_736_915_240) ?? assert.fail(),
    task: toTaskId(731_905_284_617_093) ?? assert.fail(),
    attempt: toAttemptId('cd'.repeat(16)),
    engine: 'MariaDB',
    host: 'db1.example.net',
    port: 3306,
    nonce: 'ef'.repeat(16),
    digest: outcomeDigest(outcomeText, parts),
  } as const
  const signature = Buffer.from(key.sign(resultPayload(fields))).toString('base64')
  return { ...fields, outcomeText, parts, signature, publicKey: key.publicKey }
}

const wrongOnes = (evidence: SignedEvidence, expected = [key.fingerprint]) =>
  checkEvidence(evidence, expected)
    .checks.filter(({ ok }) => ok === false)
    .map(({ name }) => name)

const evidence = evidenceOf(['crm_中文', 'shop'])

test('row 25: a true result verifies, with its list', () => {
  const checked = checkEvidence(evidence, [other.fingerprint, key.fingerprint])
  assert.deepEqual(
    checked.checks.map(({ name, ok }) => [name, ok]),
    [
      ['key', true],
      ['digest', true],
      ['signature', true],
      ['content', true],
    ],
  )
  assert.deepEqual(
    checked.databases.map(({ name }) => name),
    ['crm_中文', 'shop'],
  )
  assert.equal(checked.key, fingerprintOf(key.publicKey))
  const [first] = checkEvidence(evidence, []).checks
  assert.equal(first?.ok, undefined, 'without a fingerprint nothing is said of the key')
})

test('row 25: another key is found, also one that signs well', () => {
  assert.deepEqual(wrongOnes(evidence, [other.fingerprint]), ['key'])
  const signature = Buffer.from(other.sign(resultPayload(evidence))).toString('base64')
  assert.deepEqual(wrongOnes({ ...evidence, signature, publicKey: other.publicKey }), ['key'])
  assert.deepEqual(wrongOnes({ ...evidence, publicKey: other.publicKey }), ['key', 'signature'])
  assert.deepEqual(wrongOnes({ ...evidence, publicKey: undefined }), ['key', 'signature'])
  assert.deepEqual(wrongOnes({ ...evidence, publicKey: key.publicKey.subarray(1) }), ['key', 'signature'])
})

const flipped = (bytes: Uint8Array, index: number) =>
  Buffer.from(bytes.map((byte, at) => (at === index ? byte ^ 1 : byte)))

test('row 25: any other byte of the outcome, of the list or of the signature is found', () => {
  const outcomeBytes = Buffer.from(evidence.outcomeText)
  for (const index of outcomeBytes.keys()) {
    const found = wrongOnes({ ...evidence, outcomeText: flipped(outcomeBytes, index).toString('utf8') })
    assert.ok(found.includes('digest') && found.includes('signature'), `outcome byte ${index}`)
  }
  for (const [which, part] of evidence.parts.entries()) {
    for (const index of part.keys()) {
      const parts = evidence.parts.map((each, at) => (at === which ? flipped(each, index) : each))
      const found = wrongOnes({ ...evidence, parts })
      assert.ok(found.includes('digest') && found.includes('signature'), `part ${which} byte ${index}`)
      // A digest that is made to fit does not help.
      const digest = outcomeDigest(evidence.outcomeText, parts)
      assert.ok(wrongOnes({ ...evidence, parts, digest }).includes('signature'), `part ${which} byte ${index}`)
    }
  }
  const signature = Buffer.from(evidence.signature, 'base64')
  for (const index of signature.keys())
    assert.deepEqual(wrongOnes({ ...evidence, signature: flipped(signature, index).toString('base64') }), ['signature'])
  for (const parts of [
    evidence.parts.slice(1),
    [...evidence.parts].toReversed(),
    [...evidence.parts, Buffer.from('\n')],
  ])
    assert.ok(wrongOnes({ ...evidence, parts }).includes('signature'))
})

test('row 25: a result of another task, attempt, nonce, server, gateway or endpoint is found', () => {
  const changes: readonly Partial<SignedEvidence>[] = [
    { task: toTaskId(731_905_284_617_094) ?? assert.fail() },
    { gateway: toGatewayId(528_104_736_915_241) ?? assert.fail() },
    { attempt: toAttemptId('cd'.repeat(15) + 'ce') },
    { nonce: 'ef'.repeat(15) + 'ee' },
    { server: toServerId('ab'.repeat(15) + 'ac') },
    { engine: 'MySQL' },
    { host: 'db2.example.net' },
    { host: undefined },
    { port: 3307 },
    { port: undefined },
  ]
  for (const change of changes) assert.deepEqual(wrongOnes({ ...evidence, ...change }), ['signature'])
  assert.deepEqual(wrongOnes({ ...evidence, digest: '0'.repeat(64) }), ['digest'], 'only the computed one counts')
})
