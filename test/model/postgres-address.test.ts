import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ConfigurationError } from '../../src/base/configuration-error.ts'
import { postgresLogin } from '../../src/base/postgres-login.ts'
import { hostAndPort, isLoopbackHost } from '../../src/model/host.ts'
import { readPostgresAddress, withLoginOf } from '../../src/model/postgres-address.ts'

const read = (url: string) => readPostgresAddress(url, '--store')

test('the URL of a database: login, hosts, and TLS wherever one of them is off loopback', () => {
  assert.deepEqual(read('postgres://u:p%40s%2Fs@127.0.0.1/db'), {
    source: '--store',
    hosts: [{ host: '127.0.0.1', port: 5432 }],
    user: 'u',
    password: 'p@s/s',
    database: 'db',
    tls: undefined,
  })
  assert.deepEqual(read('postgresql://u@a.example:1,[2001:db8::1]:65535,c/d?target_session_attrs=read-write').hosts, [
    { host: 'a.example', port: 1 },
    { host: '2001:db8::1', port: 65_535 },
    { host: 'c', port: 5432 },
  ])
  assert.deepEqual(read('postgresql://u:p@db.example:6432/x').tls, {}, 'verified off loopback')
  assert.deepEqual(read('postgres://u:p@127.0.0.1,db.example/x').tls, {}, 'one of them is enough')
  assert.equal(read('postgres://u:p@localhost,[::1]/x').tls, undefined)
  assert.equal(read('postgres://u:p@db.example/x?sslmode=disable').tls, undefined)
  assert.deepEqual(read('postgres://u:p@localhost/x?sslmode=verify-full').tls, {})
  assert.deepEqual(read('postgres://u:p@localhost/x?sslrootcert=/ca.pem').tls, { caFile: '/ca.pem' })
  assert.equal(read('postgres://u:hid:den@x@h/d').password, 'hid:den@x', 'the last @ ends the login')
})

test('what is refused is told with its option and without a password', () => {
  const refused: readonly [url: string, why: RegExp][] = [
    ['mysql://u:hidden@h/x', /postgres:\/\/USER/],
    ['not a url', /postgres:\/\/USER/],
    ['postgres://u:hid#hidden@h/x', /%23/],
    ['postgres://a@u:hidden/hidden@h/x', /%2F/],
    ['postgres://a@u:hidden/hidden@h', /host 1 is not/],
    ['postgres://u:hidden@h', /database/],
    ['postgres://u:hidden@/x', /host/],
    ['postgres://h/x', /user/],
    ['postgres://u:hidden@h,/x', /host 2 is not/],
    ['postgres://u:hidden@h:0/x', /host 1 is not/],
    ['postgres://u:hidden@h:65536/x', /host 1 is not/],
    ['postgres://u:hidden@[1.2.3.4]/x', /host 1 is not/],
    ['postgres://u:hidden@::1/x', /host 1 is not/],
    ['postgres://u:hidden@a b/x', /host 1 is not/],
    [`postgres://u:hidden@${Array(9).fill('h').join(',')}/x`, /more than 8 hosts/],
    ['postgres://u:hidden@h/x?sslmode=prefer', /verify-full or disable/],
    ['postgres://u:hidden@h/x?options=-c', /"options"/],
    ['postgres://u:hidden@h/x?sslmode=disable&sslmode=disable', /"sslmode" is there twice/],
    ['postgres://u:hidden@h/x?target_session_attrs=any', /can only be read-write/],
    ['postgres://u:hidden%zz@h/x', /percent/],
    ['postgres://u:hidden@h/x?sslmode=disable&sslrootcert=/x', /needs `sslmode/],
  ]
  for (const [url, why] of refused) {
    assert.throws(
      () => read(url),
      (error: Error) => {
        assert.ok(error instanceof ConfigurationError)
        assert.match(error.message, why)
        assert.match(error.message, /^--store: /)
        return !`${error.message} ${String(error.cause)}`.includes('hidden')
      },
      url,
    )
  }
})

test('each host is verified by its own name, and a file of an authority that is not there is told', () => {
  const address = read('postgres://u:p@a.example,10.0.0.1/x')
  const [named, numbered] = address.hosts.map((host) => postgresLogin(address, host).ssl)
  assert.deepEqual(named, { host: 'a.example', servername: 'a.example', rejectUnauthorized: true })
  assert.deepEqual(numbered, { host: '10.0.0.1', rejectUnauthorized: true })
  const missing = readPostgresAddress('postgres://u:p@h/x?sslrootcert=/nowhere/ca.pem', '--bus')
  assert.throws(
    () => postgresLogin(missing, { host: 'h', port: 1 }),
    /^ConfigurationError: --bus: .*\/nowhere\/ca\.pem/,
  )
})

test('the login of another URL is only taken where it is the same user', () => {
  assert.equal(withLoginOf('postgres://h:1,i/d?x', 'postgres://u:p%40@j/e'), 'postgres://u:p%40@h:1,i/d?x')
  assert.equal(withLoginOf('postgres://u@h/d', 'postgres://u:p@j/e'), 'postgres://u:p@h/d')
  assert.equal(withLoginOf('postgres://v@h/d', 'postgres://u:p@j/e'), 'postgres://v@h/d')
  assert.equal(withLoginOf('postgres://u:q@h/d', 'postgres://u:p@j/e'), 'postgres://u:q@h/d')
  assert.equal(withLoginOf('postgres://h/d', 'postgres://u@j/e'), 'postgres://u@h/d')
  assert.equal(withLoginOf('nonsense', 'postgres://u:p@j/e'), 'nonsense')
})

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((each) => each.isWellFormed())
const host = fc.record(
  {
    host: fc.oneof(
      fc.domain({ size: 'small' }),
      fc.ipV4(),
      fc.ipV6().filter((each) => !each.includes('.')),
      fc.constant('localhost'),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
  },
  { noNullPrototype: true },
)

test('property: what is written as a URL is read back, whatever the login is and however many hosts there are', () => {
  const parts = fc.record({
    user: text,
    password: text,
    database: text,
    hosts: fc.array(host, { minLength: 1, maxLength: 8 }),
  })
  fc.assert(
    fc.property(parts, ({ user, password, database, hosts }) => {
      const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
      const authority = hosts.map((each) => hostAndPort(each.host, each.port)).join(',')
      const url = `postgres://${login}@${authority}/${encodeURIComponent(database)}`
      const address = read(url)
      assert.deepEqual(
        { user: address.user, password: address.password, database: address.database, hosts: address.hosts },
        { user, password, database, hosts },
      )
      assert.equal(
        address.tls === undefined,
        hosts.every((each) => isLoopbackHost(each.host)),
      )
      const without = url.replace(`${login}@`, '')
      assert.deepEqual(read(withLoginOf(without, url)), address)
    }),
  )
})

test('property: what is no such URL is refused with a message that has nothing of it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (rest) => {
      try {
        read(`postgres://user:topsecret@${rest}`)
      } catch (error) {
        assert.ok(error instanceof ConfigurationError)
        assert.ok(!error.message.includes('topsecret'))
      }
    }),
  )
})
