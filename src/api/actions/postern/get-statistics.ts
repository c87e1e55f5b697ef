import { z } from 'zod'
import type { FleetService } from '../../../fleet/fleet-service.ts'
import {
  type AccountStatistics,
  MAX_MINUTES,
  MAX_OPEN_COUNTED,
  type TaskStatistics,
} from '../../../tasks/task-statistics.ts'
import type { Action } from '../../action.ts'
import { integer } from '../../parameter-kinds.ts'
import { gatewayResource } from '../../resources.ts'

const NAME = 'GetStatistics'
/** More codes are told together. */
const MAX_CODES = 20

const params = z.object({
  Minutes: integer(1, MAX_MINUTES)
    .prefault('60')
    .meta({ description: `How many minutes back, with the one that runs, 1 to ${MAX_MINUTES}.`, examples: ['30'] }),
})

const failures = z.object({
  Failure: z.array(
    z.object({
      Code: z.string().meta({ description: 'The code of the failure.', examples: ['Database.AuthenticationFailed'] }),
      Count: z.number().meta({ description: 'Tasks that ended with it.', examples: [3] }),
    }),
  ),
})
const milliseconds = (share: string) =>
  z
    .number()
    .optional()
    .meta({ description: `${share} were not longer, milliseconds; left out where there were none.`, examples: [84] })

const minute = z.object({
  Start: z.string().meta({ description: 'When it began.', examples: ['2026-01-01T00:00:00.000Z'] }),
  Complete: z.boolean().meta({
    description:
      'False: it runs, or not all of it is counted yet. Of what ended long ago so much is counted with each question, and the rest right after it: ask again.',
  }),
  Succeeded: z.number().meta({ description: 'Tasks that ended so in it.', examples: [12] }),
  Failed: z.number().meta({ description: 'Tasks that ended so in it.', examples: [1] }),
  Cancelled: z.number().meta({ description: 'Tasks that ended so in it.', examples: [0] }),
  TimedOut: z.number().meta({ description: 'Tasks that ended so in it.', examples: [0] }),
  LatencyP50Ms: milliseconds('From creation to end of those that succeeded or failed, to three digits: half of them'),
  LatencyP90Ms: milliseconds('Nine of ten'),
  LatencyP99Ms: milliseconds('99 of 100'),
  Failures: failures.meta({
    description: `Of failed and timed-out tasks, those with one of the ${MAX_CODES} most frequent codes of the whole time.`,
  }),
  OtherFailures: z.number().meta({ description: 'Failed and timed-out tasks with other codes.', examples: [0] }),
})

const gatewayCount = (what: string) => z.number().meta({ description: what, examples: [1] })

const reply = z.object({
  Time: z.string().meta({ description: 'When this was true.', examples: ['2026-01-01T00:00:00.000Z'] }),
  Complete: z.boolean().meta({ description: 'All minutes are counted but the one that runs and the one before it.' }),
  Gateways: z.object({
    Total: gatewayCount('Gateways of the account.'),
    Online: gatewayCount('A round trip within 45 s.'),
    Offline: gatewayCount('None.'),
    Conflict: gatewayCount('Two processes with one identity.'),
    Stopped: gatewayCount('Ended politely and not seen since.'),
    Upgrading: gatewayCount('The same, with another version in its place.'),
  }),
  QueuedTasks: z.number().meta({
    description: `Tasks that wait for their gateway, counted up to ${MAX_OPEN_COUNTED}.`,
    examples: [0],
  }),
  RunningTasks: z.number().meta({
    description: `Tasks that their gateway was given and has not ended, counted up to ${MAX_OPEN_COUNTED}.`,
    examples: [1],
  }),
  Failures: failures.meta({
    description: `Of all the minutes: the ${MAX_CODES} most frequent codes, most frequent first.`,
  }),
  OtherFailures: z.number().meta({ description: 'Failed and timed-out tasks with other codes.', examples: [0] }),
  PerMinute: z
    .object({ Minute: z.array(minute) })
    .meta({ description: 'Oldest first; the last one is the one that runs.' }),
})
type Reply = z.output<typeof reply>

export function getStatistics(services: {
  fleet: FleetService
  statistics: TaskStatistics
}): Action<z.output<typeof params>, Reply> {
  const { fleet, statistics } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'get',
    mutates: false,
    summary:
      'How it goes in the account: gateways, open tasks, and for each minute what ended, how, and how long it took. Minutes that are over are counted exactly, and once.',
    params,
    reply,
    errors: [],

    async prepare({ Minutes }, { principal }) {
      const { account } = principal
      return {
        target: { action: `postern:${NAME}`, resource: gatewayResource(account, {}, 'postern'), conditions: {} },
        async handle() {
          const [gateways, found] = await Promise.all([fleet.statusesOf(account), statistics.of(account, Minutes)])
          const { ONLINE, OFFLINE, CONFLICT, STOPPED, UPGRADING } = gateways
          return {
            ...taskReply(found),
            Gateways: {
              Total: ONLINE + OFFLINE + CONFLICT + STOPPED + UPGRADING,
              Online: ONLINE,
              Offline: OFFLINE,
              Conflict: CONFLICT,
              Stopped: STOPPED,
              Upgrading: UPGRADING,
            },
          }
        },
      }
    },
  }
}

function taskReply({ at, minutes, open }: AccountStatistics): Omit<Reply, 'Gateways'> {
  const totals = new Map<string, number>()
  for (const { failures: ofMinute } of minutes) {
    for (const [code, count] of ofMinute) totals.set(code, (totals.get(code) ?? 0) + count)
  }
  const frequent = [...totals].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, MAX_CODES)
  const codes = frequent.map(([code]) => code)
  const all = failuresOf(totals, codes)
  return {
    Time: new Date(at).toISOString(),
    Complete: minutes.slice(0, -2).every(({ isWhole }) => isWhole),
    QueuedTasks: open.queued,
    RunningTasks: open.running,
    ...all,
    PerMinute: {
      Minute: minutes.map(({ start, isWhole, ended, failures: ofMinute, latency }) => ({
        Start: new Date(start).toISOString(),
        Complete: isWhole,
        Succeeded: ended.Succeeded,
        Failed: ended.Failed,
        Cancelled: ended.Cancelled,
        TimedOut: ended.TimedOut,
        ...(latency && { LatencyP50Ms: latency.p50, LatencyP90Ms: latency.p90, LatencyP99Ms: latency.p99 }),
        ...failuresOf(ofMinute, codes),
      })),
    },
  }
}

function failuresOf(counts: ReadonlyMap<string, number>, codes: readonly string[]) {
  const told = codes.flatMap((Code) => {
    const Count = counts.get(Code)
    return Count === undefined ? [] : [{ Code, Count }]
  })
  return { Failures: { Failure: told }, OtherFailures: sum([...counts.values()]) - sum(told.map(({ Count }) => Count)) }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
