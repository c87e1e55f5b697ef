import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigurationError } from '../../src/base/configuration-error.ts'
import {
  completeRotation,
  type Identity,
  loadIdentity,
  saveIdentity,
  signingKeys,
  startRotation,
} from '../../src/gateway/identity.ts'
import { createKey, signingKey } from '../../src/gateway/signing-key.ts'
import { verifyEd25519 } from '../../src/link/keys.ts'
import { fingerprintOf, toAccountId, toGatewayId, toServerId } from '../../src/model/ids.ts'
import { scratchFolder } from './scratch-folder.ts'

const DAY_MS = 24 * 3600_000

const newIdentity = (): Identity => ({
  id: toGatewayId(123_456_789_012_345) ?? assert.fail(),
  account: toAccountId('1'.repeat(15)),
  server: toServerId('a'.repeat(32)),
  url: 'https://postern.example.net',
  region: 'default',
  name: 'plant-7',
  key: createKey(),
  previous: [],
})

test('an identity is saved for its owner alone and comes back', async (t) => {
  const folder = join(await scratchFolder(t), 'new', 'gateway')
  const identity = newIdentity()
  await saveIdentity(folder, identity)
  await saveIdentity(folder, identity)
  assert.deepEqual(await loadIdentity(folder), identity)
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  assert.equal((await stat(join(folder, 'gateway.json'))).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(folder), ['gateway.json'])
  assert.match(await readFile(join(folder, 'gateway.json'), 'utf8'), /"id": 123456789012345,/)
})

test('a file that others can read is refused with the command that mends it', async (t) => {
  const folder = await scratchFolder(t)
  await saveIdentity(folder, newIdentity())
  for (const mode of [0o640, 0o604]) {
    await chmod(join(folder, 'gateway.json'), mode)
    await assert.rejects(loadIdentity(folder), /others can read this file.*run: chmod 600 .*gateway\.json/)
  }
})

test('a gateway that is not enrolled says what to run', async (t) => {
  await assert.rejects(loadIdentity(await scratchFolder(t)), /is not enrolled; run `postern gateway enroll --data/)
})

test('a damaged file is named with what is wrong, never with its key', async (t) => {
  const folder = await scratchFolder(t)
  const whole = newIdentity()
  const damaged: readonly [unknown, RegExp][] = [
    ['{', /damaged \(not JSON\)/],
    ['[]', /damaged/],
    [{ ...whole, id: 5 }, /damaged \(id is not valid\)/],
    [{ ...whole, server: 'x' }, /damaged \(server is not valid\)/],
    [
      { ...whole, key: { privateKey: 'SECRET', createdAt: whole.key.createdAt } },
      /damaged \(the private key is damaged\)/,
    ],
    [{ ...whole, key: undefined }, /damaged \(key is not valid\)/],
  ]
  for (const [content, message] of damaged) {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    await writeFile(join(folder, 'gateway.json'), text, { mode: 0o600 })
    await assert.rejects(loadIdentity(folder), (error) => {
      assert.ok(error instanceof ConfigurationError)
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /SECRET|PRIVATE/)
      return true
    })
  }
})

test('a write that fails leaves the file before it and no other', async (t) => {
  const folder = await scratchFolder(t)
  await mkdir(join(folder, 'gateway.json'))
  await assert.rejects(saveIdentity(folder, newIdentity()))
  assert.deepEqual(await readdir(folder), ['gateway.json'])
})

test('a key signs what its public half verifies', () => {
  const key = signingKey(createKey())
  assert.equal(key.publicKey.length, 32)
  assert.equal(key.fingerprint, fingerprintOf(key.publicKey))
  const payload = Buffer.from('what is signed')
  const signature = Buffer.from(key.sign(payload)).toString('base64')
  assert.ok(verifyEd25519(key.publicKey, payload, signature))
  assert.ok(!verifyEd25519(key.publicKey, Buffer.from('what is not'), signature))
})

test('a rotated key comes first, and the one before stays for 30 days', () => {
  const now = Date.UTC(2026, 5, 1)
  const before = newIdentity()
  const offered = startRotation(before)
  assert.deepEqual(startRotation(offered), offered, 'the same key is offered until it is accepted')
  assert.equal(signingKeys(offered, now).keys.length, 1)
  const after = completeRotation(offered, now)
  assert.equal(after.next, undefined)
  const [first, second] = signingKeys(after, now).keys
  assert.equal(first.fingerprint, signingKeys(offered, now).next?.fingerprint)
  assert.equal(second?.fingerprint, signingKey(before.key).fingerprint)
  assert.equal(signingKeys(after, now + 30 * DAY_MS - 1).keys.length, 2)
  assert.equal(signingKeys(after, now + 30 * DAY_MS).keys.length, 1)
  assert.deepEqual(completeRotation(before, now), before)
})
