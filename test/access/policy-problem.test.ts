import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { jsonPlaces } from '../../src/access/json-places.ts'
import { policyProblem } from '../../src/access/policy-problem.ts'

/** What is wrong stands between the guillemets. */
const MARKED: readonly (readonly [what: string, marked: string])[] = [
  ['an action', '{"Version":"1","Statement":[{"Effect":"Allow","Action":["dbs:*",«"nonsense"»],"Resource":"*"}]}'],
  ['an effect', '{"Version":"1",\n "Statement":[{"Effect":«"allow"»,"Action":"*","Resource":"*"}]}'],
  ['an element that is missing', '{"Version":"1","Statement":[«{"Action":"*","Resource":"*"}»]}'],
  [
    'an unknown element',
    '{"Version":"1","Statement":[{"Effect":"Allow","Actoin":"*","Resource":"*"}]}'.replace('"Actoin"', '«"Actoin"»'),
  ],
  ['an element of the document', '{"Version":"1",«"Statment"»:[]}'],
  ['a repeated name', '{"Version":"1","Statement":[{"Effect":"Deny",«"Effect"»:"Allow","Action":"*","Resource":"*"}]}'],
  ['a comma too many', '{"Version":"1",«}»'],
  ['an end that is missing', '{"Version":"1"«»'],
  ['text behind it', '{"Version":"1"} «x»'],
  ['nothing', '«»'],
  [
    'a value of a condition',
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",\r\n"Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8",«"home"»]}}}]}',
  ],
]

for (const [what, marked] of MARKED) {
  test(`a policy's fault is shown where it stands: ${what}`, () => {
    const text = marked.replaceAll(/[«»]/g, '')
    const problem = policyProblem(text)
    assert.ok(problem)
    assert.equal(problem.code, 'MalformedPolicyDocument')
    assert.equal(
      `${text.slice(0, problem.start)}«${text.slice(problem.start, problem.end)}»${text.slice(problem.end)}`,
      marked,
    )
    const before = marked.slice(0, marked.indexOf('«')).split('\n')
    assert.deepEqual([problem.line, problem.column], [before.length, (before.at(-1) ?? '').length + 1])
  })
}

test('a policy that is too long is wrong from where it is, and a right one has no problem', () => {
  const right = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
  assert.equal(policyProblem(right), undefined)
  const { code, start, end } = policyProblem(right.padEnd(7_000)) ?? {}
  assert.deepEqual([code, start, end], ['InvalidParameter.PolicyDocument.Length', 6_144, 7_000])
})

test('every JSON text has its places, and what is no JSON has none', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(3), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), null, indent)
      const { root } = jsonPlaces(` ${spaced}\n`)
      assert.deepEqual([root?.start, root?.end], [1, 1 + spaced.length])
    }),
  )
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '"', '{', ']', '\\', '\u0001', '0', 'e'),
      (text, place, put) => {
        const at = place % (text.length + 1)
        const changed = text.slice(0, at) + put + text.slice(at + 1)
        let isJson = true
        try {
          JSON.parse(changed)
        } catch {
          isJson = false
        }
        const places = jsonPlaces(changed)
        assert.equal(places.root !== undefined, isJson, changed)
        assert.ok(places.at <= changed.length)
      },
    ),
    { numRuns: 2_000 },
  )
  assert.equal(jsonPlaces('['.repeat(100_000)).root, undefined, 'deep ones do not end the stack')
})
