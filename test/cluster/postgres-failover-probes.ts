import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { CallersWorld, WorldAccount } from '../faults/fault-world.ts'
import type { HistoryFile, Says } from '../faults/history.ts'
import { DBS } from '../fixtures/postern.ts'

/** Far above what any call may take. */
const GIVE_UP_MS = 30_000
/** Of a kind that waits: a database that is silent must not make a crowd of them. */
const MAX_OPEN = 20
const OURS = '2026-12-01'
/** Of their calls in the history, beyond those of all callers. */
const FIRST_CALL = 1_000_000

/** One call that waits for its answer however long it takes. Times are monotonic milliseconds. */
export interface Probe {
  readonly kind: 'read' | 'write'
  readonly account: WorldAccount
  readonly token: string
  readonly from: number
  readonly to: number
  readonly status: number
  readonly code: string | undefined
  readonly message: string
  readonly task: number | undefined
}

export interface Prober {
  /** Asks at a steady rate, whatever became of the calls before; ends when the signal aborts and all are answered. */
  keepAsking(account: WorldAccount, at: Rhythm): Promise<readonly Probe[]>
  /** Makes a task with the token. */
  write(account: WorldAccount, token: string): Promise<Probe>
}

export interface Rhythm {
  readonly everyMs: number
  /** Otherwise it only reads. */
  readonly writes: () => boolean
  readonly signal: AbortSignal
}

const answered = z.object({
  TaskId: z.number().optional(),
  Code: z.string().optional(),
  ErrCode: z.string().optional(),
  Message: z.string().optional(),
  ErrMessage: z.string().optional(),
})

export function createProber(parts: {
  readonly world: CallersWorld
  readonly history: Pick<HistoryFile, 'add'>
  readonly deliveryMs: number
  readonly executionMs: number
}): Prober {
  const { world, history, deliveryMs, executionMs } = parts
  const [endpoint] = world.endpoints
  let calls = FIRST_CALL

  const write = async (account: WorldAccount, token: string) => {
    const call = calls++
    const gateway = account.gateways[0]?.id ?? ''
    const does = { action: 'create', token, gateway, endpoint: endpoint.name, deliveryMs, executionMs } as const
    history.add({ kind: 'invoke', at: performance.now(), call, account: account.name, does })
    const params = {
      BackupGatewayId: gateway,
      DatabaseType: endpoint.engine,
      SourceEndpointIP: '127.0.0.1',
      SourceEndpointPort: String(endpoint.proxy.port),
      DeliveryTimeoutSeconds: String(deliveryMs / 1000),
      ExecutionTimeoutSeconds: String(executionMs / 1000),
      ClientToken: token,
    }
    const probe = await ask(
      { kind: 'write', account, token },
      { action: 'CreateGetDBListFromAgentTask', version: DBS, params },
    )
    const says: Says =
      probe.task === undefined ? { is: 'refused', code: probe.code ?? 'none' } : { is: 'created', task: probe.task }
    history.add({ kind: 'answer', at: performance.now(), call, says })
    return probe
  }
  return {
    async keepAsking(account, { everyMs, writes, signal }) {
      const probes: Promise<Probe>[] = []
      const open = new Set<Promise<Probe>>()
      for (let count = 0; !signal.aborted; count++) {
        if (open.size < MAX_OPEN) {
          const probe = count % 4 === 0 && writes() ? write(account, `${account.name}-probe-${count}`) : read(account)
          probes.push(probe)
          open.add(probe)
          void probe.then(() => open.delete(probe))
        }
        await sleep(everyMs, undefined, { signal }).catch(() => {})
      }
      return Promise.all(probes)
    },
    write,
  }
}

interface Call {
  readonly action: string
  readonly version: string
  readonly params: Record<string, string>
}

async function ask(probe: Pick<Probe, 'kind' | 'account' | 'token'>, call: Call): Promise<Probe> {
  const from = performance.now()
  const { action, ...options } = call
  const signal = AbortSignal.timeout(GIVE_UP_MS)
  const { status, body } = await probe.account.api
    .call(action, { ...options, signal })
    .catch((error: unknown) => ({ status: 0, body: { Code: 'none', Message: String(error) } }))
  const { TaskId, Code, ErrCode, Message, ErrMessage } = answered.parse(body)
  const code = status === 200 ? undefined : (Code ?? ErrCode ?? 'none')
  const message = Message ?? ErrMessage ?? ''
  return { ...probe, from, to: performance.now(), status, code, message, task: TaskId }
}

/** Newest task. */
const read = (account: WorldAccount) =>
  ask({ kind: 'read', account, token: '' }, { action: 'ListTasks', version: OURS, params: { MaxResults: '1' } })
