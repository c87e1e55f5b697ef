import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootOf, toAccessKeyId, toAccountId } from '../../src/model/ids.ts'
import { ACCOUNT, newAccount, nonce, OTHER_ACCOUNT, type OpenStore, storeWorld } from './store-world.ts'

export function accessSuite(open: OpenStore): void {
  test('an account is made once, and is there after the store was opened again', async () => {
    await using world = await storeWorld(open)
    const { serverId } = world.store
    assert.match(serverId, /^[0-9a-f]{32}$/)
    const made = await Promise.all(
      Array.from({ length: 20 }, () => world.store.access.createAccount(newAccount(toAccountId('100000000000009')))),
    )
    assert.equal(made.filter(Boolean).length, 1)
    await world.reopen()
    assert.equal(world.store.serverId, serverId)
    assert.deepEqual(
      (await world.store.access.accounts()).map(({ id }) => id),
      [ACCOUNT, OTHER_ACCOUNT, '100000000000009'],
    )
  })

  test('an account and the key of its root are made together or not at all', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    const account = newAccount(toAccountId('100000000000009'))
    // The id of the key is taken, so nothing may be left of the account either.
    const taken = { ...account, rootKey: { ...account.rootKey, id: newAccount(ACCOUNT).rootKey.id } }
    await assert.rejects(access.createAccount(taken))
    assert.equal((await access.accounts()).length, 2)
    assert.equal(await access.createAccount(account), true)
    assert.deepEqual(await access.accessKey(account.rootKey.id), { ...account.rootKey, active: true })

    const other = { ...account, rootKey: { ...account.rootKey, id: toAccessKeyId('another') } }
    assert.equal(await access.createAccount(other), false)
    assert.equal(await access.accessKey(other.rootKey.id), undefined, 'an account that was there gets no key')
  })

  test('an access key comes back as it was given, and its id is taken once', async () => {
    await using world = await storeWorld(open)
    const key = {
      id: toAccessKeyId('LTAI0001'),
      account: ACCOUNT,
      principal: rootOf(ACCOUNT),
      sealedSecret: Uint8Array.of(0, 255, 1),
    }
    await world.store.access.createAccessKey(key)
    assert.deepEqual(await world.store.access.accessKey(key.id), { ...key, active: true })
    assert.equal(await world.store.access.accessKey(toAccessKeyId('LTAI0002')), undefined)
    await assert.rejects(world.store.access.createAccessKey({ ...key, account: OTHER_ACCOUNT }))
    assert.equal((await world.store.access.accessKey(key.id))?.account, ACCOUNT)
  })

  test('a write that fails takes no other of the same moment with it', async () => {
    await using world = await storeWorld(open)
    const make = (id: string, account = ACCOUNT) =>
      world.store.access.createAccessKey({
        id: toAccessKeyId(id),
        account,
        principal: rootOf(account),
        sealedSecret: Uint8Array.of(1),
      })
    const nobody = toAccountId('999999999999999')
    const ends = await Promise.allSettled([make('k1'), make('k2', nobody), make('k3'), make('k1'), make('k4')])
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    )
    for (const [id, there] of [
      ['k1', true],
      ['k2', false],
      ['k3', true],
      ['k4', true],
    ] as const) {
      assert.equal((await world.store.access.accessKey(toAccessKeyId(id))) !== undefined, there, id)
    }
  })

  test('row 7: nonces of reads are burnt in a batch, once per key, also after the store was opened again', async () => {
    await using world = await storeWorld(open)
    const { clock } = world
    const other = { ...nonce('a', clock), key: toAccessKeyId('key-2') }
    await world.store.access.burn([nonce('a', clock), nonce('b', clock), nonce('a', clock)])
    await world.store.access.burn([nonce('a', clock)])
    assert.equal(await world.store.access.burnt(nonce('a', clock).key, 'a'), true)
    assert.equal(await world.store.access.burnt(other.key, 'a'), false)
    await world.reopen()
    assert.equal(await world.store.access.burnt(nonce('b', clock).key, 'b'), true)
    assert.equal(await world.store.access.burnt(nonce('c', clock).key, 'c'), false)
  })
}
