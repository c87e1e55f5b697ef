import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assert as holds, asyncProperty, string } from 'fast-check'
import { saslPassword } from '../../src/engines/sasl-password.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { openSession, PASSWORD, rejection } from './engine-session.ts'

/** RFC 4013, section 3, and a few of its tables. */
const EXAMPLES: readonly (readonly [given: string, prepared: string | undefined, why: string])[] = [
  ['I\u00adX', 'IX', 'SOFT HYPHEN mapped to nothing'],
  ['user', 'user', 'no transformation'],
  ['USER', 'USER', 'case preserved'],
  ['\u00aa', 'a', 'output is NFKC'],
  ['\u2168', 'IX', 'output is NFKC'],
  ['\u0007', undefined, 'prohibited character'],
  ['\u0627\u0031', undefined, 'bidirectional check'],
  ['\u0627\u0031\u0628', '\u0627\u0031\u0628', 'bidirectional, with a letter at each end'],
  ['a\u00a0b\u3000c', 'a b c', 'spaces that are not ASCII'],
  ['e\u0301', '\u00e9', 'composed'],
  ['x\ue000', undefined, 'private use'],
  ['\u{1f600}', undefined, 'not assigned in Unicode 3.2'],
  ['\ud800', undefined, 'half a character'],
  ['\u00ad', undefined, 'nothing is left'],
  ['', '', 'empty'],
]
for (const [given, prepared, why] of EXAMPLES) {
  test(`SASLprep of ${JSON.stringify(given)}: ${why}`, async () => {
    assert.equal(await saslPassword(given), prepared)
  })
}

test('what is prepared is the same when it is prepared again, and printable ASCII is left alone', async () => {
  await holds(
    asyncProperty(string({ unit: 'binary' }), async (text) => {
      const once = await saslPassword(text)
      if (once !== undefined) assert.equal(await saslPassword(once), once)
      if (/^[ -~]*$/.test(text)) assert.equal(once, text)
    }),
  )
})

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'

describe('passwords that are not ASCII on a real PostgreSQL', { skip, timeout: 60_000 }, () => {
  test('row 31: SCRAM prepares them as the server does, and falls back as it does; other logins send them as they are', async () => {
    await using server = await startPostgresql({
      hba: ['host all md5_user 127.0.0.1/32 md5', 'host all scram_user 127.0.0.1/32 scram-sha-256'],
    })
    const at = (user: string, password: string) =>
      openSession({ engine: 'PostgreSQL', port: server.port, user, password })
    const set = (user: string, password: string) => server.query(`ALTER ROLE ${user} PASSWORD '${password}'`)
    for (const user of ['scram_user', 'md5_user']) await server.query(`CREATE ROLE ${user} LOGIN`)
    const prepared = 'IX p\u00e4ss'
    const raw = 'I\u00adX\u00a0pa\u0308ss'
    for (const [stored, typed] of [
      [raw, prepared],
      [prepared, raw],
      // Forbidden by SASLprep, so it is taken as it is by both sides.
      ['\u{1f600}\u00ad', '\u{1f600}\u00ad'],
      ['bell\u0007', 'bell\u0007'],
    ] as const) {
      await set('scram_user', stored)
      await (await at('scram_user', typed))[Symbol.asyncDispose]()
    }
    await server.query(`SET password_encryption = md5; ALTER ROLE md5_user PASSWORD '${raw}'`)
    await (await at('md5_user', raw))[Symbol.asyncDispose]()
    assert.equal((await rejection(at('md5_user', prepared))).code, 'Database.AuthenticationFailed')
  })

  test('an ASCII password and one of the wrong letters', async () => {
    await using server = await startPostgresql()
    await server.query(`CREATE ROLE plain LOGIN PASSWORD '${PASSWORD}'`)
    const as = (password: string) => openSession({ engine: 'PostgreSQL', port: server.port, user: 'plain', password })
    await (await as(PASSWORD))[Symbol.asyncDispose]()
    assert.equal((await rejection(as('p\u00e4ss'))).code, 'Database.AuthenticationFailed')
  })
})
