import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createHash } from 'node:crypto'
import { createAccessKeys, newAccessKey, newTemporaryKey } from '../../src/access/access-keys.ts'
import { openSecretBox, type SecretBox } from '../../src/access/secret-box.ts'
import { signV1 } from '../../src/access/signature-v1.ts'
import { signV3 } from '../../src/access/signature-v3.ts'
import { rootOf, toAccountId } from '../../src/model/ids.ts'
import type { AccessKey, AccessStore } from '../../src/store/access-store.ts'
import type { TemporaryKey } from '../../src/store/temporary-key-store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const ACCOUNT = toAccountId('100000000000001')

/** The one method that is used, over a map: what the store keeps may change between two looks. */
async function setUp() {
  const folder = await tempFolder('keys')
  const real = await openSecretBox(join(folder.path, 'secret.key'), { create: true })
  let unseals = 0
  const box: SecretBox = {
    ...real,
    unseal: (sealed, owner) => {
      unseals++
      return real.unseal(sealed, owner)
    },
  }
  const rows = new Map<string, AccessKey>()
  const temporary = new Map<string, TemporaryKey>()
  const clock = manualClock()
  const store = {
    accessKey: async (id: string) => rows.get(id),
    temporaryKey: async (id: string) => temporary.get(id),
  } satisfies Partial<AccessStore>
  const add = (active = true) => {
    const { id, secret } = newAccessKey()
    rows.set(id, { id, account: ACCOUNT, principal: rootOf(ACCOUNT), sealedSecret: real.seal(secret, id), active })
    return { id, secret }
  }
  const addTemporary = (more: Partial<TemporaryKey> = {}) => {
    const made = newTemporaryKey()
    const row: TemporaryKey = {
      id: made.id,
      parent: newAccessKey().id,
      account: ACCOUNT,
      principal: rootOf(ACCOUNT),
      session: 'job',
      sealedSecret: real.seal(made.secret, made.id),
      tokenHash: createHash('sha256').update(made.securityToken).digest('hex'),
      expiresAt: clock.now() + 60_000,
      active: true,
      ...more,
    }
    temporary.set(made.id, row)
    return { ...made, row }
  }
  const keys = createAccessKeys({ store, box, clock })
  return { folder, rows, temporary, clock, add, addTemporary, box: real, keys, unseals: () => unseals }
}

test('a new key has the form of ours and never the same secret', () => {
  const keys = Array.from({ length: 50 }, newAccessKey)
  for (const { id, secret } of keys) {
    assert.match(id, /^PSTN[A-Za-z0-9]{20}$/)
    assert.match(secret, /^[A-Za-z0-9]{40}$/)
  }
  assert.equal(new Set(keys.map(({ secret }) => secret)).size, 50)
})

test('a key is found with its secret, which is decrypted once', async () => {
  const { folder, add, keys, unseals } = await setUp()
  await using _ = folder
  const { id, secret } = add()
  for (let i = 0; i < 5; i++) {
    const { principal, macs } = await keys.find(id)
    assert.deepEqual(principal, { id: rootOf(ACCOUNT), account: ACCOUNT, key: id })
    assert.equal(macs.v1('text'), signV1('text', secret))
    assert.equal(macs.v3('text'), signV3('text', secret))
  }
  assert.equal(unseals(), 1)
})

test('switching a key off, removing it and changing its secret work at once', async () => {
  const { folder, add, rows, keys, box } = await setUp()
  await using _ = folder
  const { id } = add()
  await keys.find(id)
  const row = rows.get(id)
  assert.ok(row)
  rows.set(id, { ...row, sealedSecret: box.seal('another', id) })
  assert.equal((await keys.find(id)).macs.v1('text'), signV1('text', 'another'))
  rows.set(id, { ...row, active: false })
  await assert.rejects(keys.find(id), { code: 'InvalidAccessKeyId.Inactive', status: 400 })
  rows.delete(id)
  await assert.rejects(keys.find(id), { code: 'InvalidAccessKeyId.NotFound', status: 404 })
})

test('a secret that was sealed for another key does not open', async () => {
  const { folder, add, rows, keys } = await setUp()
  await using _ = folder
  const [a, b] = [add(), add()]
  const [rowA, rowB] = [rows.get(a.id), rows.get(b.id)]
  assert.ok(rowA && rowB)
  rows.set(b.id, { ...rowB, sealedSecret: rowA.sealedSecret })
  await assert.rejects(keys.find(b.id), /key file is not the one/)
})

test('a security token belongs to no permanent key', async () => {
  const { folder, add, keys } = await setUp()
  await using _ = folder
  const { id } = add()
  await assert.rejects(keys.find(id, 'token'), { code: 'InvalidSecurityToken.MismatchWithAccessKey', status: 400 })
  await assert.rejects(keys.find('PSTNnobody', 'token'), { code: 'InvalidAccessKeyId.NotFound' })
})

test('a temporary key is found with its token only, and is named by owner and session', async () => {
  const { folder, addTemporary, keys, clock } = await setUp()
  await using _ = folder
  const policy = '{"Version":"1"}'
  const { id, secret, securityToken, row } = addTemporary({ policy })
  assert.match(id, /^STS\.[A-Za-z0-9]{20}$/)
  const { principal, macs } = await keys.find(id, securityToken)
  assert.equal(macs.v1('text'), signV1('text', secret))
  assert.deepEqual(principal, {
    id: `${ACCOUNT}:root/session/job`,
    account: ACCOUNT,
    key: id,
    temporary: { parent: rootOf(ACCOUNT), parentKey: row.parent, name: 'job', policy },
  })
  const other = addTemporary()
  await assert.rejects(keys.find(id), { code: 'MissingSecurityToken', status: 400 })
  for (const token of ['x', `${securityToken}x`, `${securityToken}\n`, 'x'.repeat(60_000)]) {
    await assert.rejects(keys.find(id, token), { code: 'InvalidSecurityToken.Malformed', status: 400 })
  }
  const mismatch = { code: 'InvalidSecurityToken.MismatchWithAccessKey', status: 400 }
  await assert.rejects(keys.find(id, other.securityToken), mismatch)
  await assert.rejects(keys.find('STS.nobody', securityToken), { code: 'InvalidAccessKeyId.NotFound' })

  clock.advance(60_000)
  await assert.rejects(keys.find(id, securityToken), { code: 'InvalidSecurityToken.Expired', status: 400 })
  await assert.rejects(keys.find(id, other.securityToken), mismatch)
})

test('a temporary key is switched off and goes with the key that made it', async () => {
  const { folder, addTemporary, temporary, keys } = await setUp()
  await using _ = folder
  const { id, securityToken, row } = addTemporary()
  await keys.find(id, securityToken)
  temporary.set(id, { ...row, active: false })
  await assert.rejects(keys.find(id, securityToken), { code: 'InvalidAccessKeyId.Inactive' })
  temporary.delete(id)
  await assert.rejects(keys.find(id, securityToken), { code: 'InvalidAccessKeyId.NotFound' })
})

test('an id of any length that is nobody’s is not found', async () => {
  const { folder, keys } = await setUp()
  await using _ = folder
  for (const id of ['x', 'x'.repeat(60_000), `STS.${'x'.repeat(60_000)}`, '__proto__', '\0']) {
    await assert.rejects(keys.find(id), { code: 'InvalidAccessKeyId.NotFound' })
  }
})
