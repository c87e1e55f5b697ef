import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Bus } from '../bus/bus.ts'
import { PosternError } from '../model/errors.ts'
import type { AccountId, PrincipalId, TaskId } from '../model/ids.ts'
import { type DatabaseRecord, databaseRecord } from '../model/listing.ts'
import { CLIENT_TOKEN_RETENTION_MS, isTerminal } from '../model/task.ts'
import type { Nonce } from '../store/access-store.ts'
import type { NewTask, Task, TaskStore } from '../store/task-store.ts'
import type { TaskWaiters } from './task-waiters.ts'

/** A reader looks at the store at least this often, because a wake can be lost. */
const REREAD_MS = 1_000

export interface CreateTask extends Omit<NewTask, 'token'> {
  readonly clientToken?: { readonly action: string; readonly value: string }
}

export interface TaskService {
  /** Acknowledged only after the commit; the same ClientToken with the same parameters gives the same task. */
  create(task: CreateTask, burn: Nonce | undefined): Promise<TaskId>
  /** The task now, or when it ends within `waitMs` (0–25,000); undefined where the account has none of that id. */
  read(account: AccountId, id: TaskId, wait: { waitMs: number; signal: AbortSignal }): Promise<Task | undefined>
  /** Final at once; the gateway is told to stop. A task that has ended is returned as it is; undefined where there is none. */
  cancel(account: AccountId, id: TaskId, by: PrincipalId): Promise<Task | undefined>
  /** The databases of a Succeeded task in the order in which the gateway sent them. */
  databases(account: AccountId, id: TaskId): Promise<readonly DatabaseRecord[]>
}

export function createTaskService(parts: {
  store: TaskStore
  bus: Bus
  waiters: TaskWaiters
  clock: Clock
}): TaskService {
  const { store, bus, waiters, clock } = parts
  return {
    async create({ clientToken, ...task }, burn) {
      const token = clientToken && {
        ...clientToken,
        parameters: parametersDigest(task),
        expiresAt: clock.now() + CLIENT_TOKEN_RETENTION_MS,
      }
      const created = await store.create({ ...task, ...(token && { token }) }, burn)
      if (created.kind === 'new') bus.publish('gateway', [String(task.gateway)])
      if (created.kind === 'new' || created.kind === 'same token') return created.task
      throw new PosternError(REFUSALS[created.kind])
    },

    async read(account, id, { waitMs, signal }) {
      const deadline = clock.now() + waitMs
      for (;;) {
        // Where nobody may wait, the answer is what is there now.
        const left = waiters.open ? deadline - clock.now() : 0
        // Registered before the store is read: an end between the two wakes it.
        const stop = new AbortController()
        const woken =
          left > 0
            ? waiters.wait(String(id), {
                ms: Math.min(left, REREAD_MS),
                signal: AbortSignal.any([signal, stop.signal]),
              })
            : undefined
        const task = await store.get(account, id)
        if (task === undefined || isTerminal(task.state) || woken === undefined || signal.aborted) {
          stop.abort()
          return task
        }
        await woken
      }
    },

    async cancel(account, id, by) {
      const cancelled = await store.cancel(account, id, by)
      if (cancelled === undefined) return undefined
      const { task, attempt } = cancelled
      bus.publish('task', [String(id)])
      if (attempt !== undefined) bus.publish('cancel', [`${task.gateway}:${attempt}`])
      return task
    },

    async databases(account, id) {
      const records: DatabaseRecord[] = []
      for (const part of (await store.parts(account, id)) ?? []) {
        for (const line of Buffer.from(part).toString('utf8').split('\n')) {
          if (line !== '') records.push(databaseRecord.parse(JSON.parse(line)))
        }
      }
      return records
    },
  }
}

const REFUSALS = {
  'token taken': 'IdempotentParameterMismatch',
  'nonce used': 'SignatureNonceUsed',
  'no gateway': 'BackupGateway.NotFound',
} as const

/** The two deadlines count, WaitSeconds and everything of the transport do not (row 20). */
function parametersDigest(task: Omit<CreateTask, 'clientToken'>): string {
  const { gateway, engine, host, port, deliveryMs, executionMs } = task
  const canonical = JSON.stringify([gateway, engine, host ?? null, port ?? null, deliveryMs, executionMs])
  return createHash('sha256').update(canonical).digest('hex')
}
