import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { ensureSelfSigned, renewSelfSigned } from '../../src/cli/self-signed.ts'
import type { ServerConfiguration } from '../../src/cli/server-configuration.ts'
import { resolveServerSettings } from '../../src/cli/server-settings.ts'
import { collectingLog } from '../api/collecting-log.ts'
import { makeSelfSigned } from '../fixtures/certificates.ts'
import { eventually } from '../fixtures/eventually.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const DAY_MS = 24 * 3600_000
const NOW = Date.UTC(2026, 0, 1)
const settingsOf = (data: string, more: ServerConfiguration = {}) =>
  resolveServerSettings(data, { selfSigned: true, ...more })

test('the same files are served again, until 30 days before the end; the key stays', async () => {
  await using folder = await tempFolder()
  const settings = settingsOf(folder.path)
  const first = await ensureSelfSigned(settings, NOW)
  const later = await ensureSelfSigned(settings, first.until - 31 * DAY_MS)
  assert.deepEqual(later, first)
  const reissued = await ensureSelfSigned(settings, first.until - 29 * DAY_MS)
  assert.notEqual(reissued.cert, first.cert)
  assert.deepEqual([reissued.key, reissued.pin], [first.key, first.pin])
})

test('it names what clients dial, and is issued anew where it lacks a name', async () => {
  await using folder = await tempFolder()
  const everywhere = settingsOf(folder.path, { listen: '[::]:7443' })
  const first = await ensureSelfSigned(everywhere, NOW)
  const own = new X509Certificate(first.cert)
  assert.equal(own.checkIP('::'), undefined)
  assert.ok(own.subjectAltName?.toLowerCase().includes(hostname().toLowerCase()), own.subjectAltName)
  const publicUrl = 'https://Postern.Example.net:7443'
  const second = await ensureSelfSigned(settingsOf(folder.path, { listen: '10.1.2.3:7443', publicUrl }), NOW)
  const named = new X509Certificate(second.cert)
  assert.ok(named.checkIP('10.1.2.3') && named.checkIP('::1') && named.checkHost('postern.example.net'))
  assert.equal(second.pin, first.pin)
  // One name more is no reason.
  assert.equal((await ensureSelfSigned(everywhere, NOW)).cert, second.cert)
})

test('files that are not its own are neither served nor overwritten', async () => {
  await using folder = await tempFolder()
  const file = (name: string) => join(folder.path, name)
  const settings = settingsOf(folder.path)
  await ensureSelfSigned(settings, NOW)
  const foreign = makeSelfSigned(['localhost'])
  for (const [text, message] of [
    [foreign.certificate, /tls-cert\.pem: is not for the key in .*Move the certificate away/],
    ['nonsense', /tls-cert\.pem: is not a certificate in PEM\. Move it away/],
  ] as const) {
    await writeFile(file('tls-cert.pem'), text)
    await assert.rejects(ensureSelfSigned(settings, NOW), message)
    assert.equal(await readFile(file('tls-cert.pem'), 'utf8'), text)
  }
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  for (const text of ['nonsense', rsa.toString()]) {
    await writeFile(file('tls-key.pem'), text, { mode: 0o600 })
    await assert.rejects(ensureSelfSigned(settings, NOW), /tls-key\.pem: is not a private key of P-256.*every gateway/)
  }
  await chmod(file('tls-key.pem'), 0o644)
  await assert.rejects(ensureSelfSigned(settings, NOW), /others can read this file/)
})

test('a server that runs on serves the re-issued certificate to new connections', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder()).path
  const clock = manualClock(NOW)
  const { log, lines } = collectingLog()
  const settings = settingsOf(folder)
  const served = await ensureSelfSigned(settings, clock.wall())
  const server = createServer({ cert: served.cert, key: served.key })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack.defer(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const seen = () =>
    new Promise<string | undefined>((resolve, reject) => {
      const socket = connect({ port: address.port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        const { validTo } = socket.getPeerX509Certificate() ?? {}
        socket.destroy()
        resolve(validTo)
      })
      socket.once('error', reject)
    })
  const timer = stack.use(
    renewSelfSigned({
      settings: () => settings,
      served,
      replaceCertificate: (tls) => server.setSecureContext(tls),
      clock,
      log,
    }),
  )
  const before = await seen()
  clock.advance(600 * DAY_MS)
  assert.equal(await seen(), before)
  clock.advance(100 * DAY_MS)
  await eventually('it is re-issued', () => lines().some((line) => line.includes('re-issued')))
  assert.notEqual(await seen(), before)
  timer[Symbol.dispose]()
  assert.equal(clock.pending, 0)
})
