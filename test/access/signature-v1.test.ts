import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { z } from 'zod'
import {
  canonicalQuery,
  encodeParameters,
  macV1,
  matchesV1,
  signedParametersV1,
  signV1,
  stringToSignV1,
} from '../../src/access/signature-v1.ts'
import { collectParameters } from '../../src/api/parameters.ts'

const vectors = z
  .object({
    v1: z
      .array(
        z.object({
          name: z.string(),
          method: z.string(),
          secret: z.string(),
          parameters: z.record(z.string(), z.string()),
          stringToSign: z.string(),
          signature: z.string(),
        }),
      )
      .length(8),
  })
  .parse(JSON.parse(readFileSync(new URL('signature-vectors.json', import.meta.url), 'utf8')))

for (const { name, method, secret, parameters, stringToSign, signature } of vectors.v1) {
  test(`row 4: signature vector, ${name}`, () => {
    const all = new Map(Object.entries(parameters))
    assert.equal(stringToSignV1(method, all), stringToSign)
    assert.equal(signV1(stringToSign, secret), signature)
    assert.equal(matchesV1(stringToSign, macV1(secret), signature), true)
  })
}

const KEY = { accessKeyId: 'PSTNtest', secret: 'testsecret' }
const MOMENT = { method: 'GET', time: Date.UTC(2026, 0, 1), nonce: 'n-1' } as const
const text = fc.string({ unit: 'binary', maxLength: 12 })
const names = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 8 })
  .filter((name) => name !== 'Signature' && name !== '__proto__')
const parameters = fc.dictionary(names, text, { maxKeys: 8, noNullPrototype: true })

test('what a client signs and encodes verifies after it was collected', () => {
  fc.assert(
    fc.property(parameters, fc.constantFrom('GET' as const, 'POST' as const), (given, method) => {
      const sent = encodeParameters(signedParametersV1(given, KEY, { ...MOMENT, method }))
      const received = collectParameters(asSent(sent, method))
      const signature = received.get('Signature') ?? ''
      assert.equal(matchesV1(stringToSignV1(method, received), macV1(KEY.secret), signature), true)
    }),
  )
})

test('a change of one character of a signed name or value, or of the signature, does not verify', () => {
  fc.assert(
    fc.property(parameters, fc.tuple(fc.nat(), fc.nat(), fc.nat()), (given, [pick, at, by]) => {
      const signed = signedParametersV1(given, KEY, MOMENT)
      const all = [...signed]
      const [name, value] = all[pick % all.length] ?? ['', '']
      const changedValue = new Map(signed).set(name, changeOne(value, at, by))
      assert.equal(verifies(changedValue), false, `value of ${name}`)

      const changedName = new Map(all.map(([key, one]) => [key === name ? changeOne(key, at, by) : key, one]))
      // A name that was already there overwrites it: still another set of parameters.
      assert.equal(verifies(changedName), false, `name ${name}`)
    }),
    { numRuns: 300 },
  )
})

test('any other text that base64 decodes to the same bytes is not the signature', () => {
  const signed = signedParametersV1({}, KEY, MOMENT)
  const signature = signed.get('Signature') ?? ''
  for (const other of [
    `${signature} `,
    `${signature}=`,
    signature.replace(/=$/, ''),
    signature.replace(/.=$/, 'B='),
    '',
  ]) {
    if (other !== signature) assert.equal(verifies(new Map(signed).set('Signature', other)), false, other)
  }
})

test('another secret, method or nonce does not verify', () => {
  const signed = signedParametersV1({ A: '1' }, KEY, MOMENT)
  const signature = signed.get('Signature') ?? ''
  assert.equal(matchesV1(stringToSignV1('GET', signed), macV1('testsecreu'), signature), false)
  assert.equal(matchesV1(stringToSignV1('POST', signed), macV1(KEY.secret), signature), false)
})

test('names are sorted by their bytes, not by UTF-16 units', () => {
  const sorted = canonicalQuery(
    new Map([
      ['😀', '1'],
      ['ｚ', '2'],
      ['a', ''],
      ['B', '4'],
    ]),
  )
  assert.equal(sorted, 'B=4&a=&%EF%BD%9A=2&%F0%9F%98%80=1')
})

test('the caller may override the common parameters, and the timestamp has whole seconds', () => {
  const signed = signedParametersV1({ Format: 'json' }, KEY, { ...MOMENT, time: Date.UTC(2026, 0, 1, 2, 3, 4, 567) })
  assert.equal(signed.get('Format'), 'json')
  assert.equal(signed.get('Timestamp'), '2026-01-01T02:03:04Z')
})

function verifies(all: ReadonlyMap<string, string>): boolean {
  return matchesV1(stringToSignV1('GET', all), macV1(KEY.secret), all.get('Signature') ?? '')
}

function changeOne(value: string, at: number, by: number): string {
  const points = Array.from(value)
  if (points.length === 0) return String.fromCodePoint(1 + (by % 127))
  const index = at % points.length
  const old = points[index]?.codePointAt(0) ?? 0
  points[index] = String.fromCodePoint((old + 1 + (by % 126)) % 128)
  const changed = points.join('')
  return changed === value ? `${value}x` : changed
}

function asSent(sent: string, method: 'GET' | 'POST') {
  return method === 'GET'
    ? { query: sent, body: undefined, contentType: undefined }
    : { query: '', body: Buffer.from(sent, 'latin1'), contentType: 'application/x-www-form-urlencoded' }
}
