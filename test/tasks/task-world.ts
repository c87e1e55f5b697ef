import { type Clock, systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { localBus } from '../../src/bus/local-bus.ts'
import type { Session } from '../../src/fleet/sessions.ts'
import { outcomeDigest } from '../../src/model/outcome-digest.ts'
import {
  type AttemptId,
  fingerprintOf,
  type GatewayId,
  rootOf,
  toAccessKeyId,
  toAccountId,
  toRequestId,
} from '../../src/model/ids.ts'
import type { Outcome } from '../../src/model/listing.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { Claim, Result } from '../../src/store/task-store.ts'
import { createDispatcher, type Dispatcher } from '../../src/tasks/dispatcher.ts'
import { createRecentTasks } from '../../src/tasks/recent-tasks.ts'
import { type Reaper, startReaper } from '../../src/tasks/reaper.ts'
import { createTaskService, type TaskService } from '../../src/tasks/task-service.ts'
import { createTaskWaiters } from '../../src/tasks/task-waiters.ts'
import { keepsAll } from '../fixtures/keeps-all.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

export const ACCOUNT = toAccountId('100000000000001')
const EXECUTION_MS = 60_000

/** A session that only notes what it is told. */
export interface NotedSession extends Session {
  readonly runs: Claim[]
  readonly cancelled: AttemptId[]
  readonly acknowledged: string[]
  overloads: number
}

export interface TaskWorld extends AsyncDisposable {
  readonly store: Store
  /** Of the store. */
  readonly folder: string
  readonly dispatcher: Dispatcher
  readonly reaper: Reaper
  readonly tasks: TaskService
  readonly gateway: GatewayId
  /** A new session of the gateway, ready with what it holds. */
  connect(options?: { total?: number; perEndpoint?: number; holding?: readonly AttemptId[] }): Promise<NotedSession>
  create(host?: string): ReturnType<TaskService['create']>
}

/** The real tasks over the real store; only the gateway's connection is the test's. */
export async function taskWorld(
  options: { bus?: Bus; clock?: Clock; wrap?: (store: Store) => Store } = {},
): Promise<TaskWorld> {
  const resources = new AsyncDisposableStack()
  const folder = resources.use(await tempFolder('tasks'))
  const clock = options.clock ?? systemClock()
  const log = silentLog()
  const opened = resources.use(await openSqliteStore({ folder: folder.path, clock, log }))
  const store = options.wrap?.(opened) ?? opened
  const bus = options.bus ?? resources.use(localBus())
  const waiters = resources.use(await createTaskWaiters({ bus, clock }))
  const recent = createRecentTasks(clock, keepsAll)
  const dispatcher = resources.use(await createDispatcher({ store, bus, recent, clock, log }))
  const reaper = resources.use(startReaper({ store, bus, dispatcher, retention: keepsAll, clock, log }))
  const tasks = createTaskService({ store: store.tasks, bus, waiters, recent, clock })

  const by = rootOf(ACCOUNT)
  const rootKey = { id: toAccessKeyId('key'), account: ACCOUNT, principal: by, sealedSecret: new Uint8Array(1) }
  await store.access.createAccount({ id: ACCOUNT, name: 'test', rootKey })
  const tokenHash = 'a'.repeat(64)
  await store.fleet.createEnrollment(
    { account: ACCOUNT, tokenHash, region: 'default', expiresAt: clock.now() + 60_000, createdBy: by },
    undefined,
  )
  const key = newSigningKey()
  const enrolled = await store.fleet.enroll({ tokenHash, publicKey: key.publicKey, hostname: 'h', version: '0' })
  if (enrolled.kind !== 'enrolled') throw new Error(enrolled.kind)
  const gateway = enrolled.gateway.id
  let instances = 0

  return {
    store,
    folder: folder.path,
    dispatcher,
    reaper,
    tasks,
    gateway,
    async connect({ total = 4, perEndpoint = 4, holding = [] } = {}) {
      const instance = String(++instances).padStart(32, '0')
      const fingerprint = fingerprintOf(key.publicKey)
      const session = await store.fleet.open({
        gateway,
        instance,
        key: fingerprint,
        hostname: 'h',
        address: '127.0.0.1',
        version: '0',
      })
      if (session.kind !== 'open') throw new Error(session.kind)
      const noted: NotedSession = {
        gateway,
        epoch: session.epoch,
        account: ACCOUNT,
        capacity: { total, perEndpoint },
        runs: [],
        cancelled: [],
        acknowledged: [],
        overloads: 0,
        run: (claim) => noted.runs.push(claim) > 0,
        cancel: (attempt) => noted.cancelled.push(attempt) > 0,
        received: (attempt, kind) => noted.acknowledged.push(`${attempt} ${kind}`) > 0,
        overloaded: () => {
          noted.overloads++
        },
      }
      dispatcher.events.ready(noted, holding)
      return noted
    },
    create: (host = 'db') =>
      tasks.create(
        {
          account: ACCOUNT,
          gateway,
          engine: 'MySQL',
          host,
          port: 3306,
          region: 'default',
          deliveryMs: EXECUTION_MS,
          executionMs: EXECUTION_MS,
          createdBy: by,
          request: toRequestId('R'),
        },
        undefined,
      ),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** An empty listing, unsigned: whether it is signed is checked elsewhere. */
export function emptyResult(): Result {
  const outcome: Outcome = {
    kind: 'listing',
    count: 0,
    visibility: 'complete',
    warnings: [],
    server: { product: 'x', version: '1', role: 'primary' },
    steps: [],
    collectedAt: 1,
  }
  const outcomeText = JSON.stringify(outcome)
  const { fingerprint } = newSigningKey()
  return { outcome, outcomeText, parts: [], digest: outcomeDigest(outcomeText, []), signature: '', key: fingerprint }
}
