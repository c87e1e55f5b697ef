import { silentLog } from '../../src/base/log.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import type { OpenStore } from './store-world.ts'

/** In a folder that outlives it. */
export const openSqliteIn =
  (folder: string): OpenStore =>
  async (clock) => {
    const open = () => openSqliteStore({ folder, clock, log: silentLog() })
    let store = await open()
    return {
      store,
      async reopen() {
        await store[Symbol.asyncDispose]()
        store = await open()
        return store
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  }

export const openSqlite: OpenStore = async (clock) => {
  const folder = await tempFolder('store')
  const opened = await openSqliteIn(folder.path)(clock)
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}
