import { join } from 'node:path'
import { openSecretBox } from '../access/secret-box.ts'
import type { AdminServices } from '../admin/operation.ts'
import { createStoreJobs } from '../admin/store-jobs.ts'
import { auditFolder } from '../audit/audit-folder.ts'
import { openAuditTrail } from '../audit/audit-trail.ts'
import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { STORE_FILE } from '../store/sqlite/store-file.ts'
import type { StoreLock } from '../store/sqlite/store-lock.ts'
import { auditOperator } from './audit-operator.ts'

export interface StoreOptions {
  readonly data: string
  readonly keyFile?: string
}

/** Opened only where the work asks for it: opening migrates, and a damaged store must be looked at without. Releases the lock. */
export async function onStoppedStore<T>(
  { data, keyFile = join(data, 'secret.key') }: StoreOptions,
  lock: StoreLock,
  work: (services: AdminServices) => Promise<T>,
): Promise<T> {
  await using opened = new AsyncDisposableStack()
  opened.defer(() => lock.release())
  const clock = systemClock()
  const log = createLog({ name: 'store', level: 'warn' })
  const open = async () => {
    // The store frees the lock when it closes, and once more does no harm.
    const store = opened.use(await openSqliteStore({ folder: data, lock, clock, log }))
    const box = await openSecretBox(keyFile, { create: false })
    const sealed = await store.access.anyAccessKey()
    // A key sealed under another key file than the others could never be used.
    if (sealed !== undefined) box.unseal(sealed.sealedSecret, sealed.id)
    return { store, box }
  }
  let opening: ReturnType<typeof open> | undefined
  const openOnce = () => (opening ??= open())
  return await work({
    file: join(data, STORE_FILE),
    keyFile,
    auditFolder: auditFolder(data),
    access: async () => {
      const { store, box } = await openOnce()
      return { store: store.access, box }
    },
    jobs: createStoreJobs(),
    record: async (act) => {
      const { store } = await openOnce()
      // Since 1970: what is too old is the server's to remove.
      const retentionMs = () => clock.now()
      await using trail = await openAuditTrail({ data, server: store.serverId, retentionMs, clock, log })
      await auditOperator(trail)(act)
    },
  })
}
