import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCESS_LIMITS } from '../../src/model/access-limits.ts'
import { type AccountId, rootOf, toUserId, userOf } from '../../src/model/ids.ts'
import { ACCOUNT, nonce, OTHER_ACCOUNT, type OpenStore, storeWorld, type World } from './store-world.ts'

const newPolicy = (name: string, account: AccountId = ACCOUNT) => ({
  account,
  name,
  description: `about ${name}`,
  document: `{"Version":"1","Statement":[] , "of":"${name}"}`,
})
const mark = (policy: string, more: { type?: 'System' | 'Custom'; account?: AccountId; userName?: string } = {}) => ({
  account: more.account ?? ACCOUNT,
  userName: more.userName ?? 'alice',
  type: more.type ?? 'Custom',
  policy,
})

const ALICE = toUserId('2000000000000001')
async function addAlice(world: World, account: AccountId = ACCOUNT, id = ALICE): Promise<void> {
  const details = { name: 'alice', displayName: '', mobilePhone: '', email: '', comments: '' }
  assert.equal(typeof (await world.store.access.createUser({ ...details, id, account }, undefined)), 'object')
}

/** `full`: whether accounts are filled up, which takes a thousand changes one after the other. */
export function policySuite(open: OpenStore, full: boolean): void {
  test('a policy comes back with the very text that was given, also after the store was opened again', async () => {
    await using world = await storeWorld(open)
    const { name, description, document } = newPolicy('reader')
    const at = world.clock.now()
    const policy = { name, description, document, createdAt: at, updatedAt: at, attachments: 0 }
    assert.deepEqual(await world.store.access.createPolicy(newPolicy('reader'), undefined), policy)
    await world.reopen()
    assert.deepEqual(await world.store.access.policy(ACCOUNT, 'reader'), policy)
    assert.equal(await world.store.access.createPolicy(newPolicy('reader'), undefined), 'policy exists')
    assert.equal(await world.store.access.policy(ACCOUNT, 'Reader'), undefined)
  })

  test('policies are listed by name in pages', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    for (const name of ['c', 'a', 'b']) await access.createPolicy(newPolicy(name), undefined)
    const names = async (after: string, limit: number) =>
      (await access.policies(ACCOUNT, { after, limit })).map(({ name }) => name)
    assert.deepEqual(await names('', 2), ['a', 'b'])
    assert.deepEqual(await names('b', 2), ['c'])
  })

  test('a policy that is changed counts at once for whoever has it, and is the same after the store was opened again', async () => {
    await using world = await storeWorld(open)
    await addAlice(world)
    const { access } = world.store
    const made = await access.createPolicy(newPolicy('reader'), undefined)
    assert.ok(typeof made === 'object')
    await access.attachPolicy(mark('reader'), undefined)
    world.clock.advance(1_000)
    const update = { account: ACCOUNT, name: 'reader', document: '{"new":true}', description: undefined }
    const changed = { ...made, document: '{"new":true}', updatedAt: world.clock.now(), attachments: 1 }
    assert.deepEqual(await access.updatePolicy(update, undefined), changed)
    const [attached] = await access.attachedPolicies(ACCOUNT, userOf(ACCOUNT, ALICE))
    assert.equal(attached?.document, '{"new":true}')
    await world.reopen()
    assert.deepEqual(await world.store.access.policy(ACCOUNT, 'reader'), changed)
    const described = await world.store.access.updatePolicy({ ...update, description: 'x' }, undefined)
    assert.deepEqual(described, { ...changed, description: 'x' })
    assert.equal(await world.store.access.updatePolicy({ ...update, name: 'none' }, undefined), 'no policy')
    const foreign = { ...update, account: OTHER_ACCOUNT }
    assert.equal(await world.store.access.updatePolicy(foreign, undefined), 'no policy')
  })

  test('what is attached is there at once with its text, and gone at once', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    await addAlice(world)
    await access.createPolicy(newPolicy('reader'), undefined)
    const attached = async () =>
      (await access.attachedPolicies(ACCOUNT, userOf(ACCOUNT, ALICE))).map(({ name, type, document }) => ({
        name,
        type,
        document,
      }))
    assert.equal(await access.attachPolicy(mark('reader'), undefined), undefined)
    assert.equal(await access.attachPolicy(mark('reader', { type: 'System' }), undefined), undefined)
    assert.deepEqual(await attached(), [
      { name: 'reader', type: 'Custom', document: newPolicy('reader').document },
      { name: 'reader', type: 'System', document: '' },
    ])
    assert.equal((await access.policy(ACCOUNT, 'reader'))?.attachments, 1)
    assert.equal(await access.attachments(ACCOUNT, { type: 'System', name: 'reader' }), 1)
    assert.equal(await access.attachments(OTHER_ACCOUNT, { type: 'System', name: 'reader' }), 0)
    assert.deepEqual(await access.attachedPolicies(ACCOUNT, rootOf(ACCOUNT)), [])

    assert.equal(await access.attachPolicy(mark('reader'), undefined), 'attached already')
    assert.equal(await access.attachPolicy(mark('nothing'), undefined), 'no policy')
    assert.equal(await access.attachPolicy(mark('reader', { userName: 'nobody' }), undefined), 'no user')
    assert.equal(await access.deletePolicy({ account: ACCOUNT, name: 'reader' }, undefined), 'policy is attached')
    assert.equal(await access.detachPolicy(mark('reader'), undefined), undefined)
    assert.deepEqual(
      (await attached()).map(({ type }) => type),
      ['System'],
    )
    assert.equal(await access.detachPolicy(mark('reader'), undefined), 'not attached')
    assert.equal(await access.detachPolicy(mark('nothing'), undefined), 'no policy')
    assert.equal(await access.deletePolicy({ account: ACCOUNT, name: 'reader' }, undefined), undefined)
    assert.equal(await access.deletePolicy({ account: ACCOUNT, name: 'reader' }, undefined), 'no policy')
  })

  test('row 14: no policy can be reached from another account, nor be given to its users', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    await addAlice(world)
    await addAlice(world, OTHER_ACCOUNT, toUserId('2000000000000002'))
    await access.createPolicy(newPolicy('reader'), undefined)
    assert.equal(await access.policy(OTHER_ACCOUNT, 'reader'), undefined)
    assert.deepEqual(await access.policies(OTHER_ACCOUNT, { after: '', limit: 10 }), [])
    assert.equal(await access.deletePolicy({ account: OTHER_ACCOUNT, name: 'reader' }, undefined), 'no policy')
    const foreign = { account: OTHER_ACCOUNT }
    assert.equal(await access.attachPolicy(mark('reader', foreign), undefined), 'no policy')
    // The same name is another policy there.
    const own = { ...newPolicy('reader', OTHER_ACCOUNT), document: '{"own":true}' }
    assert.equal(typeof (await access.createPolicy(own, undefined)), 'object')
    assert.equal(await access.attachPolicy(mark('reader', foreign), undefined), undefined)
    const [attached] = await access.attachedPolicies(OTHER_ACCOUNT, userOf(OTHER_ACCOUNT, toUserId('2000000000000002')))
    assert.equal(attached?.document, '{"own":true}')
    assert.deepEqual(await access.attachedPolicies(ACCOUNT, userOf(ACCOUNT, ALICE)), [])
    assert.equal(await access.deletePolicy({ account: ACCOUNT, name: 'reader' }, undefined), undefined)
  })

  test('a user has no more policies of each type than the limit', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    await addAlice(world)
    for (const type of ['System', 'Custom'] as const) {
      const limit = ACCESS_LIMITS.policiesOfUser[type]
      const names = Array.from({ length: limit + 3 }, (_, index) => `p${index}`)
      if (type === 'Custom') await Promise.all(names.map((name) => access.createPolicy(newPolicy(name), undefined)))
      const ends = await Promise.all(names.map((name) => access.attachPolicy(mark(name, { type }), undefined)))
      assert.equal(ends.filter((end) => end === undefined).length, limit)
      assert.equal(ends.filter((end) => end === 'too many attachments').length, 3)
    }
    const { System, Custom } = ACCESS_LIMITS.policiesOfUser
    assert.equal((await access.attachedPolicies(ACCOUNT, userOf(ACCOUNT, ALICE))).length, System + Custom)
  })

  if (full) {
    test('an account has no more policies than the limit', async () => {
      await using world = await storeWorld(open)
      const { access } = world.store
      const names = Array.from({ length: ACCESS_LIMITS.policiesOfAccount }, (_, index) => `p${index}`)
      await Promise.all(names.map((name) => access.createPolicy(newPolicy(name), undefined)))
      assert.equal(await access.createPolicy(newPolicy('one-more'), undefined), 'too many policies')
    })
  }

  test('row 7: each change of policies burns its nonce in its commit, and nothing happens twice', async () => {
    await using world = await storeWorld(open)
    const { access } = world.store
    await addAlice(world)
    const changes: readonly ((burn: ReturnType<typeof nonce>) => Promise<unknown>)[] = [
      (burn) => access.createPolicy(newPolicy('reader'), burn),
      (burn) => access.updatePolicy(newPolicy('reader'), burn),
      (burn) => access.attachPolicy(mark('reader'), burn),
      (burn) => access.detachPolicy(mark('reader'), burn),
      (burn) => access.deletePolicy({ account: ACCOUNT, name: 'reader' }, burn),
    ]
    for (const [index, change] of changes.entries()) {
      const burn = nonce(`n${index}`, world.clock)
      assert.notEqual(await change(burn), 'nonce used', String(index))
      assert.equal(await access.burnt(burn.key, burn.value), true, String(index))
      assert.equal(await change(burn), 'nonce used', String(index))
    }
  })
}
