import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { callerAddress } from '../../src/model/caller-address.ts'
import { trustedProxies } from '../../src/model/trusted-proxies.ts'

function requestFrom(peer: string | undefined, forwarded: string | undefined): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: peer })
  const request = new IncomingMessage(socket)
  if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded
  return request
}

const CASES: readonly [proxies: string[], peer: string | undefined, forwarded: string | undefined, caller: string][] = [
  [[], '10.0.0.1', '203.0.113.9', '10.0.0.1'],
  [['10.0.0.0/8'], '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  [['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
  [['10.0.0.0/8'], '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  [['10.0.0.0/8'], '::ffff:10.0.0.1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
  [['10.0.0.0/8', '198.51.100.4'], '10.0.0.1', '6.6.6.6, 203.0.113.9, 198.51.100.4', '203.0.113.9'],
  [['10.0.0.0/8'], '10.0.0.1', '10.0.0.2,10.0.0.3', '10.0.0.2'],
  [['10.0.0.0/8'], '10.0.0.1', '203.0.113.9, <script>', '10.0.0.1'],
  [['2001:db8::/32'], '2001:db8::1', '2001:db9::7', '2001:db9::7'],
  [['fe80::/10'], 'fe80::1%eth0', '203.0.113.9', '203.0.113.9'],
  [['10.0.0.0/8'], undefined, '203.0.113.9', ''],
]

for (const [proxies, peer, forwarded, caller] of CASES) {
  test(`row 35: a gateway at ${peer} with ${forwarded}, behind ${proxies.join(' and ')}, is at ${caller}`, () => {
    assert.equal(callerAddress(trustedProxies(proxies))(requestFrom(peer, forwarded)), caller)
  })
}
