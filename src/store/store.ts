import type { ServerId } from '../model/ids.ts'
import type { Instant } from '../model/task.ts'
import type { AccessStore } from './access-store.ts'
import type { FleetStore } from './fleet-store.ts'
import type { SharedBuckets } from './shared-buckets.ts'
import type { TaskStore } from './task-store.ts'

/**
 * What must survive. Every write resolves only after its commit is on disk, and is one unit: all of it or nothing.
 * Any method may reject with ServiceUnavailable when more is waiting than the store takes.
 * Public ids outside; how they are numbered inside is the store's own business.
 */
export interface Store extends AsyncDisposable {
  readonly serverId: ServerId
  /** When it was brought back from a backup: nonces that were burnt before are not all known. Undefined where it never was. */
  readonly restoredAt: Instant | undefined
  readonly tasks: TaskStore
  readonly fleet: FleetStore
  readonly access: AccessStore
  /** For limits that hold on all servers together; undefined where no other server shares the store. */
  readonly buckets: SharedBuckets | undefined
  /** Resolves when nothing can be written any more until the process is started again; never, where all is well. */
  readonly failed: Promise<Error>
  /** Why nothing can be read or written now, where that passes by itself. Undefined, also where it is left out: all is well. */
  problem?(): string | undefined
  /** Removes what its time is over for, at most `limit` rows of each kind; the number removed. Call again while it is not 0. */
  purge(now: Instant, retention: Retention, limit: number): Promise<number>
}

export interface Retention {
  /** From the end of a task, milliseconds. */
  readonly taskMs: number
}
