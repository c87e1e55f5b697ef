import { z } from 'zod'
import type { FleetService } from '../../../fleet/fleet-service.ts'
import { DATABASE_TYPE_NAMES, DEFAULT_PORTS } from '../../../model/database-type.ts'
import { PosternError } from '../../../model/errors.ts'
import { toGatewayId } from '../../../model/ids.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import {
  clientToken,
  databaseType,
  deadlineSeconds,
  host,
  integer,
  publicNumber,
  region,
} from '../../parameter-kinds.ts'
import { endpointConditions, gatewayResource } from '../../resources.ts'

const NAME = 'CreateGetDBListFromAgentTask'

const params = z.object({
  BackupGatewayId: publicNumber().meta({
    description: 'The gateway that lists. DescribeBackupGatewayList has the ids.',
    examples: ['528104736915240'],
  }),
  DatabaseType: databaseType().meta({
    description: `The kind of database server, in any case: ${DATABASE_TYPE_NAMES.join(', ')}.`,
    examples: ['MySQL'],
  }),
  SourceEndpointIP: host()
    .optional()
    .meta({
      description:
        'Host name or IP address as the gateway is configured for it. May be left out where the gateway has exactly one endpoint of that kind.',
      examples: ['10.0.0.12'],
    }),
  SourceEndpointPort: integer(1, 65_535)
    .optional()
    .meta({
      description: 'Port of the server; by default the usual one of its kind.',
      examples: ['3306'],
    }),
  SourceEndpointRegion: region()
    .optional()
    .meta({
      description: 'Where given, it must be the region of the gateway.',
      examples: ['default'],
    }),
  DeliveryTimeoutSeconds: deadlineSeconds().meta({
    description: 'How long the task may wait for the gateway to start it, 1 to 3600 seconds.',
    examples: ['60'],
  }),
  ExecutionTimeoutSeconds: deadlineSeconds().meta({
    description: 'How long the gateway may work on it, 1 to 3600 seconds.',
    examples: ['60'],
  }),
  ClientToken: clientToken(),
})

const reply = z.object({
  TaskId: z
    .number()
    .meta({ description: 'The task; GetDBListFromAgent has its result.', examples: [731_905_284_617_093] }),
})

/** Rows 11 to 13 and 20 of the contract. */
export function createGetDbListFromAgentTask(services: {
  tasks: TaskService
  fleet: FleetService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { tasks, fleet } = services
  return {
    name: NAME,
    version: '2019-03-06',
    access: 'create',
    mutates: true,
    summary: 'Starts a task that lists the databases of a server behind a backup gateway.',
    params,
    reply,
    errors: [
      'BackupGateway.NotFound',
      'InvalidSourceEndpointRegion',
      'InvalidClientToken.ValueNotSupported',
      'IdempotentParameterMismatch',
    ],

    async prepare(given, { principal, requestId, burn }) {
      const { account } = principal
      const id = toGatewayId(given.BackupGatewayId)
      const gateway = id && (await fleet.gateway(account, id))
      const endpoint = endpointOf(given)
      const conditions = endpointConditions({ gateway: given.BackupGatewayId, engine: given.DatabaseType, ...endpoint })

      return {
        target: {
          action: `dbs:${NAME}`,
          resource: gatewayResource(account, { id: given.BackupGatewayId }),
          conditions,
          lookedUp: { found: gateway && { resource: gatewayResource(account, gateway), conditions } },
        },
        async handle() {
          if (gateway === undefined) throw new PosternError('BackupGateway.NotFound')
          if (given.SourceEndpointRegion !== undefined && given.SourceEndpointRegion !== gateway.region) {
            throw new PosternError('InvalidSourceEndpointRegion')
          }
          const task = {
            account,
            gateway: gateway.id,
            region: gateway.region,
            engine: given.DatabaseType,
            ...endpoint,
            deliveryMs: given.DeliveryTimeoutSeconds * 1000,
            executionMs: given.ExecutionTimeoutSeconds * 1000,
            createdBy: principal.id,
            request: requestId,
            ...(given.ClientToken !== undefined && { clientToken: { action: NAME, value: given.ClientToken } }),
          }
          return { TaskId: await tasks.create(task, burn) }
        },
      }
    },
  }
}

/** Without an address the gateway's only endpoint of that kind is meant, whatever its port is. */
function endpointOf(given: z.output<typeof params>): { host: string; port: number } | { host?: never; port?: number } {
  const { SourceEndpointIP: address, SourceEndpointPort: port } = given
  if (address !== undefined) return { host: address, port: port ?? DEFAULT_PORTS[given.DatabaseType] }
  return port === undefined ? {} : { port }
}
