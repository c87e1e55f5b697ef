import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_POLICY_CHARS, parsePolicyDocument } from '../../src/access/policy-document.ts'
import { POLICY_FAULT_KINDS } from '../../src/access/policy-fault.ts'
import { policyProblem } from '../../src/access/policy-problem.ts'
import { SYSTEM_POLICIES } from '../../src/access/system-policies.ts'
import { evaluatePolicies } from '../../src/access/evaluate-policies.ts'

const ALLOW = { Effect: 'Allow', Action: 'dbs:*', Resource: '*' }
const withStatement = (change: object) => JSON.stringify({ Version: '1', Statement: [{ ...ALLOW, ...change }] })
const withCondition = (Condition: unknown) => withStatement({ Condition })
const KEY = 'postern:DatabaseType'
const END = 'postern:SourceEndpoint'

/** What is wrong, the document, and what the message must say. */
const REFUSED: readonly (readonly [what: string, document: string, says: RegExp])[] = [
  ['nothing', '', /The document is not JSON/],
  ['no JSON', '{"Version":"1",}', /The document is not JSON/],
  ['a list', '[]', /The document must be an object/],
  ['null', 'null', /The document must be an object/],
  ['no version', '{"Statement":[]}', /Version must be "1", in quotation marks/],
  ['another version', '{"Version":"2","Statement":[]}', /Version must be "1"/],
  ['a number as version', '{"Version":1,"Statement":[]}', /Version must be "1", in quotation marks/],
  ['no statement', '{"Version":"1","Statement":[]}', /Statement must be a list of 1 to 100/],
  ['a statement outside a list', JSON.stringify({ Version: '1', Statement: ALLOW }), /Statement must be a list/],
  [
    'too many statements',
    JSON.stringify({ Version: '1', Statement: Array.from({ length: 101 }, () => ALLOW) }),
    /1 to 100/,
  ],
  ['an unknown element', '{"Version":"1","Statment":[]}', /unknown element "Statment"; did you mean Statement\?/],
  ['a principal', withStatement({ Principal: '*' }), /Statement\[0\] has an unknown element "Principal"/],
  [
    'a misspelt condition',
    withStatement({ Conditions: {} }),
    /Statement\[0\] .*"Conditions"; did you mean Condition\?/,
  ],
  [
    'a prototype',
    '{"Version":"1","Statement":[{"__proto__":{"Effect":"Allow"},"Action":"*","Resource":"*"}]}',
    /"__proto__"/,
  ],
  ['no effect', withStatement({ Effect: undefined }), /Statement\[0\]\.Effect must be "Allow" or "Deny"/],
  ['an effect in another case', withStatement({ Effect: 'allow' }), /Statement\[0\]\.Effect/],
  ['no action', withStatement({ Action: undefined }), /Statement\[0\] must have either Action or NotAction/],
  ['both kinds of action', withStatement({ NotAction: '*' }), /either Action or NotAction/],
  [
    'an action without service',
    withStatement({ Action: 'GetDBListFromAgent' }),
    /Statement\[0\]\.Action must be "\*" or service/,
  ],
  ['a number as action', withStatement({ Action: ['dbs:*', 7] }), /Statement\[0\]\.Action\[1\] must be a text/],
  ['no actions', withStatement({ Action: [] }), /Statement\[0\]\.Action must be a text .* 1 to 200/],
  [
    'too many actions',
    withStatement({ Action: Array.from({ length: 201 }, () => 'a:b') }),
    /Statement\[0\]\.Action must/,
  ],
  ['no resource', withStatement({ Resource: undefined }), /Statement\[0\]\.Resource must be a text/],
  [
    'a resource of another cloud',
    withStatement({ Resource: 'arn:aws:s3:::x' }),
    /Statement\[0\]\.Resource must be "\*" or acs:/,
  ],
  ['a resource of too few parts', withStatement({ Resource: ['*', 'acs:dbs:*'] }), /Statement\[0\]\.Resource\[1\]/],
  ['a variable', withStatement({ Resource: 'acs:dbs:*:*:user/${name}' }), /Statement\[0\]\.Resource/],
  ['a condition that is a text', withCondition('x'), /Statement\[0\]\.Condition must be an object/],
  [
    'an unknown operator',
    withCondition({ StringEqual: { [KEY]: 'x' } }),
    /Condition\.StringEqual is no operator; did you mean StringEquals\?/,
  ],
  ['an operator with IfExists', withCondition({ StringEqualsIfExists: { [KEY]: 'mysql' } }), /is no operator/],
  ['the Null operator', withCondition({ Null: { [KEY]: 'true' } }), /Condition\.Null is no operator/],
  ['an operator of the prototype', withCondition({ constructor: { [KEY]: 'x' } }), /is no operator/],
  [
    'an unknown key',
    withCondition({ StringEquals: { 'postern:DatabaseTyp': 'x' } }),
    /\["postern:DatabaseTyp"\] is no key; did you mean postern:DatabaseType\?/,
  ],
  [
    'a key in another case',
    withCondition({ IpAddress: { 'acs:SourceIP': '10.0.0.1' } }),
    /did you mean acs:SourceIp\?/,
  ],
  ['a key of the prototype', withCondition({ StringEquals: { toString: 'x' } }), /is no key; use one of/],
  ['an operator without key', withCondition({ StringEquals: {} }), /Condition\.StringEquals must have a key/],
  [
    'an operator of another kind',
    withCondition({ StringLike: { 'acs:SourceIp': '10.*' } }),
    /is not compared with StringLike; use the IpAddress operators/,
  ],
  ['no values', withCondition({ StringEquals: { [KEY]: [] } }), /a list of 1 to 200/],
  [
    'an unknown engine',
    withCondition({ StringEquals: { [KEY]: ['mysql', 'MSQL'] } }),
    /\["postern:DatabaseType"\]\[1\] must be one of MySQL/,
  ],
  ['a wildcard that is none there', withCondition({ StringEquals: { [KEY]: 'My*' } }), /wildcards need StringLike/],
  ['a pattern of no engine', withCondition({ StringLike: { [KEY]: 'mi*' } }), /matches none of MySQL/],
  ['an endpoint without port', withCondition({ StringEquals: { [END]: '10.0.0.12' } }), /must be host:port/],
  ['an endpoint with port 0', withCondition({ StringEquals: { [END]: 'db:0' } }), /must be host:port/],
  [
    'an endpoint with an old spelling of an address',
    withCondition({ StringEquals: { [END]: '10.1:3306' } }),
    /must be host:port/,
  ],
  ['an IPv6 endpoint without brackets', withCondition({ StringEquals: { [END]: '2001:db8::7:3306' } }), /in brackets/],
  ['a pattern without port', withCondition({ StringLike: { [END]: '*.example' } }), /end it with :\*/],
  ['a pattern with a wrong port', withCondition({ StringLike: { [END]: 'db*:mysql' } }), /no digits/],
  ['a pattern with a space', withCondition({ StringLike: { [END]: 'db 1:*' } }), /with the wildcards/],
  [
    'a pattern of gateway names',
    withCondition({ StringLike: { 'postern:BackupGatewayId': 'plant-*' } }),
    /must be digits/,
  ],
  ['a pattern inside IPv6', withCondition({ StringLike: { [END]: '[2001:db8::*]:3306' } }), /write the address whole/],
  [
    'a gateway that is no number',
    withCondition({ StringEquals: { 'postern:BackupGatewayId': 'plant-7' } }),
    /digits of a gateway id/,
  ],
  ['no number', withCondition({ NumericEquals: { 'postern:BackupGatewayId': '0x7' } }), /must be a number/],
  ['no address', withCondition({ IpAddress: { 'acs:SourceIp': '10.0.0' } }), /must be an IP address or a range/],
  ['too long a prefix', withCondition({ IpAddress: { 'acs:SourceIp': '10.0.0.0/33' } }), /must be an IP address/],
  [
    'too short a prefix of a mapped range',
    withCondition({ IpAddress: { 'acs:SourceIp': '::ffff:10.0.0.0/95' } }),
    /IP address/,
  ],
  ['an empty prefix', withCondition({ IpAddress: { 'acs:SourceIp': '10.0.0.0/' } }), /must be an IP address/],
  ['no time', withCondition({ DateLessThan: { 'acs:CurrentTime': '2026-02-30T00:00:00Z' } }), /must be a time such as/],
  [
    'a time without zone',
    withCondition({ DateLessThan: { 'acs:CurrentTime': '2026-01-01T00:00:00' } }),
    /must be a time/,
  ],
  ['neither true nor false', withCondition({ Bool: { 'acs:SecureTransport': 'yes' } }), /"true" or "false"/],
  ['a bare true', withCondition({ Bool: { 'acs:SecureTransport': true } }), /a text in quotation marks/],
  ['true and false', withCondition({ Bool: { 'acs:SecureTransport': ['true', 'false'] } }), /must have one value/],
  [
    'one element twice',
    '{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","\\u0045ffect":"Allow"}]}',
    /"Effect" twice/,
  ],
]

test('every kind of fault that the API tells is one that a document has', () => {
  const kinds = REFUSED.flatMap(([, document]) => policyProblem(document)?.kind ?? [])
  assert.deepEqual(
    new Set([...kinds, policyProblem(' '.repeat(MAX_POLICY_CHARS + 1))?.kind]),
    new Set(POLICY_FAULT_KINDS),
  )
})

for (const [what, document, says] of REFUSED) {
  test(`row 32: a policy is refused with ${what}`, () => {
    assert.throws(() => parsePolicyDocument(document), { code: 'MalformedPolicyDocument', status: 400, message: says })
  })
}

test('row 32: a policy has at most 6144 characters', () => {
  const longest = withStatement({}).padEnd(MAX_POLICY_CHARS)
  assert.equal(longest.length, 6144)
  assert.doesNotThrow(() => parsePolicyDocument(longest))
  assert.throws(() => parsePolicyDocument(`${longest} `), {
    code: 'InvalidParameter.PolicyDocument.Length',
    status: 400,
  })
  assert.throws(() => parsePolicyDocument(`${'['.repeat(3_000)}${']'.repeat(3_000)}`), {
    code: 'MalformedPolicyDocument',
  })
})

test('one name in two objects is no repetition, and neither is a text with a colon', () => {
  const document = withStatement({ Action: ['dbs:Get', 'dbs:Get'], Condition: {} })
  assert.equal(parsePolicyDocument(document).statements.length, 1)
})

const resultOf = (name: string, action: string) => {
  const document = parsePolicyDocument(SYSTEM_POLICIES.find((policy) => policy.name === name)?.document ?? '')
  const request = { action, resource: 'acs:dbs:default:1:backupgateway/7', open: false, conditions: {} }
  return evaluatePolicies([{ name, type: 'System', document }], request).result
}

test('the system policies allow what they say', () => {
  const table: readonly (readonly [policy: string, action: string, result: string])[] = [
    ['AdministratorAccess', 'ram:CreateUser', 'Allow'],
    ['AdministratorAccess', 'dbs:GetDBListFromAgent', 'Allow'],
    ['AliyunDBSFullAccess', 'dbs:CreateGetDBListFromAgentTask', 'Allow'],
    ['AliyunDBSFullAccess', 'postern:CreateGatewayEnrollment', 'Allow'],
    ['AliyunDBSFullAccess', 'ram:CreateUser', 'ImplicitDeny'],
    ['AliyunDBSReadOnlyAccess', 'dbs:GetDBListFromAgent', 'Allow'],
    ['AliyunDBSReadOnlyAccess', 'dbs:DescribeBackupGatewayList', 'Allow'],
    ['AliyunDBSReadOnlyAccess', 'postern:ListTasks', 'Allow'],
    ['AliyunDBSReadOnlyAccess', 'dbs:CreateGetDBListFromAgentTask', 'ImplicitDeny'],
    ['AliyunDBSReadOnlyAccess', 'postern:CreateGatewayEnrollment', 'ImplicitDeny'],
    ['AliyunDBSReadOnlyAccess', 'ram:ListUsers', 'ImplicitDeny'],
    ['AliyunSTSAssumeRoleAccess', 'sts:AssumeRole', 'Allow'],
    ['AliyunSTSAssumeRoleAccess', 'ram:CreateUser', 'ImplicitDeny'],
  ]
  for (const [name, action, wanted] of table) assert.equal(resultOf(name, action), wanted, `${name} ${action}`)
  assert.equal(SYSTEM_POLICIES.length, 4)
})
