import { spreadOf } from '../../src/base/backoff.ts'
import { createFleetService, type FleetService } from '../../src/fleet/fleet-service.ts'
import { createPresence } from '../../src/fleet/presence.ts'
import { startResultVerifier } from '../../src/fleet/result-verifier.ts'
import { createSessions } from '../../src/fleet/sessions.ts'
import { verifyEd25519 } from '../../src/link/keys.ts'
import type { VerifyAll } from '../../src/link/signature-verifier.ts'
import { createDoorkeeper, type LinkHost, type ServerLink } from '../../src/link/doorkeeper.ts'
import type { GatewayId } from '../../src/model/ids.ts'
import type { Store } from '../../src/store/store.ts'
import { createDispatcher } from '../../src/tasks/dispatcher.ts'
import { startReaper } from '../../src/tasks/reaper.ts'
import { createTaskService, type TaskService } from '../../src/tasks/task-service.ts'
import { createTaskWaiters } from '../../src/tasks/task-waiters.ts'
import type { Random } from '../fuzz/random.ts'
import { type BusFaults, busWithLosses } from './bus-with-losses.ts'
import { type Disk, QUIET } from './disk.ts'
import type { MachineProcess } from './machine.ts'
import type { Network } from './network.ts'
import { createRecentTasks } from '../../src/tasks/recent-tasks.ts'

const DRAIN = { afterMs: 500 }

export interface ServerUnderTest {
  readonly process: MachineProcess
  readonly store: Store
  readonly tasks: TaskService
  readonly fleet: FleetService
  readonly draining: boolean
  /** Since when it has the session that this gateway has now. */
  sessionSince(gateway: GatewayId): number | undefined
  /** As SIGTERM: drains and ends everything; then the process is dead. */
  stop(): Promise<void>
}

/** Here and now: another thread knows nothing of the simulated time. */
const verifyAll: VerifyAll = async (all) =>
  all.map(({ raw, payload, signature }) => verifyEd25519(raw, payload, signature))

/** The real server but for its HTTP and its audit trail, wired as `cli/server-process.ts` does. */
export async function startServer(parts: {
  process: MachineProcess
  disk: Disk
  network: Network
  random: Random
  busFaults: BusFaults
  retentionMs: number
  now: () => number
}): Promise<ServerUnderTest> {
  const { process, disk, network, random, busFaults, retentionMs, now } = parts
  const { clock } = process
  const log = QUIET
  const opened = new AsyncDisposableStack()
  const store = opened.use(disk.open(process))
  const bus = opened.use(busWithLosses({ random, process, faults: busFaults }))
  const waiters = opened.use(await createTaskWaiters({ bus, clock }))
  const presence = opened.use(createPresence({ store: store.fleet, clock, log }))
  const retention = () => ({ taskMs: retentionMs })
  const recent = createRecentTasks(clock, retention)
  const dispatcher = opened.use(await createDispatcher({ store, bus, recent, clock, log }))
  const { serverId } = store
  const sessions = opened.use(
    await createSessions({ store: store.fleet, serverId, presence, bus, events: dispatcher.events, clock, log }),
  )
  const tasks = createTaskService({ store: store.tasks, bus, waiters, recent, clock })
  const fleet = createFleetService({ store: store.fleet, presence, bus, serverId, clock })
  opened.use(startReaper({ store, bus, dispatcher, retention, clock, log }))
  opened.use(startResultVerifier({ store: store.tasks, serverId, verifyAll, clock, log }))
  const since = new Map<GatewayId, { readonly link: ServerLink; readonly at: number }>()
  const connected = (link: ServerLink) => {
    since.set(link.gateway, { link, at: now() })
    void link.closed.then(() => since.get(link.gateway)?.link === link && since.delete(link.gateway))
    sessions.connected(link)
  }
  const host: LinkHost = {
    server: serverId,
    keys: (gateway) => sessions.keys(gateway),
    open: (proven) => sessions.open(proven),
    connected,
  }
  const doorkeeper = createDoorkeeper({ host, clock, log: QUIET, expected: 0, turns: () => () => Promise.resolve() })
  network.listen(process, (socket, address) => {
    // What goes wrong with one is logged by the listener.
    void doorkeeper.welcome(socket, address)
  })
  let draining = false
  return {
    process,
    store,
    tasks,
    fleet,
    get draining() {
      return draining
    },
    sessionSince: (gateway) => since.get(gateway)?.at,
    async stop() {
      draining = true
      waiters.release()
      sessions.drain({ ...DRAIN, spreadMs: spreadOf(sessions.size) })
      await opened.disposeAsync()
    },
  }
}
