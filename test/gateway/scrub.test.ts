import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, constantFrom, nat, property, string } from 'fast-check'
import { createScrubber } from '../../src/gateway/scrub.ts'

const scrubberOf = (...secrets: readonly string[]) => {
  const scrubber = createScrubber()
  for (const secret of secrets) scrubber.add(secret)
  return scrubber
}

test('a secret is taken out as it is, in JSON, in a URL, and printed with points', () => {
  const { scrub } = scrubberOf('pä"ss w\u{1F600}rd')
  for (const text of ['pä"ss w\u{1F600}rd', 'p\\u00e4', 'pä\\"ss w\u{1F600}rd', 'p%C3%A4%22ss%20w%F0%9F%98%80rd']) {
    assert.doesNotMatch(scrub(`<${text}>`), /ss/)
  }
  assert.equal(scrub('It said: "p..\\"ss"'.replace('\\"', '"')), 'It said: "***"')
})

test('where words were cut, the beginning of a secret is taken out too, and nothing else', () => {
  const { scrub } = scrubberOf('correct horse')
  assert.equal(scrub('It said: "AUTH correct ho". Check'), 'It said: "AUTH ***". Check')
  assert.equal(scrub('the words: correct h…'), 'the words: ***…')
  assert.equal(scrub('ends with corr'), 'ends with ***')
  assert.equal(scrub('a correct answer "cor"'), 'a correct answer "cor"')
})

test('no cut of what a server says back leaves four characters of the secret', () => {
  const secret = string({ minLength: 8, maxLength: 40, unit: constantFrom('a', 'b', 'X', 'Y', '0', '9', '%', '-') })
  assertProperty(
    property(secret, nat({ max: 80 }), (given, length) => {
      const said = `*3..$4..AUTH..$${given.length}..${given}..`.slice(0, length)
      const shown = scrubberOf(given).scrub(`Something else answers there. It said: "${said}". Look.`)
      assert.ok(
        !shown.includes(given.slice(0, 4)) ||
          'Something else answers there. It said: Look.'.includes(given.slice(0, 4)),
        shown,
      )
    }),
  )
})
