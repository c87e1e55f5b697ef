import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { givenServer } from './given-server.ts'

test('the address of a given server: all its parts, decoded, and the port of its kind', () => {
  const environment = {
    POSTERN_TEST_MYSQL: 'mysql://o%2Fn:p%40ss%3A@db.test',
    POSTERN_TEST_ORACLE: 'oracle://system:pw@[::1]:1522/FREEPDB1',
    POSTERN_TEST_REDIS: '',
  }
  assert.deepEqual(givenServer('MySQL', environment), {
    host: 'db.test',
    port: 3306,
    user: 'o/n',
    password: 'p@ss:',
    tls: { mode: 'off' },
  })
  const oracle = { host: '::1', port: 1522, user: 'system', password: 'pw', database: 'FREEPDB1', tls: { mode: 'off' } }
  assert.deepEqual(givenServer('Oracle', environment), oracle)
  assert.equal(givenServer('Redis', environment), undefined)
  assert.equal(givenServer('MongoDB', environment), undefined)
})

test('an address that is none is refused by the name of its variable, without the password', () => {
  for (const text of ['db.test:3306', 'mysql://db.test', 'user:s3cret@db.test', 'mysql://user:s3cret@']) {
    assert.throws(
      () => givenServer('MySQL', { POSTERN_TEST_MYSQL: text }),
      (error: Error) => {
        assert.match(error.message, /^POSTERN_TEST_MYSQL is not SCHEME:/)
        return !error.message.includes('s3cret')
      },
    )
  }
})

const tlsFor = (query: string) =>
  givenServer('MySQL', { POSTERN_TEST_MYSQL: `mysql://user:s3cret@db.test${query}` })?.tls

test('TLS of a given server: verified with an authority and a name, and what is not understood', async () => {
  await using folder = await tempFolder()
  const ca = join(folder.path, 'a ca.pem')
  await writeFile(ca, 'PEM')
  assert.deepEqual(tlsFor('?tls=off'), { mode: 'off' })
  assert.deepEqual(tlsFor('/?tls=verify'), { mode: 'verify' })
  const all = { mode: 'verify', ca: 'PEM', serverName: 'other.test' }
  assert.deepEqual(tlsFor(`?tls=verify&server-name=other.test&ca=${encodeURIComponent(ca)}`), all)
  const wrong = {
    '?tls=on': /tls is off or verify/,
    '?ssl=true': /no parameter is called ssl/,
    '?ca=/x': /need tls=verify/,
  }
  for (const [query, why] of Object.entries(wrong)) assert.throws(() => tlsFor(query), why)
  assert.throws(() => tlsFor('?tls=verify&ca=/no/such/file'), /ENOENT/)
})
