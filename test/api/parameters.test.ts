import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectParameters } from '../../src/api/parameters.ts'

const FORM = 'application/x-www-form-urlencoded'
const query = (text: string) =>
  Object.fromEntries(collectParameters({ query: text, body: undefined, contentType: undefined }))
const form = (text: string, contentType: string | undefined = FORM) =>
  Object.fromEntries(collectParameters({ query: '', body: Buffer.from(text, 'latin1'), contentType }))
const fill = (length: number) => `a=${'x'.repeat(length - 2)}`
const many = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=`).join('&')
const invalid = (message: RegExp) => ({ code: 'InvalidParameter', message })

test('row 1: empty values and names without a value are kept, because they are signed', () => {
  assert.deepEqual(query('a=&b&=c&&d=e=f'), { a: '', b: '', '': 'c', d: 'e=f' })
  assert.deepEqual(form('a=&b'), { a: '', b: '' })
  assert.deepEqual(query(''), {})
})

test('row 1: a plus is a space, except a raw one in the signature', () => {
  assert.deepEqual(query('a+b=c+d&Signature=x+y%2Bz%20&signature=x+y'), {
    'a b': 'c d',
    Signature: 'x+y+z ',
    signature: 'x y',
  })
})

test('row 1: a form may name its charset and be written in any case', () => {
  assert.deepEqual(form('a=1', 'Application/X-WWW-Form-URLencoded; charset=UTF-8'), { a: '1' })
  assert.throws(() => form('a=1', 'application/x-www-form-urlencoded2'), invalid(/Send a body as/))
  assert.throws(
    () => collectParameters({ query: '', body: Buffer.from('a'), contentType: undefined }),
    invalid(/Send a body as/),
  )
  assert.deepEqual(form('', 'application/json'), {})
})

test('row 1: one name with two values is refused, also over query and form, also when encoded differently', () => {
  assert.deepEqual(query('a=%31&%61=1'), { a: '1' })
  assert.throws(() => query('a=1&%61=2'), invalid(/"a" is there twice/))
  const both = { query: 'a=1', body: Buffer.from('a=2'), contentType: FORM }
  assert.throws(() => collectParameters(both), invalid(/"a" is there twice/))
})

test('row 1: broken encoding is said with the parameter and the position', () => {
  assert.throws(() => query('a=1&Name=ab%zz'), invalid(/value of the parameter "Name" .* position 2\./))
  assert.throws(() => query('a=1&%ff=1'), invalid(/name of the parameter "%ff" .* position 0\./))
  assert.throws(() => form('Name=%C3'), invalid(/"Name" .* position 3\./))
  assert.throws(
    () => query(`${'x'.repeat(5_000)}=%`),
    (error: Error) => error.message.length < 250,
  )
})

test('row 9: names of prototypes are names like others', () => {
  const parameters = collectParameters({ query: '__proto__=a&constructor=b', body: undefined, contentType: undefined })
  assert.deepEqual(
    [...parameters],
    [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ],
  )
})

test('row 9: the limits count query and form together', () => {
  assert.equal(Object.keys(query(fill(64 * 1024))).length, 1)
  assert.throws(() => query(fill(64 * 1024 + 1)), { code: 'RequestTooLarge', status: 413 })
  const both = { query: fill(40_000), body: Buffer.from(fill(30_000)), contentType: FORM }
  assert.throws(() => collectParameters(both), { code: 'RequestTooLarge' })
  assert.equal(Object.keys(query(many(100))).length, 100)
  assert.throws(() => query(many(101)), { code: 'RequestTooLarge', message: /100 parameters/ })
})
