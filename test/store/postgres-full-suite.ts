import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCESS_LIMITS } from '../../src/model/access-limits.ts'
import { toUserId } from '../../src/model/ids.ts'
import { openTestStore, type PostgresPlaces } from './postgres-place.ts'
import { ACCOUNT, OTHER_ACCOUNT, storeWorld } from './store-world.ts'

const user = { displayName: '', mobilePhone: '', email: '', comments: '' }
const policy = { description: '', document: '{}' }

/** Accounts that are filled up in one statement each, but for the last place. */
export function fullSuite(places: PostgresPlaces): void {
  test('an account in a PostgreSQL store has no more users and policies than the limits', async () => {
    const url = await places.storeDatabase()
    await using world = await storeWorld(async (clock) => {
      const store = await openTestStore(url, clock)
      return {
        store,
        reopen: () => openTestStore(url, clock),
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      }
    })
    const { access } = world.store
    const { usersOfAccount, policiesOfAccount } = ACCESS_LIMITS
    await (await places.server()).query(
      `INSERT INTO users SELECT i, '${ACCOUNT}', 'u' || i, '', '', '', '', 0, 0 FROM generate_series(2, ${usersOfAccount}) i;
       INSERT INTO policies SELECT '${ACCOUNT}', 'p' || i, '', '{}', 0, 0 FROM generate_series(2, ${policiesOfAccount}) i`,
      new URL(url).pathname.slice(1),
    )
    const addUser = (account: typeof ACCOUNT, n: number) =>
      access.createUser({ ...user, id: toUserId(String(9_000_000 + n)), name: `last${n}`, account }, undefined)
    const addPolicy = (account: typeof ACCOUNT, n: number) =>
      access.createPolicy({ ...policy, name: `last${n}`, account }, undefined)
    assert.equal(typeof (await addUser(ACCOUNT, 1)), 'object')
    assert.equal(await addUser(ACCOUNT, 2), 'too many users')
    assert.equal(typeof (await addUser(OTHER_ACCOUNT, 3)), 'object')
    assert.equal(typeof (await addPolicy(ACCOUNT, 1)), 'object')
    assert.equal(await addPolicy(ACCOUNT, 2), 'too many policies')
    assert.equal(typeof (await addPolicy(OTHER_ACCOUNT, 3)), 'object')
  })
}
