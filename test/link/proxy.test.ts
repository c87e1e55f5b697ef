import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proxyFor } from '../../src/link/proxy.ts'

const via = (url: string, variables: Record<string, string>) => proxyFor(new URL(url), variables)?.name

const proxyOf = (text: string) => proxyFor(new URL('https://example.net'), { HTTPS_PROXY: text })

const NO_PROXY: readonly [noProxy: string, url: string, direct: boolean][] = [
  ['', 'https://postern.example.net', false],
  ['*', 'https://postern.example.net', true],
  ['postern.example.net', 'https://postern.example.net', true],
  ['POSTERN.example.net.', 'https://postern.example.net', true],
  ['postern.example.net', 'https://a.postern.example.net', false],
  ['example.net', 'https://postern.example.net', false],
  ['.example.net', 'https://postern.example.net', true],
  ['*.example.net', 'https://postern.example.net', true],
  ['.example.net', 'https://example.net', false],
  ['.example.net', 'https://badexample.net', false],
  ['a, postern.example.net  b', 'https://postern.example.net', true],
  ['postern.example.net:443', 'https://postern.example.net', true],
  ['postern.example.net:7443', 'https://postern.example.net', false],
  ['.example.net:7443', 'https://postern.example.net:7443', true],
  ['10.0.0.5', 'https://10.0.0.5', true],
  ['10.0.0.5:7443', 'https://10.0.0.5', false],
  ['10.0.0.0/8', 'https://10.20.30.40', true],
  ['10.0.0.0/8', 'https://11.20.30.40', false],
  ['10.0.0.0/33', 'https://10.20.30.40', false],
  ['10.0.0.0/8', 'https://10.example.net', false],
  ['0.0.0.0/0', 'https://[2001:db8::5]', false],
  ['2001:db8::5', 'https://[2001:DB8:0::5]', true],
  ['[2001:db8::5]', 'https://[2001:db8::5]', true],
  ['[2001:db8::5]:443', 'https://[2001:db8::5]', true],
  ['[2001:db8::5]:444', 'https://[2001:db8::5]', false],
  ['2001:db8::/32', 'https://[2001:db8::5]', true],
  ['2001:db8::/32', 'https://[2001:db9::5]', false],
]

for (const [noProxy, url, direct] of NO_PROXY) {
  test(`NO_PROXY=${noProxy}: ${url} is dialled ${direct ? 'directly' : 'through the proxy'}`, () => {
    const name = via(url, { HTTPS_PROXY: 'http://proxy.example.net:3128', NO_PROXY: noProxy })
    assert.equal(name, direct ? undefined : 'proxy.example.net:3128')
  })
}

test('each scheme has its variable, lower case wins, and an empty one is none', () => {
  const both = { HTTPS_PROXY: 'http://s:1', HTTP_PROXY: 'http://p:2' }
  assert.equal(via('https://example.net', both), 's:1')
  assert.equal(via('http://example.net', both), 'p:2')
  assert.equal(via('https://example.net', { ...both, https_proxy: 'http://lower:3' }), 'lower:3')
  assert.equal(via('https://example.net', { ...both, https_proxy: '' }), undefined)
  assert.equal(via('https://example.net', { ...both, no_proxy: '*', NO_PROXY: '' }), undefined)
  assert.equal(via('https://example.net', { HTTP_PROXY: 'http://p:2' }), undefined)
})

test('loopback is never proxied: http is allowed there because nobody else can read it', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]']) {
    assert.equal(via(`http://${host}:7070`, { HTTP_PROXY: 'http://p:2' }), undefined, host)
    assert.equal(via(`https://${host}:7070`, { HTTPS_PROXY: 'http://p:2' }), undefined, host)
  }
})

test('the address of a proxy', () => {
  assert.deepEqual(proxyOf('10.0.0.1:3128'), { secure: false, host: '10.0.0.1', port: 3128, name: '10.0.0.1:3128' })
  assert.deepEqual(proxyOf('http://p.example.net'), {
    secure: false,
    host: 'p.example.net',
    port: 80,
    name: 'p.example.net:80',
  })
  assert.deepEqual(proxyOf('https://[2001:db8::1]'), {
    secure: true,
    host: '2001:db8::1',
    port: 443,
    name: '[2001:db8::1]:443',
  })
  const authorization = `Basic ${Buffer.from('us:er:p@ss').toString('base64')}`
  assert.equal(proxyOf('http://us%3Aer:p%40ss@p:1')?.authorization, authorization)
  for (const text of ['socks5://u:secret@p:1', 'http://u:secret@:1', 'http://u:secret@p:x', 'http://u:secret%zz@p:1']) {
    assert.throws(
      () => proxyOf(text),
      (error) =>
        error instanceof Error && error.message.startsWith('HTTPS_PROXY ') && !error.message.includes('secret'),
      text,
    )
  }
})
