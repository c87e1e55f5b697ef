import { silentLog } from '../../src/base/log.ts'
import { rootOf } from '../../src/model/ids.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { ACCOUNT, storeWorld } from './store-world.ts'

// Deletes a gateway with 1,200 open tasks in the folder of the first argument and dies after the first step of their ends.
const folder = process.argv[2] ?? ''
const world = await storeWorld(async (clock) => {
  const store = await openSqliteStore({ folder, clock, log: silentLog() })
  return { store, reopen: () => Promise.resolve(store), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
})
const gateway = await world.gateway()
const tasks = await Promise.all(Array.from({ length: 1_200 }, () => world.create(gateway)))
process.stdout.write(JSON.stringify(tasks))
await world.store.fleet.delete({ account: ACCOUNT, id: gateway.id, by: rootOf(ACCOUNT) }, undefined)
const { length } = await world.store.fleet.endDeleted()
process.stderr.write(String(length), () => process.kill(process.pid, 'SIGKILL'))
