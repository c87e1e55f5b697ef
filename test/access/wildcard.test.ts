import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { alwaysMatches, matchesWildcard, mayMatch } from '../../src/access/wildcard.ts'

/** As slow as it is easy to believe. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*') return naive(pattern.slice(1), text) || (text !== '' && naive(pattern, text.slice(1)))
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && naive(pattern.slice(1), text.slice(1))
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 8 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 })

test('row 32: a wildcard matches what a naive reference matches', () => {
  fc.assert(
    fc.property(pattern, text, (a, b) => assert.equal(matchesWildcard(a, b), naive(a, b))),
    { numRuns: 5_000 },
  )
})

test('a text whose parts are not known may match, or always matches, as trying all of them says', () => {
  const open = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*'), maxLength: 5 })
  const parts = ['', 'a', 'b', 'aa', 'ab', 'ba', 'bb', 'aab', 'abab', 'bbbb']
  const fill = (each: string): string[] => {
    const at = each.indexOf('*')
    return at < 0 ? [each] : parts.flatMap((part) => fill(each.slice(0, at) + part + each.slice(at + 1)))
  }
  fc.assert(
    fc.property(pattern, open, (a, b) => {
      fc.pre(b.split('*').length <= 3)
      const filled = fill(b).map((each) => matchesWildcard(a, each))
      if (filled.includes(true)) assert.ok(mayMatch(a, b), `${a} may match ${b}`)
      if (filled.includes(false)) assert.ok(!alwaysMatches(a, b), `${a} always matches ${b}`)
      if (alwaysMatches(a, b)) assert.ok(mayMatch(a, b))
    }),
    { numRuns: 5_000 },
  )
  assert.ok(!mayMatch('acs:dbs:*:2:backupgateway/*', 'acs:dbs:*:1:backupgateway/*'))
  assert.ok(mayMatch('acs:dbs:eu:*:backupgateway/1?', 'acs:dbs:*:1:backupgateway/*'))
  assert.ok(!alwaysMatches('acs:dbs:eu:*:backupgateway/*', 'acs:dbs:*:1:backupgateway/*'))
  assert.ok(!alwaysMatches('acs:dbs:??:*:*', 'acs:dbs:*:1:backupgateway/1'))
})

test('a pattern made to be slow is not', () => {
  const began = performance.now()
  const slow = 'a*'.repeat(3_000)
  assert.ok(!matchesWildcard(`${slow}b`, 'a'.repeat(500)))
  assert.ok(!mayMatch(`${slow}b`, `acs:${'a'.repeat(100)}*:c`))
  assert.ok(performance.now() - began < 2_000)
})
