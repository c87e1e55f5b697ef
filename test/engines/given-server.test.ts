import assert from 'node:assert/strict'
import { test } from 'node:test'
import { givenServer } from './given-server.ts'

test('the address of a given server: all its parts, decoded, and the port of its kind', () => {
  const environment = {
    POSTERN_TEST_MYSQL: 'mysql://o%2Fn:p%40ss%3A@db.test',
    POSTERN_TEST_ORACLE: 'oracle://system:pw@[::1]:1522/FREEPDB1',
    POSTERN_TEST_REDIS: '',
  }
  assert.deepEqual(givenServer('MySQL', environment), { host: 'db.test', port: 3306, user: 'o/n', password: 'p@ss:' })
  const oracle = { host: '::1', port: 1522, user: 'system', password: 'pw', database: 'FREEPDB1' }
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
