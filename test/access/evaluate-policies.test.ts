import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  type AccessRequest,
  evaluateLayers,
  evaluatePolicies,
  type NamedPolicy,
} from '../../src/access/evaluate-policies.ts'
import { parsePolicyDocument } from '../../src/access/policy-document.ts'
import { endpointConditions } from '../../src/api/resources.ts'
import { normaliseHost } from '../../src/api/endpoint-host.ts'
import { DATABASE_TYPE_NAMES, parseDatabaseType } from '../../src/model/database-type.ts'
import { GATEWAY, POLICY_CASES, type StatementText } from './policy-cases.ts'

const policy = (statements: readonly StatementText[], name = 'p'): NamedPolicy => ({
  name,
  type: 'Custom',
  document: parsePolicyDocument(JSON.stringify({ Version: '1', Statement: statements })),
})
const policies = (statements: readonly StatementText[]) => (statements.length === 0 ? [] : [policy(statements)])

for (const { title, statements, session, result, ...request } of POLICY_CASES) {
  test(`row 32: ${title}: ${result}`, () => {
    const layers = [policies(statements), ...(session ? [policies(session)] : [])]
    assert.equal(evaluateLayers(layers, { ...request, open: false }).result, result)
  })
}

test('the decision names the policy and the statement', () => {
  const request = { action: 'dbs:Get', resource: GATEWAY, open: false, conditions: {} }
  const reader = policy([{ Effect: 'Allow', Action: 'dbs:*', Resource: '*' }], 'reader')
  const guard = policy(
    [
      { Effect: 'Allow', Action: 'ram:*', Resource: '*' },
      { Effect: 'Deny', Action: 'dbs:*', Resource: '*' },
    ],
    'guard',
  )
  assert.deepEqual(evaluatePolicies([reader], request), {
    result: 'Allow',
    by: { policy: 'reader', type: 'Custom', statement: 0 },
  })
  assert.deepEqual(evaluatePolicies([reader, guard], request), {
    result: 'ExplicitDeny',
    by: { policy: 'guard', type: 'Custom', statement: 1 },
  })
})

/** Small sets, so that statements often meet the request. */
const anyCondition = fc.constantFrom(
  { StringEquals: { 'postern:DatabaseType': 'mysql' } },
  { StringNotEquals: { 'postern:DatabaseType': ['redis', 'MySQL'] } },
  { StringLike: { 'postern:SourceEndpoint': '10.*:3306' } },
  { NotIpAddress: { 'acs:SourceIp': '10.0.0.0/8' } },
  { Bool: { 'acs:SecureTransport': 'true' } },
  { DateLessThan: { 'acs:CurrentTime': '2026-01-01T00:00:00Z' } },
)
const anyBody = fc.record(
  {
    Action: fc.constantFrom('*', 'dbs:*', 'dbs:Get*', 'DBS:create*', 'ram:*'),
    Resource: fc.constantFrom('*', 'acs:dbs:*:*:*', 'acs:dbs:eu:*:*', 'acs:dbs:*:*:backupgateway/1*', 'acs:ram:*:*:*'),
    Condition: anyCondition,
  },
  { requiredKeys: ['Action', 'Resource'] },
)
const anyAllow = anyBody.map((body): StatementText => ({ Effect: 'Allow', ...body }))
const anyDeny = anyBody.map((body): StatementText => ({ Effect: 'Deny', ...body }))
const anyStatements = fc.array(fc.oneof(anyAllow, anyDeny), { minLength: 1, maxLength: 5 })
const anyRequest: fc.Arbitrary<AccessRequest> = fc.record({
  action: fc.constantFrom('dbs:GetDBListFromAgent', 'dbs:CreateGetDBListFromAgentTask', 'ram:CreateUser'),
  resource: fc.constantFrom('acs:dbs:eu:1:backupgateway/12', 'acs:dbs:us:1:backupgateway/2', 'acs:ram:*:1:user/a'),
  open: fc.constant(false),
  conditions: fc.record(
    {
      'acs:SourceIp': fc.constantFrom('10.0.0.1', '192.0.2.1', '2001:db8::1'),
      'acs:SecureTransport': fc.constantFrom('true', 'false'),
      'acs:CurrentTime': fc.constantFrom('2025-06-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z'),
      'postern:DatabaseType': fc.constantFrom('MySQL', 'Redis'),
      'postern:SourceEndpoint': fc.constantFrom('10.0.0.12:3306', 'db1:3306'),
    },
    { requiredKeys: [] },
  ),
})
const allows = (statements: readonly StatementText[], request: AccessRequest, view?: 'possibly') =>
  evaluatePolicies(policies(statements), request, view).result === 'Allow'

test('row 32: a deny that applies always wins', () => {
  fc.assert(
    fc.property(anyStatements, anyDeny, anyRequest, (statements, last, request) => {
      fc.pre(evaluatePolicies([policy([last])], request).result === 'ExplicitDeny')
      assert.equal(evaluatePolicies([policy([...statements, last])], request).result, 'ExplicitDeny')
      assert.equal(evaluatePolicies([policy(statements), policy([last])], request).result, 'ExplicitDeny')
    }),
  )
})

test('row 32: one more allow never removes access, one more deny never adds any', () => {
  fc.assert(
    fc.property(anyStatements, anyAllow, anyRequest, (statements, more, request) => {
      if (allows(statements, request)) assert.ok(allows([...statements, more], request))
    }),
  )
  fc.assert(
    fc.property(anyStatements, anyDeny, anyRequest, (statements, more, request) => {
      if (!allows(statements, request)) assert.ok(!allows([...statements, more], request))
    }),
  )
})

test('row 32: the order of statements and of policies changes nothing', () => {
  fc.assert(
    fc.property(anyStatements, anyRequest, (statements, request) => {
      const { result } = evaluatePolicies([policy(statements)], request)
      assert.equal(evaluatePolicies([policy(statements.toReversed())], request).result, result)
      const apart = statements.toReversed().map((each) => policy([each]))
      assert.equal(evaluatePolicies(apart, request).result, result)
    }),
  )
})

test('row 32: to know less never gives access, and what is possible holds all that is sure', () => {
  fc.assert(
    fc.property(anyStatements, anyRequest, fc.integer({ min: 0, max: 4 }), (statements, request, dropped) => {
      const less = {
        ...request,
        conditions: Object.fromEntries(Object.entries(request.conditions).toSpliced(dropped, 1)),
      }
      if (allows(statements, less)) assert.ok(allows(statements, request))
      if (allows(statements, request)) assert.ok(allows(statements, less, 'possibly'))
      const open = { ...request, open: true, resource: request.resource.replace(/:(eu|us):/, ':*:') }
      if (allows(statements, open)) assert.ok(allows(statements, request))
      if (allows(statements, request)) assert.ok(allows(statements, open, 'possibly'))
    }),
  )
})

test('row 32: a temporary key never may more than its owner, nor more than its policy says', () => {
  fc.assert(
    fc.property(anyStatements, anyStatements, anyRequest, (own, session, request) => {
      for (const view of ['surely', 'possibly'] as const) {
        const each = [own, session].map((statements) => evaluatePolicies(policies(statements), request, view).result)
        const { result } = evaluateLayers([policies(own), policies(session)], request, view)
        assert.equal(
          result === 'Allow',
          each.every((one) => one === 'Allow'),
        )
        assert.equal(result === 'ExplicitDeny', each.includes('ExplicitDeny'))
      }
      assert.notEqual(evaluateLayers([policies(own), []], request).result, 'Allow', 'an empty layer allows nothing')
    }),
  )
  assert.equal(evaluateLayers([], { action: 'a:B', resource: '*', open: false, conditions: {} }).result, 'ImplicitDeny')
})

const inAnyCase = (text: string) =>
  fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((upper) =>
    text
      .split('')
      .map((each, i) => (upper[i] === true ? each.toUpperCase() : each.toLowerCase()))
      .join(''),
  )

test('row 32: spelling an engine otherwise or leaving out a port never gets around a deny', () => {
  const spellings = fc.constantFrom(...DATABASE_TYPE_NAMES).chain((name) => fc.tuple(inAnyCase(name), inAnyCase(name)))
  const hosts = fc.constantFrom(
    ['db1.example', 'DB1.example.'],
    ['10.0.0.12', '::ffff:10.0.0.12', '[::FFFF:a00:c]'],
    ['2001:db8::7', '[2001:DB8:0:0::7]', '2001:0db8::0007'],
  )
  const spelledHost = hosts.chain((all) => fc.tuple(fc.constantFrom(...all), fc.constantFrom(...all)))
  fc.assert(
    fc.property(spellings, spelledHost, fc.constantFrom('StringEquals', 'StringLike'), (types, names, operator) => {
      // As the action makes them from what is sent, without a port.
      const engine = parseDatabaseType(types[0]) ?? assert.fail()
      const check = normaliseHost(names[0])
      assert.ok('host' in check)
      const conditions = endpointConditions({ gateway: 1, engine, host: check.host })
      const port = /\d+$/.exec(conditions['postern:SourceEndpoint'] ?? '')?.[0]
      const bare = names[1].replace(/^\[|\]$/g, '')
      const written = `${bare.includes(':') ? `[${bare}]` : bare}:${port}`
      for (const [key, value] of [
        ['postern:DatabaseType', types[1]],
        ['postern:SourceEndpoint', written],
      ] as const) {
        const denied = policy([
          { Effect: 'Allow', Action: '*', Resource: '*' },
          { Effect: 'Deny', Action: '*', Resource: '*', Condition: { [operator]: { [key]: value } } },
        ])
        const request = { action: 'dbs:Create', resource: GATEWAY, open: false, conditions }
        assert.equal(evaluatePolicies([denied], request).result, 'ExplicitDeny', `${key} ${value}`)
      }
    }),
  )
})
