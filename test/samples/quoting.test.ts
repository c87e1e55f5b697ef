import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { z } from 'zod'
import { sampleCode, type SampleLanguage } from '../../src/samples/sample-code.ts'
import { SampleError } from '../../src/samples/sample-request.ts'
import { findProgram } from '../fixtures/find-program.ts'
import { calledWith } from './called-with.ts'
import { ALL_NASTY, nastyText } from './nasty-text.ts'
import { runNodeSample } from './run-node-sample.ts'

type Values = Readonly<Record<string, string>>

const values: fc.Arbitrary<Values> = fc
  .array(nastyText, { minLength: 1, maxLength: 30 })
  .map((texts) => Object.fromEntries([ALL_NASTY, ...texts].map((text, at) => [`P${at}`, text])))
const write = (language: SampleLanguage, parameters: Values) =>
  sampleCode({ name: 'Do', version: '2026-12-01', parameters: [] }, { language, parameters, endpoint: 'http://h:1' })

for (const shell of ['sh', 'bash', 'zsh']) {
  const skip = findProgram(shell) === undefined && `${shell} is not on this machine`
  test(`every value is one word of ${shell}, exactly`, { skip }, () => {
    fc.assert(
      fc.property(values, (given) => {
        const words = Object.entries(given)
        const postern = calledWith('postern', write('postern', given), shell)[0] ?? []
        assert.deepEqual(
          postern.slice(6),
          words.map(([name, value]) => `${name}=${value}`),
        )
        const aliyun = calledWith('aliyun', write('aliyun', given), shell)[0]?.join('\0') ?? ''
        // An empty value is a word of its own, which is what the tool takes for one.
        const flags = words.map(([name, value]) => (value === '' ? `--${name}\0` : `--${name}=${value}`)).join('\0')
        assert.ok(aliyun.endsWith(`--method\0POST\0${flags}`), aliyun)
      }),
      { numRuns: 6 },
    )
  })
}

test('the form of the curl sample is every value, exactly', () => {
  fc.assert(
    fc.property(values, (given) => {
      const line = write('curl', given).trimEnd().split('\n').at(-1) ?? ''
      const [, form = ''] = /^call Do '?([\w=&%.~-]*)'?$/.exec(line) ?? []
      assert.deepEqual(Object.fromEntries(new URLSearchParams(form)), given, line)
    }),
  )
})

test('the program of Node sends every value, exactly', async () => {
  await fc.assert(
    fc.asyncProperty(values, async (given) => {
      const { sent } = await runNodeSample(write('node', given), [{}])
      assert.deepEqual(sent, [given])
    }),
    { numRuns: 50 },
  )
})

const python = findProgram('python3')
test('the dictionary of Python has every value, exactly', {
  skip: python === undefined && 'python3 is not on this machine',
}, () => {
  const reader = `import ast, json, sys
tree = ast.parse(sys.stdin.buffer.read())
print(json.dumps([ast.literal_eval(node) for node in ast.walk(tree) if isinstance(node, ast.Dict)]))`
  fc.assert(
    fc.property(values, (given) => {
      const read = spawnSync('python3', ['-c', reader], {
        input: write('python', given),
        encoding: 'utf8',
        timeout: 20_000,
      })
      assert.deepEqual(JSON.parse(read.stdout), [given], read.stderr)
    }),
    { numRuns: 3 },
  )
})

/** What the specifications of both languages say of such a literal; the programs themselves run in test/clients. */
function decoded(literal: string): string {
  return literal.replaceAll(/\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{3})|(.))/g, (whole, ...parts: unknown[]) => {
    const [four, eight, octal, char] = z.array(z.string().optional()).parse(parts.slice(0, 4))
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
    if (char === undefined) return String.fromCodePoint(Number.parseInt(four ?? eight ?? '', 16))
    const meant = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }[char]
    assert.ok(meant !== undefined, whole)
    return meant
  })
}

for (const [language, line] of [
  ['go', /^\t\t"(\w+)": "(.*)",$/gm],
  ['java', /^ {6}body\.put\("(\w+)", "(.*)"\);$/gm],
] as const) {
  test(`the literals of ${language} are every value, exactly`, () => {
    fc.assert(
      fc.property(values, (given) => {
        const sample = write(language, given)
        const read = [...sample.matchAll(line)].map(([, name = '', text = '']) => [name, decoded(text)] as const)
        assert.deepEqual(Object.fromEntries(read), given)
        if (language === 'java') assert.match(sample, /^[\n\x20-\x7e]*$/)
        // Before anything else Java reads \u000a as the end of the line, wherever it stands.
        if (language === 'java') assert.doesNotMatch(sample, /(?<!\\)(?:\\\\)*\\u00(?:[01]|22|5c)/)
      }),
    )
  })
}

test('nothing in a sample is unseen or turns the direction of writing', () => {
  fc.assert(
    fc.property(values, (given) => {
      for (const language of ['curl', 'aliyun', 'node', 'python', 'go', 'java', 'postern'] as const) {
        assert.doesNotMatch(write(language, given), /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, language)
      }
    }),
  )
})

test('what no sample can be written for is refused', () => {
  const action = { name: 'Do', version: '2026-12-01', parameters: [] }
  const of = (change: { name?: string; version?: string; parameters?: Values; endpoint?: string }) => () =>
    sampleCode(
      { ...action, ...change, parameters: [] },
      { language: 'curl', parameters: change.parameters ?? {}, endpoint: change.endpoint ?? 'http://h' },
    )
  assert.doesNotThrow(of({}))
  for (const change of [
    { name: 'Do; id' },
    { name: '' },
    { version: '1;id' },
    { parameters: { 'a b': '1' } },
    { parameters: { "a'": '1' } },
    { parameters: { Name: 'a\0b' } },
    { parameters: { Name: 'half \ud83d' } },
    { endpoint: 'h:1' },
    { endpoint: 'file:///etc/passwd' },
    { endpoint: '' },
  ]) {
    assert.throws(of(change), SampleError, JSON.stringify(change))
  }
})

test('an endpoint is quoted like everything else', () => {
  const endpoint = "http://h$(id)'`x`"
  const parameters = { Name: 'x' }
  const told = (language: SampleLanguage) =>
    sampleCode({ name: 'Do', version: '2026-12-01', parameters: [] }, { language, parameters, endpoint })
  assert.equal(calledWith('postern', told('postern'))[0]?.[2], "http://h$(id)'`x`")
  assert.ok(told('python').includes(`endpoint="h$(id)'\`x\`"`))
})
