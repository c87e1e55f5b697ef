import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, listenAddressOf } from '../../src/cli/listen-address.ts'
import { isLoopbackHost } from '../../src/model/host.ts'

test('an address has a host and a port', () => {
  const parse = listenAddressOf
  assert.deepEqual(parse('127.0.0.1:7070'), { host: '127.0.0.1', port: 7070 })
  assert.deepEqual(parse('[::1]:0'), { host: '::1', port: 0 })
  assert.deepEqual(parse('localhost:80'), { host: 'localhost', port: 80 })
  assert.equal(formatAddress(parse('[::1]:7070') ?? assert.fail()), '[::1]:7070')
  for (const text of ['7070', ':7070', '127.0.0.1', '::1:7070', '127.0.0.1:70000', '127.0.0.1:x', '']) {
    assert.equal(parse(text), undefined, text)
  }
})

test('loopback is what no other machine can reach', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) assert.ok(isLoopbackHost(host), host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '192.0.2.1', 'db.example.net', 'localhost.example.net']) {
    assert.ok(!isLoopbackHost(host), host)
  }
})
