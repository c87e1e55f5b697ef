import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Binary } from 'bson'
import { ScramLogin } from '../../src/engines/mongodb-scram.ts'
import { PosternError } from '../../src/model/errors.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { type MongodbKind, type MongodbOptions, startMongodb } from '../fixtures/mongodb.ts'
import type { Fields } from '../fixtures/mongodb-messages.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { type Login, openSession, PASSWORD, rejection, USER } from './engine-session.ts'

type Where = Partial<Login> & { readonly mechanisms?: string; readonly source?: string; readonly typed?: string }

/** Logs in to a stand-in with the usual user, who has no privilege. */
async function loginTo(options: MongodbOptions, { mechanisms, source = 'admin', typed, ...over }: Where = {}) {
  await using server = await startMongodb(options)
  const user = { user: over.user ?? USER, pwd: over.password ?? PASSWORD, roles: [] }
  const account = JSON.stringify({ ...user, ...(mechanisms === undefined ? {} : { mechanisms: [mechanisms] }) })
  server.script(`db.getSiblingDB(${JSON.stringify(source)}).createUser(${account})`)
  const login = { ...over, ...(typed === undefined ? {} : { password: typed }) }
  await using session = await openSession({ engine: 'MongoDB', port: server.port, connectMs: 2000, ...login })
  const listing = await session.listDatabases()
  return { info: await session.serverInfo(), listing, commands: server.commands }
}

/** Takes the wish to skip the empty exchange out of the command before the stand-in reads it. */
function forgetOptions(command: Fields): undefined {
  Reflect.deleteProperty(command, 'options')
}

const used = (commands: readonly Fields[]) => commands.find((command) => 'saslStart' in command)?.['mechanism']

test('the mechanism that the user has is used, SCRAM-SHA-256 where there is a choice', async () => {
  assert.equal(used((await loginTo({})).commands), 'SCRAM-SHA-256')
  assert.equal(used((await loginTo({}, { mechanisms: 'SCRAM-SHA-256' })).commands), 'SCRAM-SHA-256')
  assert.equal(used((await loginTo({}, { mechanisms: 'SCRAM-SHA-1' })).commands), 'SCRAM-SHA-1')
})

test('a login that is strict is not downgraded to SHA-1', async () => {
  const authority = makeAuthority()
  const tls = { mode: 'verify', ca: authority.certificate } as const
  const options = { tls: authority.issue(['127.0.0.1']) }
  assert.equal(used((await loginTo(options, { tls, strictLogin: true })).commands), 'SCRAM-SHA-256')
  const error = await rejection(loginTo(options, { tls, strictLogin: true, mechanisms: 'SCRAM-SHA-1' }))
  assert.equal(error.code, 'Database.AuthenticationUnsupported')
})

test('a user is looked for in the database that the endpoint names', async () => {
  await loginTo({}, { source: 'crm.eu', database: 'crm.eu' })
  const error = await rejection(loginTo({}, { source: 'crm.eu' }))
  assert.equal(error.code, 'Database.AuthenticationFailed')
})

test('names with commas, signs and other letters, and what a password may have', async () => {
  await loginTo({}, { user: 'a=b,c=2Cü中' })
  for (const mechanisms of ['SCRAM-SHA-1', 'SCRAM-SHA-256']) await loginTo({}, { password: 'pässwort', mechanisms })
  // Set as one and typed as the other: the same password.
  await loginTo({}, { password: 'I\u00adX\u00a0\u2168', typed: 'IX IX' })
  await loginTo({}, { password: 'IX IX', typed: 'I\u00adX\u00a0\u2168' })
  const error = await rejection(loginTo({}, { typed: 'p\u0007ssw\u00f6rt' }))
  assert.equal(error.code, 'Database.AuthenticationUnsupported')
  assert.match(error.message, /SASLprep/)
  assert.doesNotMatch(error.message, /sswör/)
})

test('a server that knows hello by its older name, and one that wants the empty exchange', async () => {
  const old = await loginTo({ old: true })
  assert.deepEqual(
    old.commands.slice(0, 2).map((command) => Object.keys(command)[0]),
    ['hello', 'isMaster'],
  )
  const { commands } = await loginTo({ override: forgetOptions })
  assert.equal(commands.filter((command) => 'saslContinue' in command).length, 2)
})

const KINDS: readonly (readonly [MongodbKind, code: string | undefined, role: string])[] = [
  ['standalone', undefined, 'primary'],
  ['primary', undefined, 'primary'],
  ['secondary', undefined, 'replica'],
  ['mongos', undefined, 'primary'],
  ['arbiter', 'Database.NotListable', ''],
  ['recovering', 'Database.Starting', ''],
  ['ghost', 'Database.Starting', ''],
]
for (const [kind, code, role] of KINDS) {
  test(`a ${kind} is ${code ?? 'listed'}`, async () => {
    if (code === undefined) return assert.equal((await loginTo({ kind })).info.role, role)
    const error = await rejection(loginTo({ kind }))
    assert.equal(error.code, code)
    if (kind === 'arbiter') assert.match(error.message, /db1\.invalid:27017.*endpoint/)
  })
}

test('row 31: members that a MongoDB names are not dialled', async () => {
  await using other = await startSilentServer()
  const member = `127.0.0.1:${other.port}`
  const hello = {
    setName: 'rs0',
    secondary: true,
    isWritablePrimary: false,
    primary: member,
    hosts: [member],
    me: member,
  }
  await using server = await startMongodb({
    kind: 'secondary',
    override: (command) =>
      'hello' in command ? { ...hello, maxWireVersion: 21, saslSupportedMechs: ['SCRAM-SHA-256'], ok: 1 } : undefined,
  })
  server.script(`db.getSiblingDB("admin").createUser({ user: "${USER}", pwd: "${PASSWORD}", roles: [] })`)
  await using session = await openSession({ engine: 'MongoDB', port: server.port, host: 'db.invalid' })
  assert.equal((await session.serverInfo()).role, 'replica')
  await session.listDatabases()
  assert.equal(other.accepted, 0)
})

const sasl = (text: string, done = false) => ({
  conversationId: 1,
  done,
  payload: new Binary(Buffer.from(text)),
  ok: 1,
})
const first = (change: (nonce: string) => string) => (command: Fields) =>
  'saslStart' in command ? sasl(change(/r=(.*)$/.exec(textOf(command))?.[1] ?? '')) : undefined
const textOf = ({ payload }: Fields) => (payload instanceof Binary ? Buffer.from(payload.buffer).toString() : '')
const SALT = 's=c2FsdHNhbHRzYWx0'

const LIARS: readonly (readonly [what: string, code: string, override: (command: Fields) => Fields | undefined])[] = [
  ['a nonce of its own', 'Database.AuthenticationFailed', first(() => `r=stranger,${SALT},i=15000`)],
  ['our nonce alone', 'Database.AuthenticationFailed', first((nonce) => `r=${nonce},${SALT},i=15000`)],
  ['too few iterations', 'Database.AuthenticationFailed', first((nonce) => `r=${nonce}x,${SALT},i=1`)],
  ['too many iterations', 'Database.AuthenticationFailed', first((nonce) => `r=${nonce}x,${SALT},i=999999999`)],
  [
    'an extension that must be known',
    'Database.AuthenticationFailed',
    first((nonce) => `m=x,r=${nonce}x,${SALT},i=15000`),
  ],
  ['endless words', 'Database.AuthenticationFailed', first((nonce) => `r=${nonce}${'x'.repeat(5000)},${SALT},i=15000`)],
  [
    'a wrong signature',
    'Database.AuthenticationFailed',
    (command) => ('saslContinue' in command ? sasl('v=AAAA', true) : undefined),
  ],
  [
    'an end without a signature',
    'Database.AuthenticationFailed',
    (command) => ('saslContinue' in command ? sasl('', true) : undefined),
  ],
  ['no SASL', 'Endpoint.WrongProtocol', (command) => ('saslStart' in command ? { ok: 1 } : undefined)],
  ['hello of another product', 'Endpoint.WrongProtocol', (command) => ('hello' in command ? { ok: 1 } : undefined)],
  [
    'a version before 3.6',
    'Endpoint.WrongProtocol',
    (command) => ('hello' in command ? { ok: 1, ismaster: true, maxWireVersion: 5 } : undefined),
  ],
  [
    'a version to come',
    'Endpoint.WrongProtocol',
    (command) => ('hello' in command ? { ok: 1, ismaster: true, minWireVersion: 99, maxWireVersion: 99 } : undefined),
  ],
  [
    'X.509 only',
    'Database.AuthenticationUnsupported',
    (command) =>
      'hello' in command
        ? { ok: 1, ismaster: true, maxWireVersion: 21, saslSupportedMechs: ['MONGODB-X509'] }
        : undefined,
  ],
  [
    'that it shuts down',
    'Database.Starting',
    (command) => ('saslStart' in command ? { ok: 0, code: 91, errmsg: 'shutting down' } : undefined),
  ],
]
for (const [what, code, override] of LIARS) {
  test(`a login answered with ${what} is ${code}`, async () => {
    const error = await rejection(loginTo({ override }))
    assert.equal(error.code, code, error.message)
  })
}

test('where SHA-1 is switched off, a user that is not there is still refused as one', async () => {
  const error = await rejection(loginTo({ mechanisms: ['SCRAM-SHA-256'] }, { source: 'elsewhere' }))
  assert.equal(error.code, 'Database.AuthenticationFailed')
})

const repeatPassword = (command: Fields) =>
  'saslContinue' in command ? { ok: 0, code: 18, errmsg: `not ${PASSWORD} ${'x'.repeat(5000)}` } : undefined

test('a server that repeats the password does not get it into the error', async () => {
  const error = await rejection(loginTo({ override: repeatPassword }))
  assert.match(error.message, /not \*\*\*/)
  assert.ok(error.message.length < 1000)
})

test('a server that requires TLS says so by closing', async () => {
  const authority = makeAuthority()
  const error = await rejection(loginTo({ tls: authority.issue(['127.0.0.1']), requireTls: true }))
  assert.equal(error.code, 'Endpoint.TlsRequired')
})

test('the proof is the one of RFC 7677, and only its server is believed', async () => {
  const login = new ScramLogin('SCRAM-SHA-256', 'user', 'rOprNGfwEbeRWgbNEkqO')
  assert.equal(login.clientFirst(), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  const answer = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'
  assert.equal(
    await login.clientFinal(answer, 'pencil'),
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  )
  login.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  for (const wrong of ['v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl85G4=', 'v=', 'e=other-error', ''])
    assert.throws(() => login.verify(wrong), PosternError)
})
