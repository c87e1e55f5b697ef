import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { CallerAccount } from '../faults/callers.ts'
import { DBS } from '../fixtures/postern.ts'

const EVERY_MS = 100
/** Far above what any call may take. */
const GIVE_UP_MS = 30_000
const OURS = '2026-12-01'

/** One call that waits for its answer however long it takes. Times are monotonic milliseconds. */
export interface Probe {
  readonly kind: 'read' | 'write'
  readonly token: string
  readonly from: number
  readonly to: number
  readonly status: number
  readonly code: string | undefined
  readonly message: string
  readonly task: number | undefined
}

const answered = z.object({
  TaskId: z.number().optional(),
  Code: z.string().optional(),
  ErrCode: z.string().optional(),
  Message: z.string().optional(),
  ErrMessage: z.string().optional(),
})

/** Asks at a steady rate, whatever became of the calls before; ends when the signal aborts and all are answered. */
export async function keepProbing(account: CallerAccount, name: string, signal: AbortSignal): Promise<readonly Probe[]> {
  const probes: Promise<Probe>[] = []
  for (let count = 0; !signal.aborted; count++) {
    const kind = count % 2 === 0 ? 'read' : 'write'
    probes.push(probe(account, { kind, token: `${name}-${count}` }))
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
  }
  return Promise.all(probes)
}

/** `write` makes a task with the token; `read` lists the newest task. */
export async function probe(
  { api, gateways: [gateway] }: CallerAccount,
  { kind, token }: Pick<Probe, 'kind' | 'token'>,
): Promise<Probe> {
  const from = performance.now()
  const params: Record<string, string> =
    kind === 'read'
      ? { MaxResults: '1' }
      : { BackupGatewayId: gateway?.id ?? '', DatabaseType: 'Redis', ClientToken: token }
  const { status, body } = await api.call(kind === 'read' ? 'ListTasks' : 'CreateGetDBListFromAgentTask', {
    version: kind === 'read' ? OURS : DBS,
    params,
    signal: AbortSignal.timeout(GIVE_UP_MS),
  })
  const { TaskId, Code, ErrCode, Message, ErrMessage } = answered.parse(body)
  const code = status === 200 ? undefined : (Code ?? ErrCode ?? 'none')
  return { kind, token, from, to: performance.now(), status, code, message: Message ?? ErrMessage ?? '', task: TaskId }
}
