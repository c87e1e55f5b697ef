import { silentLog } from '../../src/base/log.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import type { OpenStore } from './store-world.ts'

export const openSqlite: OpenStore = async (clock) => {
  const folder = await tempFolder('store')
  const open = () => openSqliteStore({ folder: folder.path, clock, log: silentLog() })
  let store = await open()
  return {
    store,
    async reopen() {
      await store[Symbol.asyncDispose]()
      store = await open()
      return store
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}
