import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, asyncProperty, constantFrom, oneof, string } from 'fast-check'
import { DatabaseList } from '../../src/engines/database-list.ts'
import { PosternError } from '../../src/model/errors.ts'
import { compareCodePoints, MAX_DATABASES } from '../../src/model/listing.ts'
import { openSession, rejection } from './engine-session.ts'
import { authentication, message, READY, startScriptedPostgresql } from './scripted-postgresql.ts'

test('a server with more databases than one answer may have is read no further', { timeout: 60_000 }, async () => {
  const name = Buffer.from('shop')
  const row = message('D', Buffer.concat([Buffer.from([0, 1, 0, 0, 0, name.length]), name]))
  const columns = Buffer.concat([Buffer.from([0, 1]), Buffer.from('datname\0'), Buffer.alloc(18)])
  const rows = Buffer.concat(Array.from({ length: 10_000 }, () => row))
  const endless = Buffer.concat([message('T', columns), ...Array.from({ length: 101 }, () => rows)])
  const done = Buffer.concat([message('C', Buffer.from('SELECT 1\0')), READY])
  await using server = await startScriptedPostgresql({
    answers: [() => Buffer.concat([authentication(0), READY]), () => done, () => endless],
  })
  await using session = await openSession({ engine: 'PostgreSQL', port: server.port, queryMs: 40_000 })
  const error = await rejection(session.listDatabases())
  assert.equal(error.code, 'Result.TooLarge')
  assert.match(error.message, new RegExp(String(MAX_DATABASES)))
  assert.equal(
    (await rejection(session.listDatabases())).code,
    'Result.TooLarge',
    'the connection is of no use any more',
  )
})

const record = (name: string) => ({ name, kind: 'database', system: false }) as const

test('names of any length and order come out by code point with their lines, equal ones as they came', async () => {
  const names = array(oneof(string({ unit: 'binary', maxLength: 4 }), constantFrom('a"\\\n', 'x'.repeat(70_000))), {
    maxLength: 40,
  })
  await check(
    asyncProperty(names, async (given) => {
      const list = new DatabaseList()
      const records = given.map((name, place) => ({ ...record(name), sizeBytes: place }))
      for (const one of records) list.add(one)
      const sorted = await list.sorted()
      const expected = records.toSorted((a, b) => compareCodePoints(a.name, b.name))
      assert.deepEqual([...sorted], expected)
      assert.equal(sorted.length, expected.length)
      const text = Buffer.concat([...(sorted.lines?.() ?? [])]).toString('utf8')
      assert.equal(text, expected.map((one) => `${JSON.stringify(one)}\n`).join(''))
    }),
  )
})

test('the list says how many were too many, by count and by bytes', async () => {
  const few = new DatabaseList(2)
  few.add(record('b'))
  few.add(record('a'))
  assert.deepEqual(
    [...(await few.sorted())].map(({ name }) => name),
    ['a', 'b'],
  )
  assert.throws(() => few.add(record('c')), PosternError)
  const long = new DatabaseList()
  assert.throws(
    () => {
      for (let i = 0; i < 100_000; i++) long.add(record('x'.repeat(4096)))
    },
    (error: unknown) => error instanceof PosternError && /\d+ databases came to \d+ bytes/.test(error.message),
  )
})
