import type { Conditions } from '../../src/access/condition-keys.ts'

type Result = 'Allow' | 'ExplicitDeny' | 'ImplicitDeny'
type When = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
export interface StatementText {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: When
}

/** One question to read by eye: these statements, this request, that answer. */
export interface PolicyCase {
  readonly title: string
  readonly statements: readonly StatementText[]
  /** Of a temporary key: what its policy says besides. */
  readonly session?: readonly StatementText[]
  readonly action: string
  readonly resource: string
  readonly conditions: Conditions
  readonly result: Result
}

const ACCOUNT = '100000000000001'
const CREATE = 'dbs:CreateGetDBListFromAgentTask'
const GET = 'dbs:GetDBListFromAgent'
export const GATEWAY = `acs:dbs:default:${ACCOUNT}:backupgateway/528104736915240`
const ALL: When = {}
const everything = '*'

const allow = (
  action: string | readonly string[],
  on: string | readonly string[] = '*',
  when = ALL,
): StatementText => ({
  Effect: 'Allow',
  Action: action,
  Resource: on,
  ...(when !== ALL && { Condition: when }),
})
const deny = (action: string | readonly string[], on: string | readonly string[] = '*', when = ALL): StatementText => ({
  ...allow(action, on, when),
  Effect: 'Deny',
})
const when = (operator: string, key: string, value: string | readonly string[]): When => ({
  [operator]: { [key]: value },
})
const only = (condition: When) => [allow(everything, '*', condition)]
const except = (condition: When) => [allow(everything), deny(everything, '*', condition)]

/** What is known of the call unless a case says otherwise. */
const KNOWN: Conditions = {
  'acs:SourceIp': '203.0.113.9',
  'acs:CurrentTime': '2026-06-15T12:00:00.000Z',
  'acs:SecureTransport': 'true',
  'postern:BackupGatewayId': '528104736915240',
  'postern:DatabaseType': 'MySQL',
  'postern:SourceEndpoint': '10.0.0.12:3306',
}
const without = (...keys: readonly (keyof Conditions)[]): Conditions =>
  Object.fromEntries(Object.entries(KNOWN).filter(([key]) => !keys.some((each) => each === key)))

interface More {
  readonly action?: string
  readonly resource?: string
  readonly known?: Conditions
  readonly session?: readonly StatementText[]
}
const the = (title: string, statements: readonly StatementText[], rest: readonly [Result, More?]): PolicyCase => ({
  title,
  statements,
  action: rest[1]?.action ?? GET,
  resource: rest[1]?.resource ?? GATEWAY,
  conditions: rest[1]?.known ?? KNOWN,
  ...(rest[1]?.session && { session: rest[1].session }),
  result: rest[0],
})
const from = (ip: string): More => ({ known: { ...KNOWN, 'acs:SourceIp': ip } })
const at = (time: string): More => ({ known: { ...KNOWN, 'acs:CurrentTime': time } })
const to = (endpoint: string): More => ({ known: { ...KNOWN, 'postern:SourceEndpoint': endpoint } })
const engine = (name: string): More => ({ known: { ...KNOWN, 'postern:DatabaseType': name } })

const SOURCE = 'acs:SourceIp'
const TIME = 'acs:CurrentTime'
const TYPE = 'postern:DatabaseType'
const ID = 'postern:BackupGatewayId'
const ENDPOINT = 'postern:SourceEndpoint'

export const POLICY_CASES: readonly PolicyCase[] = [
  // The order of effects.
  the('nothing is said', [], ['ImplicitDeny']),
  the('everything is allowed', [allow('*')], ['Allow']),
  the('everything is denied', [deny('*')], ['ExplicitDeny']),
  the('a deny after an allow', [allow('*'), deny(GET)], ['ExplicitDeny']),
  the('a deny before an allow', [deny(GET), allow('*')], ['ExplicitDeny']),
  the('a deny of something else', [deny(CREATE), allow('*')], ['Allow']),

  // Actions.
  the('the very action', [allow(GET)], ['Allow']),
  the('another action', [allow(CREATE)], ['ImplicitDeny']),
  the('one of a list', [allow([CREATE, GET])], ['Allow']),
  the('all of the service', [allow('dbs:*')], ['Allow']),
  the('all of another service', [allow('oss:*')], ['ImplicitDeny']),
  the('a beginning', [allow('dbs:Get*')], ['Allow']),
  the('another beginning', [allow('dbs:Describe*')], ['ImplicitDeny']),
  the('a middle', [allow('dbs:*DBList*')], ['Allow']),
  the('one character each', [allow('dbs:Get??ListFromAgent')], ['Allow']),
  the('one character too few', [allow('dbs:Get?ListFromAgent')], ['ImplicitDeny']),
  the('a part of the name only', [allow('dbs:GetDBList')], ['ImplicitDeny']),
  the('another case allows', [allow('DBS:getdblistfromagent')], ['Allow']),
  the('another case denies', [allow('*'), deny('Dbs:GETDBLISTFROMAGENT')], ['ExplicitDeny']),
  the('all but another action', [{ Effect: 'Allow', NotAction: CREATE, Resource: '*' }], ['Allow']),
  the('all but this action', [{ Effect: 'Allow', NotAction: ['dbs:Get*'], Resource: '*' }], ['ImplicitDeny']),
  the('deny all but this', [allow('*'), { Effect: 'Deny', NotAction: GET, Resource: '*' }], ['Allow']),
  the('deny all but another', [allow('*'), { Effect: 'Deny', NotAction: CREATE, Resource: '*' }], ['ExplicitDeny']),

  // Resources.
  the('the very gateway', [allow(GET, GATEWAY)], ['Allow']),
  the('another gateway', [allow(GET, GATEWAY.replace('528', '529'))], ['ImplicitDeny']),
  the('all gateways', [allow(GET, 'acs:dbs:*:*:backupgateway/*')], ['Allow']),
  the('all of the service, as resources', [allow(GET, 'acs:dbs:*:*:*')], ['Allow']),
  the('all of another service, as resources', [allow(GET, 'acs:oss:*:*:*')], ['ImplicitDeny']),
  the('its region', [allow(GET, 'acs:dbs:default:*:backupgateway/*')], ['Allow']),
  the('another region', [allow(GET, 'acs:dbs:lyon:*:backupgateway/*')], ['ImplicitDeny']),
  the('its account', [allow(GET, `acs:dbs:*:${ACCOUNT}:*`)], ['Allow']),
  the('another account', [allow(GET, 'acs:dbs:*:100000000000002:*')], ['ImplicitDeny']),
  the('resources count by case', [allow(GET, 'acs:dbs:*:*:BackupGateway/*')], ['ImplicitDeny']),
  the('one of a list of resources', [allow(GET, ['acs:oss:*:*:x', GATEWAY])], ['Allow']),
  the('deny of one gateway', [allow('*'), deny('*', GATEWAY)], ['ExplicitDeny']),
  the('deny of another gateway', [allow('*'), deny('*', `${GATEWAY}1`)], ['Allow']),

  // Where the call comes from.
  the('its address', only(when('IpAddress', SOURCE, '203.0.113.9')), ['Allow']),
  the('another address', only(when('IpAddress', SOURCE, '203.0.113.10')), ['ImplicitDeny']),
  the('its network', only(when('IpAddress', SOURCE, '203.0.113.0/24')), ['Allow']),
  the('one of two networks', only(when('IpAddress', SOURCE, ['10.0.0.0/8', '203.0.113.0/24'])), ['Allow']),
  the('another network', only(when('IpAddress', SOURCE, '10.0.0.0/8')), ['ImplicitDeny']),
  the('a network of IPv6', only(when('IpAddress', SOURCE, '2001:DB8::/32')), ['Allow', from('2001:db8::7')]),
  the('IPv4 is not in IPv6', only(when('IpAddress', SOURCE, '::/0')), ['ImplicitDeny']),
  the('IPv6 is not in IPv4', only(when('IpAddress', SOURCE, '0.0.0.0/0')), ['ImplicitDeny', from('2001:db8::7')]),
  the('a mapped address', only(when('IpAddress', SOURCE, '::ffff:203.0.113.9')), ['Allow']),
  the('a mapped network', only(when('IpAddress', SOURCE, '::ffff:203.0.113.0/120')), ['Allow']),
  the('deny outside, called from inside', except(when('NotIpAddress', SOURCE, '203.0.113.0/24')), ['Allow']),
  the('deny outside', except(when('NotIpAddress', SOURCE, ['10.0.0.0/8', '192.0.2.1'])), ['ExplicitDeny']),
  the('deny outside two networks', except(when('NotIpAddress', SOURCE, ['10.0.0.0/8', '203.0.113.9'])), ['Allow']),

  // When, and how.
  the('before the end', only(when('DateLessThan', TIME, '2026-06-15T12:00:01Z')), ['Allow']),
  the('at the end', only(when('DateLessThan', TIME, '2026-06-15T12:00:00Z')), ['ImplicitDeny']),
  the('at the end, included', only(when('DateLessThanEquals', TIME, '2026-06-15T12:00:00Z')), ['Allow']),
  the('after the beginning', only(when('DateGreaterThan', TIME, '2026-06-15T11:59:59Z')), ['Allow']),
  the('in the very second', only(when('DateEquals', TIME, '2026-06-15T12:00:00Z')), [
    'Allow',
    at('2026-06-15T12:00:00.999Z'),
  ]),
  the('in another second', only(when('DateNotEquals', TIME, '2026-06-15T12:00:00Z')), ['ImplicitDeny']),
  the('in another zone', only(when('DateGreaterThanEquals', TIME, '2026-06-15T20:00:00+08:00')), ['Allow']),
  the('over TLS', only(when('Bool', 'acs:SecureTransport', 'true')), ['Allow']),
  the('not over TLS', except(when('Bool', 'acs:SecureTransport', 'False')), ['Allow']),

  // What is listed.
  the('its engine', only(when('StringEquals', TYPE, 'MySQL')), ['Allow']),
  the('its engine in another case', only(when('StringEquals', TYPE, 'mysql')), ['Allow']),
  the('another engine', only(when('StringEquals', TYPE, ['Redis', 'Oracle'])), ['ImplicitDeny']),
  the('a deny of the engine in another case', except(when('StringEquals', TYPE, 'mySql')), ['ExplicitDeny']),
  the('a deny of all other engines', except(when('StringNotEquals', TYPE, 'mysql')), ['Allow']),
  the('a deny of all but two engines', except(when('StringNotEquals', TYPE, ['redis', 'oracle'])), ['ExplicitDeny']),
  the('engines ending with SQL', only(when('StringLike', TYPE, '*sql')), ['Allow', engine('PostgreSQL')]),
  the('engines not ending with SQL', only(when('StringNotLike', TYPE, '*sql')), ['ImplicitDeny']),
  the('the engine whatever its case', only(when('StringEqualsIgnoreCase', TYPE, 'MYSQL')), ['Allow']),
  the('no engine of that name', only(when('StringNotEqualsIgnoreCase', TYPE, 'MYSQL')), ['ImplicitDeny']),
  the('its gateway', only(when('StringEquals', ID, '528104736915240')), ['Allow']),
  the('its gateway as a number', only(when('NumericEquals', ID, '528104736915240')), ['Allow']),
  the('not its gateway', only(when('NumericNotEquals', ID, '528104736915240')), ['ImplicitDeny']),
  the('gateways below', only(when('NumericLessThan', ID, '528104736915240')), ['ImplicitDeny']),
  the('gateways up to', only(when('NumericLessThanEquals', ID, '528104736915240')), ['Allow']),
  the('gateways above', only(when('NumericGreaterThan', ID, '528104736915239')), ['Allow']),
  the('gateways from', only(when('NumericGreaterThanEquals', ID, '528104736915241')), ['ImplicitDeny']),
  the('its endpoint', only(when('StringEquals', ENDPOINT, '10.0.0.12:3306')), ['Allow']),
  the('another port', only(when('StringEquals', ENDPOINT, '10.0.0.12:3307')), ['ImplicitDeny']),
  the('any port', only(when('StringLike', ENDPOINT, '10.0.0.12:*')), ['Allow']),
  the('addresses that begin so', only(when('StringLike', ENDPOINT, '10.0.*')), ['Allow']),
  the('a deny of a host in another spelling', except(when('StringEquals', ENDPOINT, 'DB1.Example.:3306')), [
    'ExplicitDeny',
    to('db1.example:3306'),
  ]),
  the('a deny of a host pattern in another case', except(when('StringLike', ENDPOINT, 'DB*.Example:3306')), [
    'ExplicitDeny',
    to('db1.example:3306'),
  ]),
  the('a deny of IPv6 in another spelling', except(when('StringEquals', ENDPOINT, '[2001:DB8:0::7]:3306')), [
    'ExplicitDeny',
    to('[2001:db8::7]:3306'),
  ]),
  the('a deny of IPv6 on any port', except(when('StringLike', ENDPOINT, '[2001:DB8:0::7]:*')), [
    'ExplicitDeny',
    to('[2001:db8::7]:3306'),
  ]),
  the('a deny of a mapped address', except(when('StringEquals', ENDPOINT, '[::ffff:10.0.0.12]:3306')), [
    'ExplicitDeny',
  ]),

  // Several conditions.
  the(
    'both operators hold',
    only({ ...when('IpAddress', SOURCE, '203.0.113.9'), ...when('StringEquals', TYPE, 'MySQL') }),
    ['Allow'],
  ),
  the(
    'one operator fails',
    only({ ...when('IpAddress', SOURCE, '10.0.0.1'), ...when('StringEquals', TYPE, 'MySQL') }),
    ['ImplicitDeny'],
  ),
  the('both keys hold', only({ StringEquals: { [TYPE]: 'MySQL', [ID]: '528104736915240' } }), ['Allow']),
  the('one key fails', only({ StringEquals: { [TYPE]: 'MySQL', [ID]: '1' } }), ['ImplicitDeny']),
  the('no condition in it', only({ StringEquals: { [TYPE]: 'MySQL' } }), ['Allow']),

  // What the server cannot know.
  the('an allow by an unknown key', only(when('StringLike', ENDPOINT, '10.*')), [
    'ImplicitDeny',
    { known: without(ENDPOINT) },
  ]),
  the('an allow by not being an unknown value', only(when('StringNotLike', ENDPOINT, '10.*')), [
    'ImplicitDeny',
    { known: without(ENDPOINT) },
  ]),
  the('a deny by an unknown key', except(when('StringLike', ENDPOINT, '10.*')), [
    'ExplicitDeny',
    { known: without(ENDPOINT) },
  ]),
  the('a deny by not being an unknown value', except(when('StringNotLike', ENDPOINT, '10.*')), [
    'ExplicitDeny',
    { known: without(ENDPOINT) },
  ]),
  the('a deny by an unknown address', except(when('IpAddress', SOURCE, '10.0.0.0/8')), [
    'ExplicitDeny',
    { known: without(SOURCE) },
  ]),
  the(
    'a deny by an unknown key whose other condition fails',
    except({ ...when('StringEquals', TYPE, 'Redis'), ...when('StringLike', ENDPOINT, '10.*') }),
    ['Allow', { known: without(ENDPOINT) }],
  ),
  the(
    'an unknown key beside a good allow',
    [allow(GET), ...only(when('StringLike', ENDPOINT, '10.*'))],
    ['Allow', { known: without(ENDPOINT) }],
  ),

  // A temporary key: the caller's policies and that of the session.
  the('both allow', [allow('dbs:*')], ['Allow', { session: [allow(GET)] }]),
  the('the caller alone allows', [allow('*')], ['ImplicitDeny', { session: [allow(CREATE)] }]),
  the('the session alone allows', [allow(CREATE)], ['ImplicitDeny', { session: [allow('*')] }]),
  the('the caller has nothing, the session everything', [], ['ImplicitDeny', { session: [allow('*')] }]),
  the('the session denies', [allow('*')], ['ExplicitDeny', { session: [allow('*'), deny(GET)] }]),
  the('the caller is denied', [allow('*'), deny(GET)], ['ExplicitDeny', { session: [allow('*')] }]),
  the(
    'a deny of the caller outweighs that the session lacks it',
    [deny(GET)],
    ['ExplicitDeny', { session: [allow(CREATE)] }],
  ),
  the(
    'a deny of the session outweighs that the caller lacks it',
    [allow(CREATE)],
    ['ExplicitDeny', { session: [deny(GET)] }],
  ),
  the(
    'each allows another gateway',
    [allow('*', GATEWAY)],
    ['ImplicitDeny', { session: [allow('*', GATEWAY.replace('528', '529'))] }],
  ),
  the('both conditions hold', only(when('IpAddress', SOURCE, '203.0.113.0/24')), [
    'Allow',
    { session: only(when('StringEquals', TYPE, 'mysql')) },
  ]),
  the('the condition of the session fails', only(when('IpAddress', SOURCE, '203.0.113.0/24')), [
    'ImplicitDeny',
    { session: only(when('StringEquals', TYPE, 'Redis')) },
  ]),
  the(
    'the session depends on what is not known',
    [allow('*')],
    ['ImplicitDeny', { session: only(when('StringLike', ENDPOINT, '10.*')), known: without(ENDPOINT) }],
  ),
  the(
    'a deny of the session depends on what is not known',
    [allow('*')],
    ['ExplicitDeny', { session: except(when('StringLike', ENDPOINT, '10.*')), known: without(ENDPOINT) }],
  ),
]
