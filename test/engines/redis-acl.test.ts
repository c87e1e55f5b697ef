import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { redisEngine } from '../../src/engines/redis.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { findRedis, type RedisServer, startRedis } from '../fixtures/redis.ts'
import { type Login, openSession, PASSWORD, rejection, USER } from './engine-session.ts'

const skip = !findRedis() && 'Redis is not on this machine (Debian: redis-server)'

describe('users of a Redis', { skip }, () => {
  const authority = makeAuthority()
  let server: RedisServer
  before(async () => {
    server = await startRedis({ tls: authority.issue(['127.0.0.1']) })
    await server.command('-n', '3', 'SET', 'key', 'value')
  })
  after(() => server[Symbol.asyncDispose]())

  const list = async (login: Partial<Login> = {}) => {
    await using session = await openSession({ engine: 'Redis', port: server.port, ...login })
    const info = await session.serverInfo()
    const { databases, visibility, warnings } = await session.listDatabases()
    return { info, visibility, warnings, names: [...databases].map(({ name }) => name) }
  }
  const setUser = (...rules: readonly string[]) =>
    server.command('ACL', 'SETUSER', USER, 'reset', 'on', `>${PASSWORD}`, ...rules)

  test('the default user with a password alone', async () => {
    const { info, names } = await list({ user: 'default', password: server.rootPassword })
    assert.deepEqual(names, ['db3'])
    assert.equal(info.role, 'primary')
    const error = await rejection(list({ user: 'default', password: '' }))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.match(error.message, /NOAUTH/)
  })

  test('a server without a password, and a password for it', async () => {
    await using open = await startRedis({ withoutPassword: true })
    assert.deepEqual((await list({ port: open.port, user: 'default', password: '' })).names, [])
    const error = await rejection(list({ port: open.port, user: 'default' }))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.match(error.message, /without any password configured/)
  })

  test('INFO denied: no list, and the statement that mends it does', async () => {
    await setUser('-@all')
    const error = await rejection(list())
    assert.equal(error.code, 'Database.PrivilegeMissing')
    assert.match(error.message, /NOPERM/)
    const statement = /run: (ACL SETUSER \S+ \+info)\./.exec(error.message)?.[1] ?? ''
    await server.script(statement)
    assert.deepEqual((await list()).names, ['db3'])
  })

  test('PING denied is a warning with the statement; the mark is no condition', async () => {
    await setUser('-@all', '+info')
    const { names, visibility, warnings } = await list()
    assert.deepEqual([names, visibility], [['db3'], 'complete'])
    assert.deepEqual(
      warnings.map(({ code, grant }) => ({ code, grant })),
      [{ code: 'Redis.PingNotAllowed', grant: `ACL SETUSER ${USER} +ping` }],
    )
    await server.script(warnings[0]?.grant ?? '')
    assert.deepEqual((await list()).warnings, [])
  })

  test('the grants are enough, and let nothing be read', async () => {
    await setUser()
    for (const { statement } of redisEngine.grants(USER)) await server.script(statement)
    const { visibility, warnings } = await list()
    assert.deepEqual([visibility, warnings], ['complete', []])
    for (const words of ['GET key', 'CONFIG GET requirepass', 'SELECT 3', 'KEYS *', 'ACL LIST', 'CLIENT LIST']) {
      const said = await server.command('ACL', 'DRYRUN', USER, ...words.split(' '))
      assert.match(said, /no permissions/, words)
    }
  })

  test('the statement holds for a user with an odd name', async () => {
    const user = 'o\'"\\d中#'
    await server.command('ACL', 'SETUSER', user, 'on', `>${PASSWORD}`)
    for (const { statement } of redisEngine.grants(user)) await server.script(statement)
    assert.deepEqual((await list({ user })).names, ['db3'])
  })

  test('a user that is switched off', async () => {
    await setUser('off')
    assert.equal((await rejection(list())).code, 'Database.AuthenticationFailed')
  })

  test('a port that has TLS only says so to a plain connection', async () => {
    const error = await rejection(list({ port: server.tlsPort }))
    assert.equal(error.code, 'Endpoint.TlsRequired', error.message)
  })

  test('more clients than the server takes', async () => {
    await using full = await startRedis({ args: ['--maxclients', '1'], withoutPassword: true })
    const login = { port: full.port, user: 'default', password: '' }
    await using first = await openSession({ engine: 'Redis', ...login })
    assert.equal((await rejection(list(login))).code, 'Database.TooManyConnections')
    assert.deepEqual([...(await first.listDatabases()).databases], [])
  })
})
