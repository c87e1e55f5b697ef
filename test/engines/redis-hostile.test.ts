import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { openSession, PASSWORD, rejection } from './engine-session.ts'
import { bulk, startScriptedRedis } from './scripted-redis.ts'

const MEGABYTE = 1024 * 1024

async function listFrom(script: Parameters<typeof startScriptedRedis>[0]) {
  await using server = await startScriptedRedis(script)
  await using session = await openSession({ engine: 'Redis', port: server.port, connectMs: 2000, queryMs: 2000 })
  return { server: await session.serverInfo(), listing: await session.listDatabases() }
}

const LOGIN_REFUSALS = [
  ['PING', '-DENIED Redis is running in protected mode', 'Database.AuthenticationFailed', /protected mode/],
  ['PING', '-ERR max number of clients reached', 'Database.TooManyConnections', /max number/],
  ['PING', '+OK POP3 server ready', 'Endpoint.WrongProtocol', /POP3/],
  ['PING', '-SOMETHING else', 'Endpoint.WrongProtocol', /SOMETHING/],
  ['AUTH', '-WRONGPASS invalid username-password pair', 'Database.AuthenticationFailed', /WRONGPASS.*gw_lister/],
  ['AUTH', '-ERR AUTH <password> called without any password', 'Database.AuthenticationFailed', /without any password/],
  ['AUTH', '-NOPERM this user has no permissions', 'Database.AuthenticationFailed', /NOPERM/],
  ['AUTH', '+SURE', 'Endpoint.WrongProtocol', /SURE/],
] as const

for (const [command, answer, code, words] of LOGIN_REFUSALS) {
  test(`${command} answered with ${answer}`, async () => {
    const error = await rejection(listFrom({ [command]: `${answer}\r\n` }))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, words)
  })
}

test('a server that loads its data is starting, whether it says so before or after the login', async () => {
  const loading = '-LOADING Redis is loading the dataset in memory\r\n'
  for (const PING of [loading, ['-NOAUTH Authentication required.\r\n', loading]]) {
    const error = await rejection(listFrom({ PING }))
    assert.equal(error.code, 'Database.Starting')
  }
})

test('what does not answer as a Redis never sees the password', async () => {
  await using server = await startScriptedRedis({ PING: '+OK ready\r\n' })
  await rejection(openSession({ engine: 'Redis', port: server.port }))
  assert.match(server.received(), /PING/)
  assert.doesNotMatch(server.received(), new RegExp(PASSWORD))
})

test('a server that repeats the password does not get it into the error', async () => {
  const error = await rejection(listFrom({ AUTH: `-WRONGPASS not ${PASSWORD} ${'x'.repeat(2000)}\r\n` }))
  assert.match(error.message, /not \*\*\*/)
  assert.ok(error.message.length < 1000)
})

const KEYSPACE_ANSWERS = [
  ['a length beyond every bound', '$99999999999\r\n'],
  ['a length that is no number', '$1e3\r\n'],
  ['a negative length', '$-2\r\n'],
  ['a text that does not end where it should', '$3\r\nabcde\r\n'],
  ['a kind of answer that was not asked for', '*1\r\n:1\r\n'],
  ['a push', '>1\r\n+x\r\n'],
  ['two answers', `${bulk('# Keyspace\r\n')}+OK\r\n`],
  ['no keyspace at all, as a Sentinel', bulk('')],
  ['nothing', '$-1\r\n'],
] as const

for (const [what, answer] of KEYSPACE_ANSWERS) {
  test(`the list is answered with ${what}`, async () => {
    const error = await rejection(listFrom({ 'INFO KEYSPACE': answer }))
    assert.equal(error.code, 'Endpoint.WrongProtocol', error.message)
  })
}

test('a line without an end is not read for ever, and a long text is read within its bound', async () => {
  for (const start of ['+', '-ERR ', '$8000000000\r\n', '$8388609\r\n']) {
    let sent = 0
    await using flood = await startSilentServer((socket) => {
      const more = () => {
        while (!socket.destroyed && sent < 256 * MEGABYTE) {
          sent += 65_536
          if (!socket.write(Buffer.alloc(65_536, 'a'))) break
        }
      }
      socket.on('drain', more)
      socket.write(start)
      more()
    })
    const error = await rejection(openSession({ engine: 'Redis', port: flood.port }))
    assert.equal(error.code, 'Endpoint.WrongProtocol')
    assert.ok(sent < 32 * MEGABYTE, `${sent} bytes`)
  }
})

test('lines of the keyspace that are no databases are left out; numbers are sorted as numbers', async () => {
  const lines = [
    '# Keyspace',
    'db10:keys=1',
    'db9:keys=4,expires=1',
    'db2:keys=0,expires=0',
    'dbx:keys=1',
    'db1e3:keys=1',
  ]
  const { listing } = await listFrom({ 'INFO KEYSPACE': bulk(lines.join('\r\n')) })
  assert.deepEqual(
    [...listing.databases].map(({ name }) => name),
    ['db9', 'db10'],
  )
})

test('Valkey is told by its own name and version, a replica as one', async () => {
  const { server } = await listFrom({
    'INFO SERVER': bulk('# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.0.1\r\n'),
    'INFO REPLICATION': bulk('# Replication\r\nrole:slave\r\n'),
  })
  assert.deepEqual(server, { product: 'Valkey', version: '9.0.1', role: 'replica' })
})

const VALKEY_9 = {
  'INFO SERVER': bulk('# Server\r\nredis_version:7.2.4\r\nvalkey_version:9.0.1\r\n'),
  'INFO CLUSTER': bulk('# Cluster\r\ncluster_enabled:1\r\n'),
  'INFO KEYSPACE': bulk('# Keyspace\r\ndb0:keys=1\r\ndb4:keys=1\r\n'),
}
const slots = (assigned: number, masters: number) =>
  bulk(`cluster_state:ok\r\ncluster_slots_assigned:${assigned}\r\ncluster_size:${masters}\r\n`)

test('a Valkey 9 cluster shows the databases that it has', async () => {
  const { listing } = await listFrom({ ...VALKEY_9, 'CLUSTER INFO': slots(16_384, 1) })
  assert.deepEqual(
    [...listing.databases].map(({ name }) => name),
    ['db0', 'db4'],
  )
  assert.equal(listing.visibility, 'complete')
})

test('one node of several of a Valkey 9 cluster says that the others may hold more', async () => {
  for (const info of [slots(16_384, 3), slots(8_000, 1)]) {
    const { listing } = await listFrom({ ...VALKEY_9, 'CLUSTER INFO': info })
    assert.equal(listing.visibility, 'partial')
    assert.equal(listing.warnings[0]?.code, 'Redis.OneNodeOfCluster')
  }
})

test('where a Valkey 9 cluster may not be asked, that is a warning with the statement', async () => {
  const { listing } = await listFrom({
    ...VALKEY_9,
    'CLUSTER INFO': "-NOPERM no permissions to run the 'cluster|info' command\r\n",
  })
  assert.equal(listing.visibility, 'unknown')
  assert.match(listing.warnings[0]?.grant ?? '', /^ACL SETUSER \S+ \+cluster\|info$/)
})

test('a port with TLS only answers a plain connection with an alert', async () => {
  const error = await rejection(listFrom({ PING: '\x15\x03\x03\x00\x02\x02\x46' }))
  assert.equal(error.code, 'Endpoint.TlsRequired')
})
