import { join } from 'node:path'
import { silentLog } from '../../src/base/log.ts'
import { PosternError } from '../../src/model/errors.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { listing, listingOf, storeWorld } from './store-world.ts'

// Runs where no file may grow beyond a few megabytes: a result that is larger must fail, what is small must go on.
const folder = join(process.argv[2] ?? '', 'store')
await using world = await storeWorld(async (clock) => {
  const store = await openSqliteStore({ folder, clock, log: silentLog() })
  return {
    store,
    reopen: () => Promise.reject(new Error('not here')),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
})
const gateway = await world.gateway()
const id = await world.create(gateway)
const claim = await world.claimOne(await world.session(gateway))
const parts = Array.from({ length: 32 }, () => new Uint8Array(256 * 1024).fill(65))
const large = world.store.tasks.finish(claim, listingOf(gateway, parts)).then(
  () => 'stored',
  (error: unknown) => (error instanceof PosternError ? error.entry : String(error)),
)
const outcome = await large
const state = (await world.store.tasks.get(gateway.account, id))?.state
const end = await world.store.tasks.finish(claim, listing(gateway))
const more = await Promise.all(Array.from({ length: 20 }, () => world.create(gateway)))
const kept = await Promise.all(more.map((one) => world.store.tasks.get(gateway.account, one)))
console.log(
  JSON.stringify({
    large: outcome,
    state,
    small: end.kind === 'finished' ? end.task.state : end.kind,
    kept: kept.filter((task) => task !== undefined).length,
  }),
)
