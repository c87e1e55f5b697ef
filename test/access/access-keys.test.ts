import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAccessKeys, newAccessKey } from '../../src/access/access-keys.ts'
import { openSecretBox, type SecretBox } from '../../src/access/secret-box.ts'
import { rootOf, toAccountId } from '../../src/model/ids.ts'
import type { AccessKey, AccessStore } from '../../src/store/access-store.ts'
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
  const store = { accessKey: async (id: string) => rows.get(id) } satisfies Partial<AccessStore>
  const add = (active = true) => {
    const { id, secret } = newAccessKey()
    rows.set(id, { id, account: ACCOUNT, principal: rootOf(ACCOUNT), sealedSecret: real.seal(secret, id), active })
    return { id, secret }
  }
  return { folder, rows, add, box: real, keys: createAccessKeys({ store, box }), unseals: () => unseals }
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
    const found = await keys.find(id)
    assert.deepEqual(found, { principal: { id: rootOf(ACCOUNT), account: ACCOUNT, key: id }, secret })
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
  assert.equal((await keys.find(id)).secret, 'another')
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

test('an id of any length that is nobody’s is not found', async () => {
  const { folder, keys } = await setUp()
  await using _ = folder
  for (const id of ['x', 'x'.repeat(60_000), '__proto__', '\0']) {
    await assert.rejects(keys.find(id), { code: 'InvalidAccessKeyId.NotFound' })
  }
})
