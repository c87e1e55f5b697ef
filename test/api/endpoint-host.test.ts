import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normaliseHost } from '../../src/api/endpoint-host.ts'

const label = 'a'.repeat(63)

const FINE: readonly (readonly [string, string])[] = [
  ['db', 'db'],
  [' DB-1.Example.com. ', 'db-1.example.com'],
  ['my_db.internal', 'my_db.internal'],
  ['1a.2b', '1a.2b'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['0.0.0.0', '0.0.0.0'],
  ['192.168.1.20', '192.168.1.20'],
  ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['::FFFF:10.0.0.1', '10.0.0.1'],
  ['::ffff:0a00:0001', '10.0.0.1'],
  ['::', '::'],
  [`${label}.${label}.${label}.${'a'.repeat(61)}`, `${label}.${label}.${label}.${'a'.repeat(61)}`],
]
for (const [text, host] of FINE) {
  test(`row 11: ${JSON.stringify(text.slice(0, 40))} is one address`, () => {
    assert.deepEqual(normaliseHost(text), { host })
    assert.deepEqual(normaliseHost(host), { host }, 'stays what it is')
  })
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /host name/],
  ['   ', /host name/],
  ['.', /host name/],
  ['http://db', /URL/],
  ['mysql://u:p@db:3306/x', /URL/],
  ['db/x', /URL/],
  ['db:3306', /port belongs/],
  ['10.0.0.1:3306', /port belongs/],
  ['[::1]:3306', /port belongs/],
  ['[db]', /port belongs/],
  ['fe80::1%eth0', /zone/],
  ['a..b', /host name/],
  ['-a.b', /host name/],
  ['a-.b', /host name/],
  ['a b', /host name/],
  ['a\0b', /host name/],
  ['user@db', /host name/],
  ['bücher.example', /host name/],
  ['１２７.0.0.1', /host name/],
  [`${label}a`, /host name/],
  [`${label}.${label}.${label}.${'a'.repeat(62)}`, /253/],
  // Old spellings of IPv4 addresses, 127.0.0.1 among them.
  ['127.1', /IPv4/],
  ['2130706433', /IPv4/],
  ['0x7f000001', /IPv4/],
  ['0x7f.1', /IPv4/],
  ['010.0.0.1', /IPv4/],
  ['256.1.1.1', /IPv4/],
  ['1.2.3.4.5', /IPv4/],
]
for (const [text, reason] of REFUSED) {
  test(`row 11: ${JSON.stringify(text.slice(0, 40))} is refused`, () => {
    const check = normaliseHost(text)
    assert.match('reason' in check ? check.reason : `accepted as ${check.host}`, reason)
  })
}
