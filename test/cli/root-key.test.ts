import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { ensureRootAccount } from '../../src/cli/root-key.ts'
import type { AccessStore } from '../../src/store/access-store.ts'
import type { Store } from '../../src/store/store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { openTestStore, postgresPlaces } from '../store/postgres-place.ts'

const ROUNDS = 4
const places = postgresPlaces()
after(() => places[Symbol.asyncDispose]())
const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'

/** Two servers that start on the same empty database, each with a folder of its own. Each looks before the other makes anything. */
async function twoServers() {
  const [folder, url] = [await tempFolder('root-key'), await places.storeDatabase()]
  const stores = await Promise.all([1, 2].map(() => openTestStore(url, manualClock())))
  const looked = Promise.withResolvers<void>()
  let looks = 0
  const afterBoth = ({ access }: Store): AccessStore => ({
    ...access,
    async anyAccessKey() {
      const found = await access.anyAccessKey()
      if (++looks === stores.length) looked.resolve()
      await looked.promise
      return found
    },
  })
  const nodes = stores.map((store, index) => ({ access: afterBoth(store), data: join(folder.path, String(index)) }))
  for (const { data } of nodes) await mkdir(data)
  return {
    folder: folder.path,
    nodes,
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

const start = ({ access, data }: { access: AccessStore; data: string }, keyFile = join(data, 'secret.key')) =>
  ensureRootAccount({ store: access, keyFile, data, log: silentLog() })

describe('servers that start first at the same moment', { skip }, () => {
  test('one makes the account, the other makes no key and says what to do', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await using world = await twoServers()
      const [one, two] = world.nodes
      assert.ok(one !== undefined && two !== undefined)
      const ended = await Promise.allSettled([start(one), start(two)])
      const [winner, loser] = ended[0]?.status === 'fulfilled' ? [one, two] : [two, one]
      const refused = ended.filter((each) => each.status === 'rejected')
      assert.equal(refused.length, 1)
      assert.match(
        String(refused[0]?.reason),
        /Copy its secret\.key to .*secret\.key.*chmod 600.*start this server again/,
      )
      assert.equal((await one.access.accounts()).length, 1)
      assert.deepEqual(await readdir(loser.data), [])
      assert.deepEqual((await readdir(winner.data)).toSorted(), ['root-access-key.json', 'secret.key'])

      await assert.rejects(start(loser), /missing.*copy it from another server/)
      await copyFile(join(winner.data, 'secret.key'), join(loser.data, 'secret.key'))
      await start(loser)
      assert.deepEqual(await readdir(loser.data), ['secret.key'])
    }
  })

  test('with one key file for both, both start', async () => {
    await using world = await twoServers()
    const keyFile = join(world.folder, 'secret.key')
    await Promise.all(world.nodes.map((node) => start(node, keyFile)))
    assert.equal((await world.nodes[0]?.access.accounts())?.length, 1)
    const files = await Promise.all(world.nodes.map(({ data }) => readdir(data)))
    assert.deepEqual(files.flat(), ['root-access-key.json'])
  })

  test('a key file that was there stays, also where it is the wrong one', async () => {
    await using world = await twoServers()
    for (const [index, { data }] of world.nodes.entries())
      await writeFile(join(data, 'secret.key'), `${String(index + 1).repeat(64)}\n`, { mode: 0o600 })
    const ended = await Promise.allSettled(world.nodes.map((node) => start(node)))
    assert.equal(ended.filter(({ status }) => status === 'rejected').length, 1)
    for (const { data } of world.nodes) assert.ok((await readdir(data)).includes('secret.key'))
  })
})
