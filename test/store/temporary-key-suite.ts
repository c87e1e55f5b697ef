import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCESS_LIMITS } from '../../src/model/access-limits.ts'
import { rootOf, toAccessKeyId, toUserId, userOf } from '../../src/model/ids.ts'
import type { NewTemporaryKey } from '../../src/store/temporary-key-store.ts'
import { ACCOUNT, newAccount, nonce, OTHER_ACCOUNT, type OpenStore, storeWorld, type World } from './store-world.ts'

const ROOT_KEY = newAccount(ACCOUNT).rootKey.id
const HOUR = 3_600_000
const DAY = 24 * HOUR

const newKey = (id: string, changes: Partial<NewTemporaryKey> = {}): NewTemporaryKey => ({
  id: toAccessKeyId(`STS.${id}`),
  parent: ROOT_KEY,
  account: ACCOUNT,
  principal: rootOf(ACCOUNT),
  session: 'job',
  sealedSecret: Uint8Array.of(0, 255, 1),
  tokenHash: 'ab'.repeat(32),
  lifeMs: HOUR,
  ...changes,
})
const issue = (world: World, id: string, changes: Partial<NewTemporaryKey> = {}) =>
  world.store.access.issueTemporaryKey(newKey(id, changes), undefined)
const find = (world: World, id: string) => world.store.access.temporaryKey(toAccessKeyId(`STS.${id}`))

export function temporaryKeySuite(open: OpenStore): void {
  test('a temporary key comes back as it was given, also after the store was opened again', async () => {
    await using world = await storeWorld(open)
    const expiresAt = world.clock.now() + HOUR
    assert.deepEqual(await issue(world, 'a'), { expiresAt })
    assert.deepEqual(await issue(world, 'b', { policy: '{}' }), { expiresAt })
    await assert.rejects(issue(world, 'a'), 'its id is taken once')
    await world.reopen()
    const { lifeMs, ...given } = newKey('a')
    assert.equal(lifeMs, HOUR)
    assert.deepEqual(await find(world, 'a'), { ...given, expiresAt, active: true })
    assert.equal((await find(world, 'b'))?.policy, '{}')
    assert.equal(await find(world, 'c'), undefined)
  })

  test('row 7: a temporary key and its nonce are made in one commit', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    const ends = await Promise.all(
      ['a', 'b', 'c'].map((id) => access.issueTemporaryKey(newKey(id), nonce('once', world.clock))),
    )
    assert.equal(ends.filter((end) => end === 'nonce used').length, 2)
    const there = await Promise.all(['a', 'b', 'c'].map((id) => find(world, id)))
    assert.equal(there.filter((each) => each !== undefined).length, 1)
    assert.equal(await access.burnt(nonce('once', world.clock).key, 'once'), true)
  })

  test('a temporary key is off while the key that made it is, and goes with it', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    const user = toUserId('2000000000000099')
    const details = { displayName: '', mobilePhone: '', email: '', comments: '' }
    await access.createUser({ id: user, account: ACCOUNT, name: 'ada', ...details }, undefined)
    const parent = { id: toAccessKeyId('ada-1'), account: ACCOUNT, user }
    await access.issueKey({ ...parent, sealedSecret: Uint8Array.of(1) }, undefined)
    const of = { parent: parent.id, principal: userOf(ACCOUNT, user) }
    await issue(world, 'ada', of)
    await issue(world, 'root')

    await access.setKeyActive({ ...parent, active: false }, undefined)
    assert.equal((await find(world, 'ada'))?.active, false)
    assert.equal(await issue(world, 'late', of), 'no key')
    await access.setKeyActive({ ...parent, active: true }, undefined)
    assert.equal((await find(world, 'ada'))?.active, true)

    assert.equal(await access.deleteKey(parent, undefined), undefined)
    assert.equal(await find(world, 'ada'), undefined)
    assert.equal(await issue(world, 'later', of), 'no key')
    assert.equal((await find(world, 'root'))?.active, true)
    assert.equal(await access.deleteUser({ account: ACCOUNT, name: 'ada' }, undefined), undefined)
  })

  test('no temporary key is made with the key of somebody else, nor with a temporary one', async () => {
    await using world = await storeWorld(open)
    await issue(world, 'a')
    for (const wrong of [
      { parent: newAccount(OTHER_ACCOUNT).rootKey.id },
      { account: OTHER_ACCOUNT },
      { principal: rootOf(OTHER_ACCOUNT) },
      { parent: toAccessKeyId('STS.a') },
    ]) {
      assert.equal(await issue(world, 'b', wrong), 'no key')
    }
  })

  test('one principal has a bounded number of temporary keys that have not expired', async () => {
    await using world = await storeWorld(open)
    const limit = ACCESS_LIMITS.temporaryKeysOfPrincipal
    const made = await Promise.all(Array.from({ length: limit + 5 }, (_, i) => issue(world, String(i))))
    assert.equal(made.filter((each) => each === 'too many sessions').length, 5)
    const other = newAccount(OTHER_ACCOUNT).rootKey
    const ofOther = { account: OTHER_ACCOUNT, parent: other.id, principal: other.principal }
    assert.equal(typeof (await issue(world, 'other', ofOther)), 'object')
    world.clock.advance(HOUR - 1)
    assert.equal(await issue(world, 'early'), 'too many sessions')
    world.clock.advance(1)
    assert.equal(typeof (await issue(world, 'now')), 'object')
  })

  test('expired temporary keys are told of for an hour, then they are purged', async () => {
    await using world = await storeWorld(open)
    const purge = () => world.store.purge(world.clock.now(), { taskMs: DAY }, 100)
    await issue(world, 'short')
    await issue(world, 'long', { lifeMs: 3 * HOUR })
    world.clock.advance(2 * HOUR - 1)
    assert.equal(await purge(), 0)
    assert.ok(await find(world, 'short'))
    world.clock.advance(1)
    assert.equal(await purge(), 1)
    assert.equal(await find(world, 'short'), undefined)
    assert.ok(await find(world, 'long'))
  })
}
