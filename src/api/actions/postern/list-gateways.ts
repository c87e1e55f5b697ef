import { z } from 'zod'
import type { FleetService, GatewayView } from '../../../fleet/fleet-service.ts'
import { GATEWAY_STATUSES, MAX_GATEWAY_NAME } from '../../../model/gateway.ts'
import { invalid } from '../../../model/errors.ts'
import { toGatewayId } from '../../../model/ids.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import { nextToken, readNextToken } from '../../next-token.ts'
import { choices, integer, namePart, pageToken, publicNumber, region } from '../../parameter-kinds.ts'
import { gatewayResource } from '../../resources.ts'
import { isoTime } from '../../task-answers.ts'

const NAME = 'ListGateways'
/** Of the tasks of one gateway. */
const MAX_COUNTED = 1_000

const params = z.object({
  BackupGatewayId: publicNumber()
    .optional()
    .meta({ description: 'Only this gateway; the other filters count too.', examples: ['528104736915240'] }),
  NameContains: namePart(MAX_GATEWAY_NAME)
    .optional()
    .meta({ description: 'Only gateways with this in their name, in any case.', examples: ['plant'] }),
  BackupGatewayStatus: choices(GATEWAY_STATUSES)
    .optional()
    .meta({
      description: `Only gateways of these statuses, with commas between them: ${GATEWAY_STATUSES.join(', ')}.`,
      examples: ['OFFLINE,CONFLICT'],
    }),
  Region: region()
    .optional()
    .meta({ description: 'Only gateways of this region.', examples: ['default'] }),
  MaxResults: integer(1, 100)
    .prefault('20')
    .meta({ description: 'Most gateways of one answer, 1 to 100.', examples: ['50'] }),
  NextToken: pageToken(),
})
type Given = z.output<typeof params>

const gateway = z.object({
  BackupGatewayId: z.number().meta({ description: 'The gateway.', examples: [528_104_736_915_240] }),
  Name: z.string().meta({ description: 'Its name.', examples: ['plant-7'] }),
  Region: z.string().meta({ description: 'Its region.', examples: ['default'] }),
  BackupGatewayStatus: z.enum(GATEWAY_STATUSES).meta({
    description:
      'ONLINE: a round trip within 45 s. OFFLINE: none. CONFLICT: two processes with one identity. STOPPED: it ended politely and was not seen since. UPGRADING: the same, with another version in its place, in the last 15 minutes.',
  }),
  CreatedAt: z.string().meta({ description: 'When it enrolled.', examples: ['2026-01-01T00:00:00.000Z'] }),
  LastSeenAt: z.string().optional().meta({ description: 'Its last round trip, where there was one.' }),
  RoundTripMs: z
    .number()
    .optional()
    .meta({
      description:
        'Of its last ping, milliseconds, while it is ONLINE; left out where another server of the store has its connection.',
      examples: [12.5],
    }),
  ClockDriftMs: z
    .number()
    .optional()
    .meta({
      description: 'Its clock minus that of the server, milliseconds; there where RoundTripMs is.',
      examples: [-40],
    }),
  Version: z
    .string()
    .optional()
    .meta({ description: 'Its version of Postern.', examples: ['0.1.0'] }),
  Hostname: z
    .string()
    .optional()
    .meta({ description: 'The name of its machine.', examples: ['db1'] }),
  Address: z
    .string()
    .optional()
    .meta({
      description: 'Where its connection comes from, as the server sees it.',
      examples: ['203.0.113.7'],
    }),
  LocalAddress: z
    .string()
    .optional()
    .meta({
      description: 'Its own address in its network, as it says itself.',
      examples: ['10.0.0.5'],
    }),
  KeyFingerprint: z.string().meta({ description: 'SHA-256 of the key that signs its results, 64 hex digits.' }),
  QueuedTasks: z.number().meta({
    description: `Tasks that wait for it, counted up to ${MAX_COUNTED}: that means so many or more.`,
    examples: [0],
  }),
  RunningTasks: z.number().meta({
    description: `Tasks that it was given and has not ended, counted up to ${MAX_COUNTED}.`,
    examples: [1],
  }),
})

const reply = z.object({
  Gateways: z.object({ Gateway: z.array(gateway) }),
  TotalCount: z.number().meta({ description: 'Gateways of the account in all, without the filters.', examples: [2] }),
  MaxResults: z.number().meta({ description: 'Most gateways of one answer.', examples: [20] }),
  NextToken: z.string().optional().meta({
    description:
      'There may be more: send it with the same parameters. An answer may have fewer gateways than MaxResults, even none, and still have it.',
  }),
})
type Reply = z.output<typeof reply>

export function listGateways(services: { fleet: FleetService; tasks: TaskService }): Action<Given, Reply> {
  const { fleet, tasks } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'list',
    mutates: false,
    summary:
      'The gateways of the account, the oldest first: whether and how well they are connected, and how busy they are.',
    params,
    reply,
    errors: [],

    async prepare(given, { principal }) {
      const { account } = principal
      const { BackupGatewayId, NameContains, BackupGatewayStatus, Region, MaxResults, NextToken } = given
      return {
        target: {
          action: `postern:${NAME}`,
          resource: gatewayResource(account, { region: Region }, 'postern'),
          conditions: {},
        },
        async handle() {
          const filter = [BackupGatewayId, NameContains, BackupGatewayStatus?.join(), Region]
          const bound = [NAME, account, ...filter.map((each) => each ?? null)]
          const after = NextToken === undefined ? undefined : positionOf(NextToken, bound)
          const id = BackupGatewayId === undefined ? undefined : toGatewayId(BackupGatewayId)
          const query = {
            ...(id !== undefined && { id }),
            ...(NameContains !== undefined && { name: NameContains }),
            ...(BackupGatewayStatus !== undefined && { statuses: BackupGatewayStatus }),
            ...(Region !== undefined && { region: Region }),
          }
          const page = { limit: MaxResults, ...(after !== undefined && { after }) }
          const nobodys = BackupGatewayId !== undefined && id === undefined
          const { gateways, next } = nobodys ? { gateways: [] } : await fleet.search(account, query, page)
          const loads = await tasks.loads(
            gateways.map((each) => each.id),
            MAX_COUNTED,
          )
          const { total } = await fleet.gateways(account, {}, { offset: 0, limit: 1 })
          return {
            Gateways: { Gateway: gateways.map((each) => gatewayOf(each, loads.get(each.id))) },
            TotalCount: total,
            MaxResults,
            ...(next !== undefined && { NextToken: nextToken(bound, [next]) }),
          }
        },
      }
    },
  }
}

function positionOf(token: string, bound: Parameters<typeof readNextToken>[1]) {
  const [id = 0] = readNextToken(token, bound, 1)
  const position = toGatewayId(id)
  if (position === undefined) throw invalid('NextToken', 'It is not one that this server gave out.')
  return position
}

function gatewayOf(view: GatewayView, load = { queued: 0, running: 0 }): z.output<typeof gateway> {
  const { id, name, status, createdAt, hostname, address, localAddress, version, key, link } = view
  const lastSeen = isoTime(view.lastSeenAt)
  const { rttMs, driftMs } = (status === 'ONLINE' && link) || {}
  return {
    BackupGatewayId: id,
    Name: name,
    Region: view.region,
    BackupGatewayStatus: status,
    CreatedAt: isoTime(createdAt) ?? '',
    ...(lastSeen !== undefined && { LastSeenAt: lastSeen }),
    ...(rttMs !== undefined && { RoundTripMs: toTenths(rttMs) }),
    ...(driftMs !== undefined && { ClockDriftMs: toTenths(driftMs) }),
    ...(version !== undefined && { Version: version }),
    ...(hostname !== undefined && { Hostname: hostname }),
    ...(address !== undefined && { Address: address }),
    ...(localAddress !== undefined && { LocalAddress: localAddress }),
    KeyFingerprint: key,
    QueuedTasks: load.queued,
    RunningTasks: load.running,
  }
}

const toTenths = (ms: number) => Math.round(ms * 10) / 10
