import * as z from 'zod/mini'
import { VERSION } from '../../api/products.ts'
import { failure, step, warnings } from '../../api/tasks.ts'
import type { Read } from '../../api/use-api.ts'

function action<T>(name: string, version: string, answer: z.ZodMiniType<T>): Read<T> {
  return { action: name, version, answer }
}

export const GATEWAYS = action(
  'DescribeBackupGatewayList',
  VERSION.dbs,
  z.object({
    TotalElements: z.number(),
    Items: z.object({
      BackupGateway: z.array(
        z.object({ BackupGatewayId: z.string(), DisplayName: z.string(), BackupGatewayStatus: z.string() }),
      ),
    }),
  }),
)

export const CANCEL_TASK = action('CancelTask', VERSION.postern, z.object({ TaskStatus: z.string() }))

export type Step = z.infer<typeof step>

export const TASK = action(
  'GetTask',
  VERSION.postern,
  z.object({
    TaskId: z.number(),
    TaskStatus: z.string(),
    DatabaseType: z.string(),
    SourceEndpointIP: z.optional(z.string()),
    SourceEndpointPort: z.optional(z.number()),
    CreatedAt: z.string(),
    AcceptedAt: z.optional(z.string()),
    Failure: failure,
    Ladder: z.object({ Step: z.array(step) }),
    Visibility: z.optional(z.string()),
    Warnings: warnings,
    ServerProduct: z.optional(z.string()),
    ServerVersion: z.optional(z.string()),
  }),
)
export type Task = z.infer<typeof TASK.answer>

export const NAMES = action(
  'GetDBListFromAgent',
  VERSION.dbs,
  z.object({ DbList: z.object({ dbName: z.array(z.string()) }), CollectedAt: z.optional(z.string()) }),
)
