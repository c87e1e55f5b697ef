import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { fastify } from 'fastify'
import { z } from 'zod'
import { documentedActions } from '../../src/api/documented-actions.ts'
import { PRODUCTS } from '../../src/api/action.ts'
import { addOpenApiRoute } from '../../src/api/openapi-route.ts'
import { openApiDocument } from '../../src/api/openapi.ts'
import { DISCOVERY_ERRORS } from '../../src/model/discovery-errors.ts'
import { ERRORS, isErrorCode } from '../../src/model/errors.ts'
import { readOpenApi } from './openapi-document.ts'
import { runApi } from './running-api.ts'

const MAX_BYTES = 300 * 1024
const actions = documentedActions()
const { text } = openApiDocument(actions, 'https://postern.example:8443/')
const document = readOpenApi(text)

test('the document is valid OpenAPI 3.1, by a public validator, and small', async () => {
  assert.deepEqual(await checked(JSON.parse(text)), { valid: true, errors: undefined, version: '3.1' })
  assert.ok(Buffer.byteLength(text) < MAX_BYTES, `${Buffer.byteLength(text)} bytes`)
  const broken: unknown = JSON.parse(text.replace('"in":"query"', '"in":"nowhere"'))
  assert.equal((await checked(broken)).valid, false, 'the validator looks at the parameters')
})

test('every reference leads somewhere, and everything in the components is referred to', () => {
  const references = new Set(
    [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([\w-]+)"/g)].map(([, kind, name]) => `${kind} ${name}`),
  )
  assert.equal(references.size > 0, true)
  assert.equal(
    [...text.matchAll(/"\$ref"/g)].length,
    [...text.matchAll(/"\$ref":"#\/components\/\w+\/[\w-]+"/g)].length,
  )
  const there = (['schemas', 'parameters', 'responses'] as const).flatMap((kind) =>
    Object.keys(document.components[kind]).map((name) => `${kind} ${name}`),
  )
  assert.deepEqual([...references].toSorted(), there.toSorted())
})

test('it has every action with its parameters, and nothing else', () => {
  const told = document.operations.map(({ path, method, operation }) => ({
    path,
    method,
    name: operation.operationId,
    product: operation.tags,
    summary: operation.summary,
    access: operation['x-postern-access'],
    mutates: operation['x-postern-mutates'],
    parameters: operation.parameters.map(({ name, required }) => `${name}${required ? ' required' : ''}`),
  }))
  const declared = actions.map(({ name, version, summary, access, mutates, params }) => ({
    path: `/#Action=${name}&Version=${version}`,
    method: mutates ? 'post' : 'get',
    name,
    product: [PRODUCTS[version]],
    summary,
    access,
    mutates,
    parameters: parameterNames(params),
  }))
  assert.deepEqual(told, declared)
  assert.equal(new Set(told.map(({ name }) => name)).size, told.length, 'no name twice')
})

test('it has every error of the declarations with its meaning and mend, and nothing else', () => {
  const discovery = Object.keys(DISCOVERY_ERRORS)
  for (const action of actions) {
    const operation = document.operationOf(action.name)
    const codes = operation['x-postern-errors']
    assert.deepEqual(
      codes.filter((code) => !isErrorCode(code)),
      [],
      action.name,
    )
    assert.deepEqual(
      action.errors.filter((code) => !codes.includes(code)),
      [],
      action.name,
    )
    const mayFailTasks = ['GetDBListFromAgent', 'DescribeDatabases'].includes(action.name)
    assert.equal(
      discovery.every((code) => codes.includes(code)),
      mayFailTasks,
      action.name,
    )
    const ofRam = ['Ram', 'Sts'].includes(PRODUCTS[action.version]) || action.name === 'UpdatePolicy'
    const denial = ofRam ? 'NoPermission' : 'Request.Forbidden'
    const denials = ['NoPermission', 'Request.Forbidden'].filter((code) => codes.includes(code))
    assert.deepEqual(denials, [denial], action.name)
    for (const code of ['Missing{P}', 'Invalid{P}', 'SignatureDoesNotMatch', 'InternalError']) {
      assert.ok(codes.includes(code), `${action.name} ${code}`)
    }
  }
  const used = new Set(document.operations.flatMap(({ operation }) => operation['x-postern-errors']))
  // The only code that no action answers is the one of the enrolment.
  assert.deepEqual(
    Object.keys(ERRORS).filter((code) => !used.has(code)),
    ['Enrollment.Refused'],
  )
  const { 'Enrollment.Refused': _, ...answered } = ERRORS
  assert.deepEqual(document.components['x-postern-errors'], answered)
})

test('the examples, defaults and limits of the parameters are those of the actions', () => {
  for (const action of actions) {
    const { parameters } = document.operationOf(action.name)
    const sent = Object.fromEntries(parameters.map(({ name, example }) => [name, asText(example)]))
    assert.equal(action.params.safeParse(sent).success, true, action.name)
    for (const { name, schema, example } of parameters) {
      const fits = z.fromJSONSchema(schema)
      assert.deepEqual(fits.safeParse(example).error, undefined, `${action.name} ${name} ${JSON.stringify(example)}`)
      const accepts = (value: unknown) => action.params.safeParse({ ...sent, [name]: asText(value) }).success
      if ('default' in schema) assert.ok(accepts(schema['default']) && fits.safeParse(schema['default']).success, name)
      const { minimum, maximum } = limits.parse(schema)
      if (minimum !== undefined) assert.ok(accepts(minimum) && !accepts(minimum - 1), `${action.name} ${name}`)
      if (maximum !== undefined) assert.ok(accepts(maximum) && !accepts(maximum + 1), `${action.name} ${name}`)
      for (const choice of limits.parse(schema).enum ?? []) assert.ok(accepts(choice), `${name} ${choice}`)
      const { maxLength } = limits.parse(schema)
      if (maxLength !== undefined) assert.ok(!accepts('x'.repeat(maxLength + 1)), `${action.name} ${name}`)
    }
  }
})

test('the examples of the answers fit their own schemas', () => {
  let examples = 0
  const walk = (schema: unknown, at: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    if ('examples' in schema && Array.isArray(schema.examples)) {
      const fits = z.fromJSONSchema({ ...schema, examples: [] })
      for (const example of schema.examples) {
        examples++
        assert.deepEqual(fits.safeParse(example).error, undefined, `${at} ${JSON.stringify(example)}`)
      }
    }
    for (const [name, child] of Object.entries(schema)) if (name !== 'examples') walk(child, `${at}.${name}`)
  }
  walk(document.components.schemas, '')
  assert.ok(examples > 50, String(examples))
})

test('the server gives it to everybody, whatever Host is sent, and knows who has it already', async () => {
  await using api = await runApi({ publicUrl: 'https://postern.example:8443/' })
  const url = `${api.url}/openapi.json`
  const first = await fetch(url)
  assert.equal(first.status, 200)
  assert.equal(first.headers.get('content-type'), 'application/json;charset=utf-8')
  assert.equal(first.headers.get('cache-control'), 'public, max-age=300')
  assert.equal(await first.text(), text)
  const etag = first.headers.get('etag') ?? ''
  assert.match(etag, /^"[\w-]{43}"$/)
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await fetch(url, { headers: { 'if-none-match': tag } })
    assert.deepEqual([again.status, await again.text(), again.headers.get('etag')], [304, '', etag], tag)
  }
  assert.equal((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status, 200)
  const head = await fetch(url, { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('etag'), await head.text()], [200, etag, ''])
  assert.equal(await bodyWithHost(url, 'evil.example'), text)
})

test('it follows a reload that changes the address that people use', async () => {
  let publicUrl = 'https://one.example'
  await using app = fastify()
  addOpenApiRoute(app, actions, () => publicUrl)
  const first = await app.inject('/openapi.json')
  assert.ok(first.body.includes('"servers":[{"url":"https://one.example"}]'))
  publicUrl = 'https://two.example'
  const headers = { 'if-none-match': String(first.headers['etag']) }
  const second = await app.inject({ url: '/openapi.json', headers })
  assert.equal(second.statusCode, 200)
  assert.ok(second.body.includes('"servers":[{"url":"https://two.example"}]'))
})

async function checked(content: unknown) {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(z.record(z.string(), z.unknown()).parse(content))
  return { valid, errors, version: validator.version }
}

const limits = z.object({
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
  enum: z.array(z.string()).optional(),
})

/** As it is sent. */
const asText = (value: unknown) => (Array.isArray(value) ? value.join(',') : String(value))

function parameterNames(params: z.ZodType): readonly string[] {
  assert.ok(params instanceof z.ZodObject)
  return Object.entries(params.shape).map(([name, field]) => {
    assert.ok(field instanceof z.ZodType)
    return `${name}${field.safeParse(undefined).success ? '' : ' required'}`
  })
}

const bodyWithHost = (url: string, host: string) =>
  new Promise<string>((resolve, reject) => {
    const sent = request(url, { headers: { host, connection: 'close' } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.once('end', () => resolve(Buffer.concat(parts).toString()))
    })
    sent.once('error', reject)
    sent.setTimeout(5_000, () => sent.destroy(new Error('no answer')))
    sent.end()
  })
