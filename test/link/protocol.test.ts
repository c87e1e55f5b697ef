import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { z } from 'zod'
import { enrollReply, enrollRequest, gatewayMessage, serverMessage } from '../../src/link/messages.ts'
import { proofPayload, resultPayload } from '../../src/link/payloads.ts'
import { toAttemptId, toFingerprint, toGatewayId, toServerId, toTaskId } from '../../src/model/ids.ts'
import { compareCodePoints } from '../../src/model/listing.ts'
import { databaseRecord, outcome } from '../../src/model/listing-schemas.ts'

const FOLDER = join(import.meta.dirname, 'protocol', 'v1')
/** Of all files of the folder with their names. It never changes: gateways in the field speak exactly this. */
const FROZEN = '2fb4bf5cc2183a1f5b8917d707dc9470fd3fc3a39b47521b54fb4a7439021025'

const files = readdirSync(FOLDER).toSorted()
const textOf = (name: string) => readFileSync(join(FOLDER, name), 'utf8')
const jsonOf = (name: string): unknown => JSON.parse(textOf(name))

function schemaOf(name: string): z.ZodType {
  if (name.startsWith('gateway-')) return gatewayMessage
  if (name.startsWith('server-')) return serverMessage
  return name === 'enroll-request.json' ? enrollRequest : enrollReply
}

test('the messages of protocol version 1 are what they were', () => {
  const hash = createHash('sha256')
  for (const name of files) hash.update(`${name}\n${textOf(name)}`)
  assert.equal(hash.digest('hex'), FROZEN, 'these files are a record of what is in the field: add a folder, never edit')
})

for (const name of files) {
  test(`peers case 12: version 1 is understood: ${name}`, () => {
    const message = jsonOf(name)
    const parsed: unknown = schemaOf(name).parse(message)
    assert.deepEqual(parsed, message, 'nothing of it is dropped or changed')
    // A newer side says more.
    assert.ok(typeof message === 'object' && message !== null)
    const newer = { ...message, somethingNew: { of: ['a', 'later', 'version'] } }
    assert.deepEqual(schemaOf(name).parse(newer), message, 'what is not known is dropped')
  })
}

test('peers case 12: there is one of each message, and what is inside of them is understood', () => {
  assert.deepEqual(frozen('gateway-'), types(gatewayMessage))
  assert.deepEqual(frozen('server-'), types(serverMessage))
  for (const name of files) {
    const message = jsonOf(name)
    if (!name.startsWith('gateway-finished') && name !== 'gateway-chunk.json') continue
    const parsed = gatewayMessage.parse(message)
    if (parsed.type === 'finished') outcome.parse(JSON.parse(parsed.outcome))
    if (parsed.type === 'chunk') databaseRecord.parse(JSON.parse(parsed.data))
  }
})

test('what version 1 signs is byte for byte the same', () => {
  const server = toServerId('ab'.repeat(16))
  const gateway = toGatewayId(528_104_736_915_240) ?? assert.fail()
  const key = toFingerprint('5f'.repeat(32))
  const proof = { server, nonce: 'cd'.repeat(32), gateway, instance: '0f'.repeat(16), key }
  const lines = ['ab'.repeat(16), 'cd'.repeat(32), '528104736915240', '0f'.repeat(16), '5f'.repeat(32)]
  assert.equal(
    String(proofPayload({ ...proof, nextKey: undefined })),
    expected('postern link proof v1', [...lines, '']),
  )
  assert.equal(
    String(proofPayload({ ...proof, nextKey: 'Bw==' })),
    expected('postern link proof v1', [...lines, 'Bw==']),
  )
  const task = toTaskId(731_905_284_617_093) ?? assert.fail()
  const attempt = toAttemptId('0f'.repeat(16))
  const result = {
    server,
    gateway,
    task,
    attempt,
    engine: 'MySQL',
    digest: '1'.repeat(64),
    nonce: 'ef'.repeat(16),
  } as const
  const ids = ['ab'.repeat(16), '528104736915240', '731905284617093', '0f'.repeat(16), 'MySQL']
  assert.equal(
    String(resultPayload({ ...result, host: '10.0.0.12', port: 3306 })),
    expected('postern result v1', [...ids, '10.0.0.12', '3306', '1'.repeat(64), 'ef'.repeat(16)]),
  )
  assert.equal(
    String(resultPayload({ ...result, host: undefined, port: undefined })),
    expected('postern result v1', [...ids, '', '', '1'.repeat(64), 'ef'.repeat(16)]),
  )
})

function typeOf(message: unknown): string {
  return typeof message === 'object' && message !== null && 'type' in message ? String(message.type) : ''
}

function types(schema: typeof gatewayMessage | typeof serverMessage): readonly string[] {
  return schema.options.flatMap((option) => [...option.shape.type.values]).toSorted(compareCodePoints)
}

function frozen(side: string): readonly string[] {
  const messages = files.filter((name) => name.startsWith(side)).map((name) => schemaOf(name).parse(jsonOf(name)))
  return [...new Set(messages.map(typeOf))].toSorted(compareCodePoints)
}

function expected(tag: string, fields: readonly string[]): string {
  return [tag, ...fields.map((field) => `"${field}"`)].join('\n')
}
