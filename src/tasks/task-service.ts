import { hash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { ownText } from '../base/own-text.ts'
import type { Bus } from '../bus/bus.ts'
import { PosternError } from '../model/errors.ts'
import type { AccountId, TaskId } from '../model/ids.ts'
import type { DatabaseRecord } from '../model/listing.ts'
import { CLIENT_TOKEN_RETENTION_MS, isTerminal, MAX_WAITING_TASKS } from '../model/task.ts'
import type { Nonce } from '../store/access-store.ts'
import { entry } from '../store/row.ts'
import type { CancelTask, NewTask, Task, TaskStore } from '../store/task-store.ts'
import type { DatabaseColumns } from './database-columns.ts'
import { createDatabaseLists } from './database-lists.ts'
import type { RecentTasks } from './recent-tasks.ts'
import type { TaskFacts, TaskWaiters } from './task-waiters.ts'

/** A reader looks at the store at least this often, because a wake can be lost; seldomer where thousands wait, so that all of them together look a thousand times a second at most. */
const REREAD_MS = 1_000
/** A gateway does not work off such a queue in a moment. */
const QUEUE_RETRY_MS = 5_000

export interface CreateTask extends Omit<NewTask, 'token'> {
  /** Of its gateway. */
  readonly region: string
  readonly clientToken?: { readonly action: string; readonly value: string }
}

export interface TaskService {
  /** Acknowledged only after the commit; the same ClientToken with the same parameters gives the same task. */
  create(task: CreateTask, burn: Nonce | undefined): Promise<TaskId>
  /** What is known without a look at the store of a task that this principal made here a moment ago. */
  known(by: Pick<Task, 'account' | 'createdBy'>, id: TaskId): TaskFacts | undefined
  /** The task now, or when it ends within `waitMs` (0–25,000; left out: 0); undefined where the account has none of that id. */
  read(account: AccountId, id: TaskId, wait?: { waitMs: number; signal: AbortSignal }): Promise<Task | undefined>
  /** The task with its attempts and how it ended; undefined where there is none. */
  details: TaskStore['details']
  /** What the gateway signed, with some parts of the list; undefined where no outcome of a gateway ended the task. */
  evidence: TaskStore['evidence']
  /** Newest first; the work of one page is bounded. */
  list: TaskStore['list']
  /** What waits for gateways, and what they were given. */
  loads: TaskStore['loads']
  /** Final at once; the gateway is told to stop. A task that has ended is returned as it is; undefined where there is none. */
  cancel(cancel: CancelTask, burn: Nonce | undefined): Promise<Task | undefined>
  /** What the databases of a Succeeded task that was read are called, in the order of the contract; undefined where it is gone meanwhile. */
  databaseColumns(task: Task): Promise<DatabaseColumns | undefined>
  /** The databases of any task, in the same order; kept for a while, because it is read page by page. Undefined where there is none. */
  sortedDatabases(account: AccountId, id: TaskId): Promise<readonly DatabaseRecord[] | undefined>
}

export function createTaskService(parts: {
  store: TaskStore
  bus: Bus
  waiters: TaskWaiters
  recent: RecentTasks
  clock: Clock
}): TaskService {
  const { store, bus, waiters, recent, clock } = parts
  const lists = createDatabaseLists(async ({ account, id }, task) => {
    const remembered = recent.get(account, id)?.parts
    if (remembered !== undefined) return remembered
    const result = await store.parts(account, id)
    // Whoever asks again a moment later is answered from memory, as those are who waited for it.
    if (task !== undefined && result !== undefined) recent.remember(task, result)
    return result
  })
  return {
    async create({ clientToken, region, ...task }, burn) {
      const token = clientToken && {
        ...clientToken,
        parameters: parametersDigest(task),
        expiresAt: clock.now() + CLIENT_TOKEN_RETENTION_MS,
      }
      const wake = () => bus.publish('gateway', [String(task.gateway)])
      const creating = store.create({ ...task, ...(token && { token }) }, burn)
      // Its gateway's claim goes into the same commit.
      if (store.inOrder) wake()
      const created = await creating
      if (created.kind === 'new') {
        const { account, gateway, engine, host, port, createdBy } = task
        const endpoint = { ...entry('host', host && ownText(host)), ...entry('port', port) }
        waiters.begun({ id: created.task, account, gateway, region, engine, ...endpoint, createdBy })
      }
      if (created.kind === 'new' && !store.inOrder) wake()
      if (created.kind === 'new' || created.kind === 'same token') return created.task
      if (created.kind === 'queue full') throw queueFull()
      throw new PosternError(REFUSALS[created.kind])
    },

    known({ account, createdBy }, id) {
      const task = waiters.begunTask(String(id)) ?? recent.get(account, id)?.task
      return task?.account === account && task.createdBy === createdBy ? task : undefined
    },

    async read(account, id, wait) {
      const deadline = wait && clock.now() + wait.waitMs
      for (let looks = 0; ; looks++) {
        const remembered = recent.get(account, id)?.task
        // Of one that had failed before, the store knows more: where its gateway is now.
        if (remembered !== undefined && (looks > 0 || remembered.state === 'Succeeded')) return remembered
        // Where nobody may wait, the answer is what is there now.
        const left = deadline !== undefined && waiters.open ? deadline - clock.now() : 0
        const ms = Math.min(left, Math.max(REREAD_MS, waiters.size))
        // Registered before the store is read: an end between the two wakes it.
        const waiting = wait && left > 0 ? waiters.wait(String(id), { ms, signal: wait.signal }) : undefined
        if (looks > 0 || waiting === undefined || waiters.begunTask(String(id))?.account !== account) {
          const task = await store.get(account, id)
          if (task !== undefined && isTerminal(task.state)) waiters.ended(String(id))
          if (task === undefined || isTerminal(task.state) || waiting === undefined || wait?.signal.aborted === true) {
            waiting?.stop()
            return task
          }
        }
        await waiting.woken
      }
    },

    details: (account, id) => store.details(account, id),
    evidence: (account, id, page) => store.evidence(account, id, page),
    list: (account, filter, page) => store.list(account, filter, page),
    loads: (gateways, most) => store.loads(gateways, most),

    async cancel(cancel, burn) {
      const cancelled = await store.cancel(cancel, burn)
      if (cancelled.kind === 'no task') return undefined
      if (cancelled.kind === 'nonce used') throw new PosternError(REFUSALS[cancelled.kind])
      const { task, attempt } = cancelled
      bus.publish('task', [String(task.id)])
      if (attempt !== undefined) bus.publish('cancel', [`${task.gateway}:${attempt}`])
      return task
    },

    databaseColumns: (task) => lists.columns(task),
    sortedDatabases: (account, id) => lists.get({ account, id }),
  }
}

const REFUSALS = {
  'token taken': 'IdempotentParameterMismatch',
  'nonce used': 'SignatureNonceUsed',
  'no gateway': 'BackupGateway.NotFound',
} as const

const queueFull = () =>
  new PosternError('Throttling', {
    message: `Request was denied due to request throttling: ${MAX_WAITING_TASKS} tasks wait for this gateway already.`,
    retryAfterMs: QUEUE_RETRY_MS,
  })

/** The two deadlines count, WaitSeconds and everything of the transport do not (row 20). */
function parametersDigest(task: Omit<NewTask, 'token'>): string {
  const { gateway, engine, host, port, deliveryMs, executionMs } = task
  const canonical = JSON.stringify([gateway, engine, host ?? null, port ?? null, deliveryMs, executionMs])
  return hash('sha256', canonical, 'hex')
}
