import { statfs } from 'node:fs/promises'
import type { AuditTrail } from '../audit/audit-trail.ts'
import type { Clock } from '../base/clock.ts'
import type { FleetService } from '../fleet/fleet-service.ts'
import type { Store } from '../store/store.ts'
import type { ReadGauge } from './server-metrics.ts'

/** What alerts need to know of the whole server, read at each scrape. */
export function stateGauges(parts: {
  store: Pick<Store, 'tasks'>
  fleet: Pick<FleetService, 'countByStatus'>
  trail: Pick<AuditTrail, 'problem'>
  data: string
  clock: Clock
}): Readonly<Record<string, ReadGauge>> {
  const { store, fleet, trail, data, clock } = parts
  return {
    postern_gateways: {
      help: 'Gateways of all accounts, by their status.',
      label: 'status',
      read: () => fleet.countByStatus(),
    },
    postern_queue_oldest_seconds: {
      help: 'Age of the oldest task that waits for its gateway; 0 where none waits.',
      read: async () => {
        const oldest = await store.tasks.oldestWaiting()
        return oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000
      },
    },
    postern_audit_writable: {
      help: '1 while the audit trail can be written; at 0 changes are refused.',
      read: () => (trail.problem === undefined ? 1 : 0),
    },
    postern_data_disk_free_bytes: {
      help: 'What is free for this user on the disk of the store.',
      read: async () => {
        const { bavail, bsize } = await statfs(data)
        return bavail * bsize
      },
    },
    postern_data_disk_bytes: {
      help: 'Size of the disk of the store.',
      read: async () => {
        const { blocks, bsize } = await statfs(data)
        return blocks * bsize
      },
    },
  }
}
