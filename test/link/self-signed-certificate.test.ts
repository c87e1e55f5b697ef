import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { selfSignedCertificate } from '../../src/link/self-signed-certificate.ts'
import { parseHost } from '../../src/model/host.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const issue = (names: readonly string[], until = Date.UTC(2028, 0, 1)) =>
  new X509Certificate(
    selfSignedCertificate({ key, commonName: names[0] ?? '', names, from: Date.UTC(2026, 0, 1), until }),
  )

test('it is of its key, for its names and no others, and of no authority', () => {
  const names = fc.array(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(names, (texts) => {
      const hosts = texts.map(parseHost).filter((host) => typeof host !== 'string')
      const spelled = hosts.map((host) => (host.kind === 'name' ? host.name : host.address))
      const certificate = issue(spelled)
      assert.ok(certificate.checkPrivateKey(key))
      assert.ok(certificate.verify(createPublicKey(key)))
      assert.equal(certificate.ca, false)
      for (const host of hosts) {
        const found = host.kind === 'name' ? certificate.checkHost(host.name) : certificate.checkIP(host.address)
        assert.ok(found, JSON.stringify(host))
      }
      if (!spelled.includes('192.0.2.77')) assert.equal(certificate.checkIP('192.0.2.77'), undefined)
      assert.equal(certificate.checkHost('other.invalid'), undefined)
    }),
    { numRuns: 60 },
  )
})

test('its end is right on both sides of 2050, where the format changes, and no two have one number', () => {
  for (const end of ['2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z']) {
    assert.equal(Date.parse(issue(['localhost'], Date.parse(end)).validTo), Date.parse(end))
  }
  assert.notEqual(issue(['localhost']).serialNumber, issue(['localhost']).serialNumber)
})

const skip = spawnSync('openssl', ['version']).status !== 0 && 'openssl is not on this machine (Debian: openssl)'

test('openssl accepts it strictly, as its own authority and for a server', { skip }, async () => {
  await using folder = await tempFolder('certificate')
  const file = join(folder.path, 'cert.pem')
  await writeFile(file, issue(['localhost', '::1', '2001:db8::5', '127.0.0.1']).toString())
  const strict = ['verify', '-x509_strict', '-purpose', 'sslserver', '-attime', String(Date.UTC(2027, 0, 1) / 1000)]
  const options = { encoding: 'utf8', timeout: 20_000 } as const
  for (const name of [
    ['-verify_hostname', 'localhost'],
    ['-verify_ip', '2001:db8::5'],
  ]) {
    assert.match(execFileSync('openssl', [...strict, ...name, '-CAfile', file, file], options), /: OK$/m)
  }
})
