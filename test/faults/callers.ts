import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { backoff } from '../../src/base/backoff.ts'
import type { Answer } from '../../src/cli/api-client.ts'
import { isDiscoveryErrorCode } from '../../src/model/errors.ts'
import { DBS } from '../fixtures/postern.ts'
import { createRandom } from '../fuzz/random.ts'
import type { CallersWorld, WorldAccount } from './fault-world.ts'
import type { Does, HistoryFile, Says } from './history.ts'

const OURS = '2026-12-01'
/** A caller gives an answer up after this, besides what it asked the server to wait. */
const ANSWER_MS = 4_000
const BACKOFF = { baseMs: 100, capMs: 4_000 }
const LIST_MS = 60_000
/** By then every task has ended, or the checker will say so. */
const GIVE_UP_MS = 240_000
const MAX_PAGES = 1_000

export interface Timing {
  /** When it was done, monotonic milliseconds; how long the create and the whole task took. */
  readonly at: number
  readonly createMs: number
  readonly taskMs: number
}

export interface CallersOptions {
  readonly world: CallersWorld
  readonly history: Pick<HistoryFile, 'add'>
  readonly seed: number
  readonly deliveryMs: number
  readonly executionMs: number
  /** Nobody goes on after it. */
  readonly signal: AbortSignal
  readonly onTask?: (timing: Timing) => void
}

/** A task that was acknowledged, and whose it is. */
export interface Made {
  readonly account: WorldAccount
  readonly task: number
}

/** Callers as real ones are: each call has a time limit, and is tried again with the same ClientToken. */
export interface Callers {
  /** One caller with one task, from its create to its end; undefined where it was never acknowledged. */
  run(index: number): Promise<Made | undefined>
  /** Reads a task again, and lists what an account has; tried until there is an answer. */
  readAgain(made: Made): Promise<void>
  list(account: WorldAccount): Promise<void>
}

interface Asking {
  readonly ms: number
  readonly ask: (signal: AbortSignal) => Promise<Says>
}

export function createCallers(options: CallersOptions): Callers {
  const { world, history, seed, deliveryMs, executionMs, signal: stop } = options
  let calls = 0

  /** Gives up after `ms`. */
  const invoke = async (account: WorldAccount, does: Does, { ms, ask }: Asking) => {
    const call = calls++
    history.add({ kind: 'invoke', at: performance.now(), call, account: account.name, does })
    try {
      const says = await ask(AbortSignal.timeout(ms))
      history.add({ kind: 'answer', at: performance.now(), call, says })
      return says
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      history.add({ kind: 'timeout', at: performance.now(), call, why })
      return undefined
    }
  }
  const read = (account: WorldAccount, task: number, waitSeconds: number) =>
    invoke(
      account,
      { action: 'read', task },
      {
        ms: ANSWER_MS + waitSeconds * 1000,
        async ask(signal) {
          const params = { TaskId: String(task), WaitSeconds: String(waitSeconds) }
          return readAnswer(await account.api.call('GetDBListFromAgent', { version: DBS, params, signal }))
        },
      },
    )
  const cancel = (account: WorldAccount, task: number) =>
    invoke(
      account,
      { action: 'cancel', task },
      {
        ms: ANSWER_MS,
        async ask(signal) {
          const params = { TaskId: String(task) }
          return cancelAnswer(await account.api.call('CancelTask', { version: OURS, params, signal }))
        },
      },
    )

  /** Until it is answered as it should be; a refusal for now is tried again like no answer. */
  const persist = async (attempt: () => Promise<Says | undefined>): Promise<Says | undefined> => {
    const until = performance.now() + GIVE_UP_MS
    for (let tries = 0; performance.now() < until && !stop.aborted; tries++) {
      const says = await attempt()
      if (says !== undefined && says.is !== 'refused') return says
      await sleep(backoff(tries + 1, BACKOFF, Math.random))
    }
    return undefined
  }

  const create = (account: WorldAccount, given: { gateway: string; endpoint: number; token: string }) => {
    const endpoint = world.endpoints[given.endpoint] ?? world.endpoints[0]
    const params = {
      BackupGatewayId: given.gateway,
      DatabaseType: endpoint.engine,
      SourceEndpointIP: '127.0.0.1',
      SourceEndpointPort: String(endpoint.proxy.port),
      DeliveryTimeoutSeconds: String(deliveryMs / 1000),
      ExecutionTimeoutSeconds: String(executionMs / 1000),
      ClientToken: given.token,
    }
    const { gateway, token } = given
    const does: Does = { action: 'create', token, gateway, endpoint: endpoint.name, deliveryMs, executionMs }
    return invoke(account, does, {
      ms: ANSWER_MS,
      ask: async (signal) =>
        createAnswer(await account.api.call('CreateGetDBListFromAgentTask', { version: DBS, params, signal })),
    })
  }

  const untilEnd = async (account: WorldAccount, task: number, waits: boolean) => {
    const until = performance.now() + GIVE_UP_MS
    for (let lost = 0; performance.now() < until && !stop.aborted; ) {
      const says = await read(account, task, waits ? 10 : 0)
      if (says?.is === 'ended' || says?.is === 'not found') return
      lost = says === undefined || says.is === 'refused' ? lost + 1 : 0
      if (!waits || lost > 0) await sleep(300 + backoff(lost, BACKOFF, Math.random))
    }
  }

  return {
    async run(index) {
      const random = createRandom(seed, 1_000 + index)
      const [first, second] = world.accounts
      const [account, other] = index % 2 === 0 ? [first, second] : [second, first]
      const gateway = account.gateways[random.below(account.gateways.length)]?.id ?? ''
      // Two callers of two accounts have the same token.
      const token = `token-${Math.floor(index / 2)}`
      const given = { gateway, endpoint: random.below(world.endpoints.length), token }
      const began = performance.now()
      const once = () => create(account, given)
      const [made] = await Promise.all([persist(once), ...(random.chance(0.1) ? [once()] : [])])
      if (made?.is !== 'created') return undefined
      const { task } = made
      const createMs = performance.now() - began

      const manner = random.below(10)
      if (manner === 0) {
        await sleep(random.below(1_500))
        await persist(() => cancel(account, task))
      }
      await untilEnd(account, task, manner > 3)
      const at = performance.now()
      options.onTask?.({ at, createMs, taskMs: at - began })
      if (random.chance(0.2)) await read(other, task, 0)
      if (random.chance(0.2)) await read(account, task, 0)
      if (random.chance(0.05)) await cancel(account, task)
      // An id that may be anybody's or nobody's tells nothing.
      if (random.chance(0.02)) await read(account, 10 ** 14 + random.below(2 ** 31) * 4_000, 0)
      return { account, task }
    },
    async readAgain({ account, task }) {
      await persist(() => read(account, task, 0))
    },
    async list(account) {
      const ask = (signal: AbortSignal) => listAll(account, signal)
      await persist(() => invoke(account, { action: 'list' }, { ms: LIST_MS, ask }))
    },
  }
}

const codeOf = ({ body }: Answer) =>
  z
    .string()
    .catch('none')
    .parse(body['ErrCode'] ?? body['Code'])
const refused = (answer: Answer): Says => ({ is: 'refused', code: codeOf(answer) })
const created = z.object({ TaskId: z.number() })
const listing = z.object({ Success: z.literal(true), DbList: z.object({ dbName: z.array(z.string()) }) })
const status = z.object({ TaskStatus: z.string(), Failure: z.object({ Code: z.string() }).optional() })
const page = z.object({ Tasks: z.object({ Task: z.array(created) }), NextToken: z.string().optional() })

function createAnswer(answer: Answer): Says {
  const made = created.safeParse(answer.body)
  return answer.ok && made.success ? { is: 'created', task: made.data.TaskId } : refused(answer)
}

function readAnswer(answer: Answer): Says {
  const code = codeOf(answer)
  const listed = listing.safeParse(answer.body)
  if (answer.ok && listed.success) return { is: 'ended', names: listed.data.DbList.dbName }
  if (code === 'Task.NotFinished') return { is: 'open' }
  if (code === 'Task.NotFound') return { is: 'not found' }
  return isDiscoveryErrorCode(code) ? { is: 'ended', code } : { is: 'refused', code }
}

function cancelAnswer(answer: Answer): Says {
  const told = status.safeParse(answer.body)
  if (codeOf(answer) === 'Task.NotFound') return { is: 'not found' }
  if (!answer.ok || !told.success) return refused(answer)
  const { TaskStatus, Failure } = told.data
  if (TaskStatus === 'Succeeded') return { is: 'ended' }
  return TaskStatus === 'Queued' || TaskStatus === 'Running'
    ? { is: 'open' }
    : { is: 'ended', code: Failure?.Code ?? TaskStatus }
}

async function listAll({ api }: WorldAccount, signal: AbortSignal): Promise<Says> {
  const tasks: number[] = []
  let next: string | undefined
  for (let count = 0; count < MAX_PAGES; count++) {
    const params = { MaxResults: '100', ...(next !== undefined && { NextToken: next }) }
    const answer = await api.call('ListTasks', { version: OURS, params, signal })
    if (!answer.ok) return refused(answer)
    const { Tasks, NextToken } = page.parse(answer.body)
    tasks.push(...Tasks.Task.map(({ TaskId }) => TaskId))
    if (NextToken === undefined) break
    next = NextToken
  }
  return { is: 'listed', tasks }
}
