import assert from 'node:assert/strict'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { ConfigurationError } from '../../src/base/configuration-error.ts'
import { silentLog } from '../../src/base/log.ts'
import { ENGINES } from '../../src/engines/list.ts'
import { loadConfiguration } from '../../src/gateway/configuration.ts'
import { checkEndpoints } from '../../src/gateway/doctor.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { scratchFolder } from './scratch-folder.ts'

const AUTHORITY = makeAuthority()
const issue = (commonName: string, expired = false) => AUTHORITY.issue(['gateway.test'], { commonName, expired })
const X509 = 'tls: { caFile: ca.pem, clientCertFile: own.pem, clientKeyFile: own-key.pem }, authMechanism: MONGODB-X509'

async function folderWith(context: TestContext, own = issue('postern')) {
  const folder = await scratchFolder(context)
  const put = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    await chmod(join(folder, name), 0o600)
  }
  const show = async ({ certificate, key }: typeof own) => {
    await put('own.pem', certificate)
    await put('own-key.pem', key)
  }
  await show(own)
  await put('ca.pem', AUTHORITY.certificate)
  const load = async (entry: string) => {
    await put('gateway.yaml', `endpoints:\n  - { host: 127.0.0.1, ${entry} }\n`)
    return loadConfiguration(join(folder, 'gateway.yaml'))
  }
  return { folder, put, show, load }
}

const tls = (files: string) => `engine: Redis, user: u, tls: { ${files} }`
const mongodb = (over: string) => `engine: MongoDB, user: CN=postern, ${over}`

test('what is wrong with a client certificate is told with its line, before anything is dialled', async (t) => {
  const { load, put } = await folderWith(t)
  await put('other-key.pem', issue('other').key)
  await put('locked.pem', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n')

  const cases: readonly (readonly [entry: string, says: RegExp])[] = [
    [tls('clientCertFile: own.pem'), /^`clientCertFile` needs `clientKeyFile`$/],
    [tls('clientKeyFile: own-key.pem'), /^`clientKeyFile` needs `clientCertFile`$/],
    [
      tls('clientCertFile: gone.pem, clientKeyFile: own-key.pem'),
      /^`clientCertFile` cannot be read: .*gone.pem \(ENOENT\)$/,
    ],
    [
      tls('clientCertFile: own.pem, clientKeyFile: gone.pem'),
      /^`clientKeyFile` cannot be read: .*gone.pem \(ENOENT\)$/,
    ],
    [tls('clientCertFile: own-key.pem, clientKeyFile: own-key.pem'), /^`clientCertFile` is not a PEM certificate: /],
    [tls('clientCertFile: own.pem, clientKeyFile: own.pem'), /^`clientKeyFile` is not a PEM private key: /],
    [
      tls('clientCertFile: own.pem, clientKeyFile: other-key.pem'),
      /^`clientKeyFile` is not the key of `clientCertFile`: /,
    ],
    [tls('clientCertFile: own.pem, clientKeyFile: locked.pem'), /^`clientKeyFile` has a passphrase/],
    [
      `engine: Redis, user: u, authMechanism: SCRAM-SHA-1`,
      /^`authMechanism` is for MongoDB only, and `engine` is Redis/,
    ],
    [mongodb('authMechanism: MONGODB-X509'), /^`MONGODB-X509` needs `tls` with `clientCertFile`/],
    [mongodb(`password: x, ${X509}`), /^`password` has no use with `authMechanism: MONGODB-X509`/],
    [mongodb(`database: x, ${X509}`), /^`database` has no use with/],
  ]
  for (const [entry, says] of cases) {
    await assert.rejects(load(entry), (error) => {
      assert.ok(error instanceof ConfigurationError)
      const [problem, ...more] = error.problems
      assert.deepEqual(more, [], error.message)
      assert.match(problem?.message ?? '', says)
      assert.equal(problem?.line, 2)
      return true
    })
  }
  await assert.rejects(
    load(tls('mode: off, clientCertFile: own.pem, clientKeyFile: own-key.pem')),
    /has no use with `mode: off`/,
  )
})

test('a key that others can read and a certificate that has expired are warned of; the gateway starts', async (t) => {
  const { folder, load } = await folderWith(t, issue('postern', true))
  await chmod(join(folder, 'own-key.pem'), 0o644)
  const { warnings } = await load(mongodb(X509))
  assert.equal(warnings.length, 2)
  assert.match(warnings[0] ?? '', /own-key\.pem holds a private key and others can read it; run: chmod 600 /)
  assert.match(warnings[1] ?? '', /own\.pem, a client certificate, expired at \d{4}-.*; put a new one there/)
})

test('certificate and key may stand in one file, and are read again at each use', async (t) => {
  await using server = await startMongodb({
    tls: AUTHORITY.issue(['127.0.0.1']),
    clientAuthority: AUTHORITY.certificate,
  })
  server.script('db.getSiblingDB("$external").createUser({ user: "CN=postern", roles: [] })')
  const { folder, load, put, show } = await folderWith(t, issue('somebody'))
  const configuration = await load(`port: ${server.port}, ${mongodb(X509)}`)
  const check = async (from = configuration) => {
    const parts = { engines: ENGINES, resolver: async () => [], clock: systemClock(), log: silentLog() }
    const endpoints = from.endpoints.map((endpoint) => ({ endpoint }))
    const [report] = await checkEndpoints(endpoints, { configuration: from, ...parts })
    return { result: report?.result, ...report?.problems[0] }
  }
  const other = await check()
  assert.deepEqual([other.step, other.code], ['login', 'Database.AuthenticationFailed'])
  assert.match(other.message ?? '', /The client certificate is of "CN=somebody"/)
  await show(issue('postern'))
  assert.equal((await check()).result, 'partial')
  await put('own-key.pem', issue('postern').key)
  const unfit = await check()
  assert.deepEqual([unfit.result, unfit.step], ['failed', 'configuration'])
  assert.match(
    unfit.message ?? '',
    /cannot be used: `clientKeyFile` is not the key of `clientCertFile`: .*own-key\.pem/,
  )
  await show(issue('postern', true))
  assert.match((await check()).message ?? '', /cannot be used: `clientCertFile` expired at /)
  await rm(join(folder, 'own.pem'))
  assert.match((await check()).message ?? '', /cannot read .*own\.pem \(ENOENT\)/)
  const { certificate, key } = issue('postern')
  await put('both.pem', `${certificate}${key}`)
  const both = X509.replaceAll(/own(-key)?\.pem/g, 'both.pem')
  assert.equal((await check(await load(`port: ${server.port}, ${mongodb(both)}`))).result, 'partial')
})
