import { silentLog } from '../../src/base/log.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { listing, storeWorld } from './store-world.ts'

// Creates and finishes tasks in the folder of the first argument until it is killed; prints what was acknowledged.
const folder = process.argv[2] ?? ''
const world = await storeWorld(async (clock) => {
  const store = await openSqliteStore({ folder, clock, log: silentLog() })
  return { store, reopen: () => Promise.resolve(store), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
})
const say = (task: number, state: string) => process.stdout.write(`${JSON.stringify({ task, state })}\n`)
const gateway = await world.gateway()
const session = await world.session(gateway)

const create = async (): Promise<never> => {
  for (;;) say(await world.create(gateway), 'Queued')
}
const work = async (): Promise<never> => {
  for (;;) {
    const claims = await world.claim(session, { total: 4, perEndpoint: 1_000 })
    for (const claim of claims) {
      const end = await world.store.tasks.finish({ ...claim, gateway: gateway.id }, listing(gateway))
      if (end.kind === 'finished') say(end.task.id, end.task.state)
    }
  }
}
await Promise.all([...Array.from({ length: 8 }, create), work(), work()])
