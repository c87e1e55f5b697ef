import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serialize } from 'bson'
import * as fc from 'fast-check'
import { FIRST_ID } from '../../src/engines/mongodb-connection.ts'
import { mongodbGrants } from '../../src/engines/mongodb-grants.ts'
import { MongodbReplyReader } from '../../src/engines/mongodb-message.ts'
import { databasesOf } from '../../src/engines/mongodb-names.ts'
import { PosternError } from '../../src/model/errors.ts'
import { answer, type Fields, listBody } from '../fixtures/mongodb-messages.ts'
import { type MongodbOptions, type MongodbServer, startMongodb } from '../fixtures/mongodb.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { openSession, PASSWORD, rejection, USER } from './engine-session.ts'

async function list(options: MongodbOptions, prepare: (server: MongodbServer) => void = () => {}) {
  await using server = await startMongodb(options)
  server.script(`db.getSiblingDB("admin").createUser({ user: "${USER}", pwd: "${PASSWORD}", roles: ["own"] })`)
  server.script(
    'db.getSiblingDB("admin").createRole({ role: "own", privileges: [{ resource: { db: "shop", collection: "" }, actions: ["find"] }] })',
  )
  server.createDatabase('crm')
  server.createDatabase('shop')
  prepare(server)
  await using session = await openSession({ engine: 'MongoDB', port: server.port, queryMs: 3000 })
  const { databases, visibility, warnings } = await session.listDatabases()
  const asked = server.commands.filter((command) => 'listDatabases' in command)
  return { names: [...databases].map(({ name }) => name), databases, visibility, warnings, asked }
}

const grant = (server: MongodbServer) => {
  for (const { statement } of mongodbGrants(USER)) server.script(statement)
}

test('row 17: admin, config and local are the own ones of MongoDB', async () => {
  const { databases } = await list({}, grant)
  const system = [...databases].filter((record) => record.system).map(({ name }) => name)
  assert.deepEqual(system, ['admin', 'config', 'local'])
})

test('a user without the privilege gets a partial list, and the lines that mend it do', async () => {
  const fewer = await list({})
  assert.equal(fewer.visibility, 'partial')
  assert.deepEqual(fewer.names, ['shop'])
  assert.equal(fewer.warnings[0]?.code, 'MongoDB.ListDatabasesMissing')
  const all = await list({}, (server) => server.script(fewer.warnings[0]?.grant ?? ''))
  assert.equal(all.visibility, 'complete')
  assert.deepEqual(all.names, ['admin', 'config', 'crm', 'local', 'shop'])
  assert.deepEqual(all.warnings, [])
})

test('only names are asked for', async () => {
  for (const { asked } of [await list({}), await list({}, grant), await list({ atlas: true })])
    assert.ok(asked.every(({ nameOnly }) => nameOnly === true))
})

const withoutStatus = (command: Fields) =>
  'connectionStatus' in command ? { ok: 0, code: 59, errmsg: 'no such command' } : undefined

test('where the option is refused, the privileges tell whether the list is complete', async () => {
  const unknown = await list({ atlas: true })
  assert.deepEqual([unknown.visibility, unknown.names], ['unknown', ['shop']])
  assert.equal(unknown.warnings[0]?.code, 'MongoDB.CompletenessNotKnown')
  const complete = await list({ atlas: true }, grant)
  assert.deepEqual([complete.visibility, complete.warnings], ['complete', []])
  assert.equal(complete.names.length, 5)
  assert.equal((await list({ atlas: true, override: withoutStatus }, grant)).visibility, 'unknown')
})

const refusing = (code: number) => (command: Fields) =>
  'listDatabases' in command ? { ok: 0, code, errmsg: `refused with ${code}` } : undefined

test('refusals of the list', async () => {
  const denied = await rejection(list({ override: refusing(13) }))
  assert.equal(denied.code, 'Database.PrivilegeMissing')
  assert.match(denied.message, /createRole\(.*grantRolesToUser\("gw_lister"/)
  for (const [code, expected] of [
    [11_600, 'Database.Starting'],
    [13_436, 'Database.Starting'],
    [50, 'Task.ExecutionTimedOut'],
    [1, 'Database.NotListable'],
  ] as const)
    assert.equal((await rejection(list({ override: refusing(code) }))).code, expected)
})

test('names that are not UTF-8 keep their bytes', async () => {
  const bytes = Buffer.from([0x61, 0xff, 0xfe])
  const { databases } = await list({}, (server) => {
    grant(server)
    server.createDatabase(bytes)
  })
  const odd = [...databases].find(({ nameBase64 }) => nameBase64 !== undefined)
  assert.deepEqual([odd?.name, odd?.nameBase64], ['a\ufffd\ufffd', bytes.toString('base64')])
})

test('100,000 databases in one answer', async () => {
  const names = Array.from({ length: 100_000 }, (_, index) => Buffer.from(`tenant_${index}`))
  const override = (command: Fields) => ('listDatabases' in command ? listBody(names) : undefined)
  assert.equal((await list({ override })).names.length, names.length)
})

const BODIES: readonly (readonly [what: string, body: Fields | Buffer])[] = [
  ['no list', { ok: 1 }],
  ['a list that is a text', { ok: 1, databases: 'all' }],
  ['databases that are numbers', { ok: 1, databases: [1, 2] }],
  ['a database without a name', { ok: 1, databases: [{ called: 'x' }] }],
  ['a name that is a number', { ok: 1, databases: [{ name: 1 }] }],
  ['a document whose length lies', Buffer.from([6, 0, 0, 0, 0])],
  ['an element without an end', Buffer.from([9, 0, 0, 0, 2, 0x61, 0x61, 0x61, 0])],
]
for (const [what, body] of BODIES) {
  test(`a list answered with ${what}`, async () => {
    const error = await rejection(list({ override: (command) => ('listDatabases' in command ? body : undefined) }))
    assert.equal(error.code, 'Endpoint.WrongProtocol', error.message)
  })
}

test('headers that lie are seen through at once', async () => {
  const good = answer({ id: FIRST_ID, legacy: false }, Buffer.from(serialize({ ok: 1 })))
  const changed = (at: number, value: number) => {
    const bytes = Buffer.from(good)
    bytes.writeInt32LE(value, at)
    return bytes
  }
  const messages = [
    changed(0, 0x7fffffff),
    changed(0, -1),
    changed(0, 17),
    changed(8, 1),
    changed(12, 2012),
    changed(16, 2),
  ]
  for (const message of [...messages, Buffer.concat([good, good])]) {
    await using liar = await startSilentServer((socket) => socket.write(message))
    const error = await rejection(openSession({ engine: 'MongoDB', port: liar.port, connectMs: 2000 }))
    assert.equal(error.code, 'Endpoint.WrongProtocol', message.toString('hex'))
  }
})

test('any bytes in any pieces are an answer, not yet one, or another protocol', async () => {
  const good = answer({ id: 7, legacy: false }, listBody([Buffer.from('a'), Buffer.from('b')]))
  const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(changes, fc.integer({ min: 1, max: 40 }), async (edits, size) => {
      const bytes = Buffer.from(good)
      for (const [at, value] of edits) bytes[at] = value
      const reader = new MongodbReplyReader(7, 1000)
      try {
        for (let at = 0; at < bytes.length; at += size) {
          const reply = reader.feed(bytes.subarray(at, at + size))
          if (reply !== undefined) await databasesOf(reply)
        }
      } catch (error) {
        assert.ok(error instanceof PosternError && error.code === 'Endpoint.WrongProtocol', String(error))
      }
    }),
    { numRuns: 2000 },
  )
})
