import { silentLog } from '../../src/base/log.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

// Opens and closes the store of the folder in the first argument; says why and ends with 3 where it is refused.
try {
  const store = await openSqliteStore({ folder: process.argv[2] ?? '', clock: manualClock(), log: silentLog() })
  await store[Symbol.asyncDispose]()
} catch (error) {
  console.log(error instanceof Error ? error.message : error)
  process.exitCode = 3
}
