import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCESS_LIMITS } from '../../src/model/access-limits.ts'
import { type AccountId, rootOf, toAccessKeyId, toUserId, userIdOf, userOf } from '../../src/model/ids.ts'
import type { NewUser } from '../../src/store/user-store.ts'
import { ACCOUNT, nonce, OTHER_ACCOUNT, type OpenStore, storeWorld, type World } from './store-world.ts'

let users = 0
const newUser = (name: string, account: AccountId = ACCOUNT): NewUser => ({
  id: toUserId(String(2_000_000_000_000_000 + ++users)),
  account,
  name,
  displayName: '',
  mobilePhone: '',
  email: '',
  comments: '',
})

async function addUser(world: World, name: string, account: AccountId = ACCOUNT) {
  const user = await world.store.access.createUser(newUser(name, account), undefined)
  assert.ok(typeof user === 'object', 'the user is made')
  return user
}

const sealedSecret = Uint8Array.of(1)
const key = (id: string) => ({ id: toAccessKeyId(id), sealedSecret })

/** `full`: whether accounts are filled up, which takes a thousand changes one after the other. */
export function userSuite(open: OpenStore, full: boolean): void {
  test('no user is ever taken for the root, nor for a user of another account', () => {
    const user = newUser('root')
    assert.notEqual(userOf(ACCOUNT, user.id), rootOf(ACCOUNT))
    assert.equal(userIdOf(ACCOUNT, rootOf(ACCOUNT)), undefined)
    assert.equal(userIdOf(ACCOUNT, userOf(ACCOUNT, user.id)), user.id)
    assert.equal(userIdOf(OTHER_ACCOUNT, userOf(ACCOUNT, user.id)), undefined)
  })

  test('a user comes back as it was made, by name and by id, also after the store was opened again', async () => {
    await using world = await storeWorld(open)
    const details = { displayName: 'Alice', mobilePhone: '86-1', email: 'a@b', comments: 'ünïcode' }
    const given = { ...newUser('alice'), ...details }
    const user = await world.store.access.createUser(given, undefined)
    const at = world.clock.now()
    assert.deepEqual(user, { ...given, createdAt: at, updatedAt: at })
    await world.reopen()
    assert.deepEqual(await world.store.access.userByName(ACCOUNT, 'alice'), user)
    assert.deepEqual(await world.store.access.userById(ACCOUNT, given.id), user)
    assert.equal(await world.store.access.createUser(newUser('alice'), undefined), 'user exists')
  })

  test('of many that make a user of one name at the same moment one does', async () => {
    await using world = await storeWorld(open)
    const made = await Promise.all(
      Array.from({ length: 20 }, () => world.store.access.createUser(newUser('alice'), undefined)),
    )
    assert.equal(made.filter((each) => typeof each === 'object').length, 1)
    assert.equal(made.filter((each) => each === 'user exists').length, 19)
  })

  test('users are listed by name in pages', async () => {
    await using world = await storeWorld(open)
    for (const name of ['carol', 'Bob', 'alice', 'dave']) await addUser(world, name)
    await addUser(world, 'eve', OTHER_ACCOUNT)
    const names = async (after: string, limit: number) =>
      (await world.store.access.users(ACCOUNT, { after, limit })).map(({ name }) => name)
    assert.deepEqual(await names('', 3), ['Bob', 'alice', 'carol'])
    assert.deepEqual(await names('carol', 3), ['dave'])
    assert.deepEqual(await names('dave', 3), [])
  })

  test('a change keeps what is left out, and moves keys and policies to the new name', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    const user = await addUser(world, 'alice')
    await addUser(world, 'bob')
    await access.issueKey({ account: ACCOUNT, user: user.id, ...key('k1') }, undefined)
    await access.attachPolicy({ account: ACCOUNT, userName: 'alice', type: 'System', policy: 'P' }, undefined)
    world.clock.advance(5_000)
    const changes = { name: 'alice2', comments: 'new' }
    const changed = await access.updateUser({ account: ACCOUNT, name: 'alice', changes }, undefined)
    assert.deepEqual(changed, { ...user, ...changes, updatedAt: world.clock.now() })
    assert.deepEqual(await access.userByName(ACCOUNT, 'alice2'), changed)
    assert.equal(await access.userByName(ACCOUNT, 'alice'), undefined)
    assert.equal((await access.accessKey(toAccessKeyId('k1')))?.principal, userOf(ACCOUNT, user.id))
    assert.equal((await access.attachedPolicies(ACCOUNT, userOf(ACCOUNT, user.id))).length, 1)

    const rename = (from: string, to: string) =>
      access.updateUser({ account: ACCOUNT, name: from, changes: { name: to } }, undefined)
    assert.equal(await rename('alice2', 'bob'), 'user exists')
    assert.equal(await rename('nobody', 'x'), 'no user')
    assert.equal(typeof (await rename('bob', 'bob')), 'object')
  })

  test('a user with keys or policies stays; without them it goes, and its name is free for another', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    const user = await addUser(world, 'alice')
    const owner = { account: ACCOUNT, user: user.id }
    const policy = { account: ACCOUNT, userName: 'alice', type: 'System', policy: 'P' } as const
    const remove = () => access.deleteUser({ account: ACCOUNT, name: 'alice' }, undefined)
    await access.issueKey({ ...owner, ...key('k1') }, undefined)
    await access.attachPolicy(policy, undefined)
    assert.equal(await remove(), 'user has keys')
    assert.equal(await access.deleteKey({ ...owner, id: toAccessKeyId('k1') }, undefined), undefined)
    assert.equal(await remove(), 'user has policies')
    assert.equal(await access.detachPolicy(policy, undefined), undefined)
    assert.equal(await remove(), undefined)
    assert.equal(await remove(), 'no user')
    const again = await addUser(world, 'alice')
    assert.notEqual(again.id, user.id)
    // Whoever still held the old user when it went comes by no key.
    assert.equal(await access.issueKey({ ...owner, ...key('k2') }, undefined), 'no user')
    assert.equal(await access.accessKey(toAccessKeyId('k2')), undefined)
  })

  test('a key is switched off, on and deleted by its owner alone, and there are two at most', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    const alice = { account: ACCOUNT, user: (await addUser(world, 'alice')).id }
    const bob = { account: ACCOUNT, user: (await addUser(world, 'bob')).id }
    const id = toAccessKeyId('k1')
    assert.deepEqual(await access.issueKey({ ...alice, ...key('k1') }, undefined), {
      id,
      active: true,
      createdAt: world.clock.now(),
    })
    assert.equal(await access.setKeyActive({ ...bob, id, active: false }, undefined), 'no key')
    assert.equal(await access.deleteKey({ ...bob, id }, undefined), 'no key')
    assert.equal(await access.deleteKey({ account: ACCOUNT, user: undefined, id }, undefined), 'no key')
    assert.equal(await access.setKeyActive({ ...alice, id, active: false }, undefined), undefined)
    assert.equal((await access.accessKey(id))?.active, false)
    assert.equal(await access.setKeyActive({ ...alice, id, active: true }, undefined), undefined)
    assert.equal((await access.accessKey(id))?.active, true)

    const more = await Promise.all(
      ['k2', 'k3', 'k4'].map((name) => access.issueKey({ ...alice, ...key(name) }, undefined)),
    )
    assert.deepEqual(more.filter((each) => each === 'too many keys').length, 2)
    assert.deepEqual((await access.keysOf(alice)).map((each) => each.id).toSorted(), ['k1', 'k2'])
    assert.deepEqual(await access.keysOf(bob), [])
    assert.equal(await access.deleteKey({ ...alice, id }, undefined), undefined)
    assert.equal(await access.accessKey(id), undefined)
  })

  test('row 14: no user and no key can be reached from another account', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    const user = await addUser(world, 'alice')
    await access.issueKey({ account: ACCOUNT, user: user.id, ...key('k1') }, undefined)
    const foreign = { account: OTHER_ACCOUNT, user: user.id }
    const id = toAccessKeyId('k1')
    const named = { account: OTHER_ACCOUNT, name: 'alice' }
    assert.equal(await access.userByName(OTHER_ACCOUNT, 'alice'), undefined)
    assert.equal(await access.userById(OTHER_ACCOUNT, user.id), undefined)
    assert.deepEqual(await access.users(OTHER_ACCOUNT, { after: '', limit: 10 }), [])
    assert.equal(await access.updateUser({ ...named, changes: { name: 'x' } }, undefined), 'no user')
    assert.equal(await access.deleteUser(named, undefined), 'no user')
    assert.equal(await access.issueKey({ ...foreign, ...key('k2') }, undefined), 'no user')
    assert.deepEqual(await access.keysOf(foreign), [])
    assert.equal(await access.setKeyActive({ ...foreign, id, active: false }, undefined), 'no key')
    assert.equal(await access.deleteKey({ ...foreign, id }, undefined), 'no key')
    assert.deepEqual(await access.attachedPolicies(OTHER_ACCOUNT, userOf(OTHER_ACCOUNT, user.id)), [])
    assert.equal((await access.accessKey(id))?.active, true)
  })

  test('row 7: each change of users and keys burns its nonce in its commit, and nothing happens twice', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    const user = await addUser(world, 'alice')
    const owner = { account: ACCOUNT, user: user.id }
    const id = toAccessKeyId('k1')
    const named = { account: ACCOUNT, name: 'alice' }
    const changes: readonly ((burn: ReturnType<typeof nonce>) => Promise<unknown>)[] = [
      (burn) => access.createUser(newUser('bob'), burn),
      (burn) => access.updateUser({ ...named, changes: { comments: 'x' } }, burn),
      (burn) => access.issueKey({ ...owner, ...key('k1') }, burn),
      (burn) => access.setKeyActive({ ...owner, id, active: false }, burn),
      (burn) => access.deleteKey({ ...owner, id }, burn),
      (burn) => access.deleteUser(named, burn),
    ]
    for (const [index, change] of changes.entries()) {
      const burn = nonce(`n${index}`, world.clock)
      assert.notEqual(await change(burn), 'nonce used', String(index))
      assert.equal(await access.burnt(burn.key, burn.value), true, String(index))
      assert.equal(await change(burn), 'nonce used', String(index))
    }
    // A request that was refused has used its nonce up too.
    const late = nonce('late', world.clock)
    assert.equal(await access.deleteUser(named, late), 'no user')
    assert.equal(await access.burnt(late.key, late.value), true)
  })

  if (full) {
    test('an account has no more users than the limit', async () => {
      await using world = await storeWorld(open)
      const { access } = world.store
      const names = Array.from({ length: ACCESS_LIMITS.usersOfAccount }, (_, index) => `u${index}`)
      await Promise.all(names.map((name) => addUser(world, name)))
      assert.equal(await access.createUser(newUser('one-more'), undefined), 'too many users')
      await addUser(world, 'one-more', OTHER_ACCOUNT)
      assert.equal((await access.users(ACCOUNT, { after: '', limit: 1_000_000 })).length, names.length)
    })
  }
}
