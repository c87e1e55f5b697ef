import * as z from 'zod/mini'
import { VERSION } from '../../api/products.ts'
import type { Read } from '../../api/use-api.ts'

/** Engines with their usual ports. */
export const ENGINES = {
  MySQL: 3306,
  MariaDB: 3306,
  DRDS: 3306,
  PostgreSQL: 5432,
  MSSQL: 1433,
  Oracle: 1521,
  MongoDB: 27017,
  Redis: 6379,
} as const
export type Engine = keyof typeof ENGINES
export const isEngine = (name: string): name is Engine => Object.hasOwn(ENGINES, name)

const warnings = z.optional(
  z.object({
    Warning: z.array(z.object({ Code: z.string(), Message: z.string(), Grant: z.optional(z.string()) })),
  }),
)

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

export const CREATE_TASK = action('CreateGetDBListFromAgentTask', VERSION.dbs, z.object({ TaskId: z.number() }))
export const CANCEL_TASK = action('CancelTask', VERSION.postern, z.object({ TaskStatus: z.string() }))

const step = z.object({ Name: z.string(), Status: z.string(), Milliseconds: z.optional(z.number()) })
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
    Failure: z.optional(z.object({ Code: z.string(), Message: z.string(), Mend: z.optional(z.string()) })),
    Ladder: z.object({ Step: z.array(step) }),
    Visibility: z.optional(z.string()),
    Warnings: warnings,
    ServerProduct: z.optional(z.string()),
    ServerVersion: z.optional(z.string()),
  }),
)
export type Task = z.infer<typeof TASK.answer>
export const isOpen = ({ TaskStatus }: Task) => TaskStatus === 'Queued' || TaskStatus === 'Running'

export const NAMES = action(
  'GetDBListFromAgent',
  VERSION.dbs,
  z.object({ DbList: z.object({ dbName: z.array(z.string()) }), CollectedAt: z.optional(z.string()) }),
)
