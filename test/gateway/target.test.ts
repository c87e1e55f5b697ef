import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfiguredEndpoint, GatewayConfiguration } from '../../src/gateway/configuration.ts'
import { hostText, parseConfiguredHost } from '../../src/gateway/configured-host.ts'
import { findTarget, type TargetRequest } from '../../src/gateway/target.ts'
import type { DatabaseType } from '../../src/model/database-type.ts'
import { PosternError } from '../../src/model/errors.ts'

function endpoint(engine: DatabaseType, hostAs: string, port: number): ConfiguredEndpoint {
  const host = parseConfiguredHost(hostAs)
  assert.ok(typeof host !== 'string')
  const name = `${engine}@${hostText(host)}:${port}`
  return { name, engine, host, port, user: 'u', password: async () => '', tls: { mode: 'verify' }, line: 1 }
}

const configuration: GatewayConfiguration = {
  file: '/etc/postern/gateway.yaml',
  limits: { total: 1, perEndpoint: 1, connectMs: 1, queryMs: 1 },
  warnings: [],
  endpoints: [
    endpoint('MySQL', 'crm.example.net', 3306),
    endpoint('MySQL', 'crm.example.net', 3307),
    endpoint('MySQL', '10.0.0.0/8', 3306),
    endpoint('MySQL', '10.1.0.0/16', 3306),
    endpoint('MySQL', '10.1.2.3', 3306),
    endpoint('MySQL', '2001:db8::/32', 3306),
    endpoint('MySQL', '::ffff:192.0.2.1', 3306),
    endpoint('MariaDB', 'db.example.net', 3306),
    endpoint('PostgreSQL', '172.16.0.0/12', 5432),
    endpoint('PostgreSQL', '172.16.0.0/12', 5433),
    endpoint('PostgreSQL', '2001:db8::5', 5432),
  ],
}

const FOUND: readonly [TargetRequest, name: string, host: string][] = [
  [{ engine: 'MariaDB' }, 'MariaDB@db.example.net:3306', 'db.example.net'],
  [{ engine: 'MariaDB', port: 3306 }, 'MariaDB@db.example.net:3306', 'db.example.net'],
  [{ engine: 'MySQL', port: 3307 }, 'MySQL@crm.example.net:3307', 'crm.example.net'],
  [{ engine: 'MySQL', host: 'CRM.Example.NET.', port: 3306 }, 'MySQL@crm.example.net:3306', 'crm.example.net'],
  [{ engine: 'MySQL', host: '10.1.2.3', port: 3306 }, 'MySQL@10.1.2.3:3306', '10.1.2.3'],
  [{ engine: 'MySQL', host: '::ffff:10.1.2.3', port: 3306 }, 'MySQL@10.1.2.3:3306', '10.1.2.3'],
  [{ engine: 'MySQL', host: '10.1.2.4', port: 3306 }, 'MySQL@10.1.0.0/16:3306', '10.1.2.4'],
  [{ engine: 'MySQL', host: '10.2.2.4' }, 'MySQL@10.0.0.0/8:3306', '10.2.2.4'],
  [{ engine: 'MySQL', host: '2001:DB8::0:7', port: 3306 }, 'MySQL@2001:db8::/32:3306', '2001:db8::7'],
  [{ engine: 'MySQL', host: '192.0.2.1' }, 'MySQL@192.0.2.1:3306', '192.0.2.1'],
  [{ engine: 'PostgreSQL', host: '[2001:0db8::0005]' }, 'PostgreSQL@2001:db8::5:5432', '2001:db8::5'],
  [{ engine: 'PostgreSQL', host: '172.31.255.255', port: 5433 }, 'PostgreSQL@172.16.0.0/12:5433', '172.31.255.255'],
]

for (const [request, name, host] of FOUND) {
  test(`row 11: ${JSON.stringify(request)} is ${name}`, () => {
    const target = findTarget(configuration, request)
    assert.equal(target.endpoint.name, name)
    assert.equal(target.host, host)
    assert.equal(target.port, target.endpoint.port)
  })
}

const REFUSED: readonly [TargetRequest, code: string, message: RegExp][] = [
  [{ engine: 'Redis' }, 'Endpoint.NotAllowed', /No Redis is configured.*\/etc\/postern\/gateway\.yaml/],
  [{ engine: 'MariaDB', port: 1 }, 'Endpoint.NotAllowed', /No MariaDB on port 1/],
  [{ engine: 'PostgreSQL' }, 'Endpoint.Ambiguous', /PostgreSQL@172\.16\.0\.0\/12:5432, .*SourceEndpointIP/],
  [{ engine: 'PostgreSQL', port: 5433 }, 'Endpoint.Ambiguous', /range of addresses/],
  [
    { engine: 'MySQL', host: 'crm.example.net' },
    'Endpoint.Ambiguous',
    /:3306, MySQL@crm\.example\.net:3307\. Send SourceEndpointPort/,
  ],
  [
    { engine: 'MySQL', host: '172.16.0.1', port: 3306 },
    'Endpoint.NotAllowed',
    /MySQL at 172\.16\.0\.1:3306 is not listed/,
  ],
  [{ engine: 'MySQL', host: '11.0.0.1' }, 'Endpoint.NotAllowed', /gateway\.yaml/],
  [
    { engine: 'MySQL', host: 'db.example.net', port: 3306 },
    'Endpoint.NotAllowed',
    /configured there is MariaDB; call with DatabaseType=MariaDB/,
  ],
  [{ engine: 'MySQL', host: '10.1.2.3', port: 3308 }, 'Endpoint.NotAllowed', /configured with port 3306, not 3308/],
  // A resolver would take these for 10.1.2.3; a name is in no range.
  [{ engine: 'MySQL', host: '10.1.515', port: 3306 }, 'Endpoint.NotAllowed', /not listed/],
  [{ engine: 'MySQL', host: '0x0a010203', port: 3306 }, 'Endpoint.NotAllowed', /not listed/],
  [{ engine: 'MySQL', host: '167838211', port: 3306 }, 'Endpoint.NotAllowed', /not listed/],
  [{ engine: 'MySQL', host: 'other.example.net', port: 3306 }, 'Endpoint.NotAllowed', /not listed/],
]

for (const [request, code, message] of REFUSED) {
  test(`row 30: ${JSON.stringify(request)} is ${code}`, () => {
    assert.throws(
      () => findTarget(configuration, request),
      (error) => error instanceof PosternError && error.code === code && message.test(error.message),
    )
  })
}

test('row 11: two ranges that fit equally well are ambiguous', () => {
  const twice = {
    ...configuration,
    endpoints: [endpoint('MySQL', '10.0.0.0/8', 1), endpoint('MySQL', '10.0.0.0/8', 2)],
  }
  assert.throws(() => findTarget(twice, { engine: 'MySQL', host: '10.0.0.1' }), { code: 'Endpoint.Ambiguous' })
})

test('all spellings of one server have one key', () => {
  const keys = ['10.1.2.3', '::ffff:a01:203'].map((host) => findTarget(configuration, { engine: 'MySQL', host }).key)
  assert.equal(keys[0], keys[1])
})
