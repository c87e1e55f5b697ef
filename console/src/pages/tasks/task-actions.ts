import * as z from 'zod/mini'
import { VERSION } from '../../api/products.ts'
import { failure, step, warnings } from '../../api/tasks.ts'
import type { Tone } from '../../components/status-badge.tsx'

export const STATES = ['Queued', 'Running', 'Succeeded', 'Failed', 'Cancelled', 'TimedOut'] as const

const version = VERSION.postern
const taskFields = {
  TaskId: z.number(),
  TaskStatus: z.enum(STATES),
  BackupGatewayId: z.number(),
  Region: z.string(),
  DatabaseType: z.string(),
  SourceEndpointIP: z.optional(z.string()),
  SourceEndpointPort: z.optional(z.number()),
  CreatedAt: z.string(),
  CreatedBy: z.string(),
  AcceptedAt: z.optional(z.string()),
  EndedAt: z.optional(z.string()),
  Failure: failure,
}
const task = z.object(taskFields)
export type Task = z.infer<typeof task>

export const LIST_TASKS = {
  action: 'ListTasks',
  version,
  answer: z.object({ Tasks: z.object({ Task: z.array(task) }), NextToken: z.optional(z.string()) }),
}

const details = z.object({
  ...taskFields,
  CancelledBy: z.optional(z.string()),
  DeliveryDeadline: z.string(),
  ExecutionDeadline: z.optional(z.string()),
  Ladder: z.object({ Step: z.array(step) }),
  Attempts: z.object({
    Attempt: z.array(
      z.object({
        Number: z.number(),
        SessionEpoch: z.number(),
        StartedAt: z.string(),
        EndedAt: z.optional(z.string()),
        End: z.optional(z.string()),
        Late: z.optional(z.object({ At: z.string(), DatabaseCount: z.optional(z.number()) })),
      }),
    ),
  }),
  ResultSignature: z.optional(z.string()),
  DatabaseCount: z.optional(z.number()),
  Visibility: z.optional(z.string()),
  Warnings: warnings,
  CollectedAt: z.optional(z.string()),
  ServerProduct: z.optional(z.string()),
  ServerVersion: z.optional(z.string()),
  ServerRole: z.optional(z.string()),
})
export type TaskDetails = z.infer<typeof details>

export const GET_TASK = { action: 'GetTask', version, answer: details }
export const CANCEL_TASK = { action: 'CancelTask', version, answer: task }

export const DATABASES = {
  action: 'DescribeDatabases',
  version,
  answer: z.object({
    Databases: z.object({
      Database: z.array(
        z.object({
          Name: z.string(),
          Kind: z.string(),
          System: z.boolean(),
          Owner: z.optional(z.string()),
          SizeBytes: z.optional(z.number()),
        }),
      ),
    }),
    TotalCount: z.number(),
    NextToken: z.optional(z.string()),
  }),
}

export const STATE_TONES: Readonly<Record<Task['TaskStatus'], Tone>> = {
  Queued: 'quiet',
  Running: 'busy',
  Succeeded: 'good',
  Failed: 'bad',
  Cancelled: 'doubtful',
  TimedOut: 'bad',
}

export function endpointOf({ SourceEndpointIP: host, SourceEndpointPort: port }: Task): string {
  if (host === undefined) return ''
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? ''}`
}
