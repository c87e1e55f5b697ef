import { z } from 'zod'
import type { FleetService } from '../../../fleet/fleet-service.ts'
import { type GatewayHistory, HISTORY_MINUTES } from '../../../fleet/gateway-history.ts'
import { MAX_WAITING_TASKS } from '../../../model/task.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import { aboutGateway, gatewayIdParameter } from '../../known-gateway.ts'
import { isoTime } from '../../task-answers.ts'

const NAME = 'GetGatewayHistory'

const params = z.object({ BackupGatewayId: gatewayIdParameter() })

const minute = z.object({
  Start: z.string().meta({ description: 'When it began.', examples: ['2026-01-01T00:00:00.000Z'] }),
  OnlineSeconds: z.number().meta({
    description: 'How long it was connected to this server in it, with a round trip not older than 45 s; 0 to 60.',
    examples: [60],
  }),
  RoundTripMs: z
    .number()
    .optional()
    .meta({
      description: 'Mean of the pings that ended in it, milliseconds; left out where none did.',
      examples: [12.5],
    }),
  ClockDriftMs: z
    .number()
    .optional()
    .meta({
      description: 'Its clock minus that of the server, milliseconds, at the last ping.',
      examples: [-40],
    }),
  RunningTasks: z
    .number()
    .optional()
    .meta({
      description: 'The most tasks that it ran at one of the pings, of which there are four a minute.',
      examples: [1],
    }),
})

const reply = z.object({
  BackupGatewayId: z.number().meta({ description: 'The gateway.', examples: [528_104_736_915_240] }),
  KnownSince: z.string().optional().meta({
    description:
      'This server has a history of it from then on: since its first connection to this process, or after an hour without one. Left out where it has none.',
  }),
  QueuedTasks: z.number().meta({ description: 'Tasks that wait for it now.', examples: [0] }),
  RunningTasks: z.number().meta({ description: 'Tasks that it was given and has not ended.', examples: [1] }),
  PerMinute: z
    .object({ Minute: z.array(minute) })
    .meta({ description: `The last ${HISTORY_MINUTES} minutes, oldest first; the last one is the one that runs.` }),
})
type Reply = z.output<typeof reply>

export function getGatewayHistory(services: {
  fleet: FleetService
  tasks: TaskService
  history: GatewayHistory
}): Action<z.output<typeof params>, Reply> {
  const { fleet, tasks, history } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'get',
    mutates: false,
    summary:
      'The last hour of the connection of a gateway, for a chart. It is kept in the memory of the server that has the connection: a restart forgets it, and of servers that share a store each knows its own.',
    params,
    reply,
    errors: ['BackupGateway.NotFound'],

    prepare: async ({ BackupGatewayId }, call) =>
      aboutGateway(
        fleet,
        { action: NAME, BackupGatewayId },
        {
          call,
          async handle({ id }) {
            const load = (await tasks.loads([id], MAX_WAITING_TASKS)).get(id)
            const { since, minutes } = history.of(id)
            const known = isoTime(since)
            return {
              BackupGatewayId: id,
              ...(known !== undefined && { KnownSince: known }),
              QueuedTasks: load?.queued ?? 0,
              RunningTasks: load?.running ?? 0,
              PerMinute: {
                Minute: minutes.map(({ start, onlineMs, rttMs, driftMs, running }) => ({
                  Start: isoTime(start) ?? '',
                  OnlineSeconds: Math.round(onlineMs / 1000),
                  ...(rttMs !== undefined && { RoundTripMs: toTenths(rttMs) }),
                  ...(driftMs !== undefined && { ClockDriftMs: toTenths(driftMs) }),
                  ...(running !== undefined && { RunningTasks: running }),
                })),
              },
            }
          },
        },
      ),
  }
}

const toTenths = (ms: number) => Math.round(ms * 10) / 10
