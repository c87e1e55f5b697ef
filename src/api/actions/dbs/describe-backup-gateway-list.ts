import { z } from 'zod'
import type { FleetService, GatewayView } from '../../../fleet/fleet-service.ts'
import { GATEWAY_STATUSES } from '../../../model/gateway.ts'
import { toGatewayId } from '../../../model/ids.ts'
import type { Action } from '../../action.ts'
import { clientToken, integer, kind, region } from '../../parameter-kinds.ts'
import { gatewayResource } from '../../resources.ts'

const NAME = 'DescribeBackupGatewayList'
const MAX_IDENTIFIERS = 100
const MAX_PAGE = 1_000_000

const identifiers = () =>
  kind(
    { type: 'array', items: { type: 'integer', format: 'int64', minimum: 0 }, maxItems: MAX_IDENTIFIERS },
    (text) => {
      const names = text.split(',').map((name) => name.trim())
      return names.length <= MAX_IDENTIFIERS && names.every((name) => /^\d{1,19}$/.test(name))
        ? { value: names.map(Number) }
        : { reason: `It must be at most ${MAX_IDENTIFIERS} ids of gateways, with commas between them.` }
    },
  )

const params = z.object({
  Region: region()
    .optional()
    .meta({ description: 'Only gateways of this region; by default all.', examples: ['default'] }),
  Identifier: identifiers()
    .optional()
    .meta({
      description: `Only these gateways: at most ${MAX_IDENTIFIERS} ids, with commas between them.`,
      examples: ['528104736915240,318402957746120'],
    }),
  PageNum: integer(0, MAX_PAGE)
    .prefault('0')
    .meta({ description: 'The page, counted from 0.', examples: ['0'] }),
  PageSize: integer(1, 100)
    .prefault('30')
    .meta({ description: 'Gateways on a page, 1 to 100.', examples: ['30'] }),
  ClientToken: clientToken(),
})

const reply = z.object({
  PageNum: z.number().meta({ description: 'The page, counted from 0.', examples: [0] }),
  PageSize: z.number().meta({ description: 'Gateways on a page.', examples: [30] }),
  TotalPages: z.number().meta({ description: 'Pages of that size in all.', examples: [1] }),
  TotalElements: z.number().meta({ description: 'Gateways in all.', examples: [2] }),
  Items: z.object({
    BackupGateway: z.array(
      z.object({
        BackupGatewayId: z
          .string()
          .meta({ description: 'A string here, a number everywhere else.', examples: ['528104736915240'] }),
        DisplayName: z.string().meta({ description: 'Its name.', examples: ['plant-7'] }),
        Region: z.string().meta({ description: 'Its region.', examples: ['default'] }),
        Identifier: z.string().meta({ description: 'The same as BackupGatewayId.' }),
        BackupGatewayStatus: z.enum(GATEWAY_STATUSES).meta({
          description:
            'ONLINE: a round trip within 45 s. OFFLINE: none. CONFLICT: two processes with one identity. STOPPED: it ended politely and was not seen since. UPGRADING: the same, with another version in its place, in the last 15 minutes.',
        }),
        BackupGatewayCreateTime: z.number().meta({ description: 'Milliseconds since 1970.' }),
        LastHeartbeatTime: z
          .number()
          .meta({ description: 'Last round trip, milliseconds since 1970; 0 where there was none.' }),
        SourceEndpointHostname: z.string().meta({ description: 'The name of its machine.', examples: ['db1'] }),
        SourceEndpointInternetIP: z.string().meta({
          description: 'The address that it comes from, as the server sees it; empty before it first connects.',
          examples: ['203.0.113.7'],
        }),
        SourceEndpointIntranetIP: z.string().meta({
          description: 'Its own address in its network, as it says itself; empty where it has not said.',
          examples: ['10.0.0.5'],
        }),
        KeyFingerprint: z.string().meta({
          description:
            "SHA-256 of the key that signs its results, 64 hex digits, as this server knows it; the gateway's own word is `postern gateway check --data`.",
        }),
      }),
    ),
  }),
})
type Reply = z.output<typeof reply>

export function describeBackupGatewayList(services: { fleet: FleetService }): Action<z.output<typeof params>, Reply> {
  const { fleet } = services
  return {
    name: NAME,
    version: '2019-03-06',
    access: 'list',
    mutates: false,
    summary: 'The backup gateways of the account and whether they are connected.',
    params,
    reply,
    errors: ['InvalidClientToken.ValueNotSupported'],

    async prepare(given, { principal }) {
      const { account } = principal
      return {
        target: { action: `dbs:${NAME}`, resource: gatewayResource(account, { region: given.Region }), conditions: {} },
        async handle() {
          const { PageNum, PageSize } = given
          const ids = given.Identifier?.map(toGatewayId).filter((id) => id !== undefined)
          const filter = {
            ...(given.Region !== undefined && { region: given.Region }),
            ...(ids !== undefined && { ids }),
          }
          const page = { offset: PageNum * PageSize, limit: PageSize }
          const { gateways, total } =
            ids?.length === 0 ? { gateways: [], total: 0 } : await fleet.gateways(account, filter, page)
          return {
            PageNum,
            PageSize,
            TotalPages: Math.ceil(total / PageSize),
            TotalElements: total,
            Items: { BackupGateway: gateways.map(itemOf) },
          }
        },
      }
    },
  }
}

function itemOf(gateway: GatewayView): Reply['Items']['BackupGateway'][number] {
  return {
    BackupGatewayId: String(gateway.id),
    DisplayName: gateway.name,
    Region: gateway.region,
    Identifier: String(gateway.id),
    BackupGatewayStatus: gateway.status,
    BackupGatewayCreateTime: gateway.createdAt,
    LastHeartbeatTime: gateway.lastSeenAt ?? 0,
    SourceEndpointHostname: gateway.hostname ?? '',
    SourceEndpointInternetIP: gateway.address ?? '',
    SourceEndpointIntranetIP: gateway.localAddress ?? '',
    KeyFingerprint: gateway.key,
  }
}
