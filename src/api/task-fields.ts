import { z } from 'zod'
import { DATABASE_TYPE_NAMES } from '../model/database-type.ts'
import { ERRORS, isDiscoveryErrorCode } from '../model/errors.ts'
import { TASK_STATES } from '../model/task.ts'
import { type AnsweredTask, isoTime } from './task-answers.ts'

const MADE_AT = '2026-01-01T00:00:00.000Z'

const failureField = z
  .object({
    Code: z.string().meta({ description: 'One of the codes of a discovery.' }),
    Message: z.string().meta({ description: 'For people; it never holds a secret.' }),
    Mend: z.string().optional().meta({ description: 'What to do.' }),
  })
  .optional()
  .meta({ description: 'Why a task ended without a list.' })

/** What the list of tasks and the answer about one of them both have. */
export const taskFields = {
  TaskId: z.number().meta({ description: 'The task.', examples: [731_905_284_617_093] }),
  TaskStatus: z.enum(TASK_STATES).meta({
    description: 'Queued, Running, or for good: Succeeded, Failed, Cancelled, TimedOut.',
  }),
  BackupGatewayId: z.number().meta({ description: 'The gateway that lists.', examples: [528_104_736_915_240] }),
  Region: z.string().meta({ description: 'The region of the gateway.', examples: ['default'] }),
  DatabaseType: z.enum(DATABASE_TYPE_NAMES).meta({ description: 'The kind of database server.' }),
  SourceEndpointIP: z.string().optional().meta({ description: 'As it was asked for, normalised.' }),
  SourceEndpointPort: z.number().optional().meta({ description: 'As it was asked for, or the usual one.' }),
  CreatedAt: z.string().meta({ description: 'When it was created.', examples: [MADE_AT] }),
  CreatedBy: z.string().meta({ description: 'Who created it.', examples: ['100000000000001:root'] }),
  AcceptedAt: z.string().optional().meta({ description: 'When the gateway first began with it.' }),
  EndedAt: z.string().optional().meta({ description: 'When it ended.' }),
  Failure: failureField,
}
type TaskFields = z.output<z.ZodObject<typeof taskFields>>

export function taskFieldsOf(task: AnsweredTask): TaskFields {
  const { failure } = task
  const acceptedAt = isoTime(task.acceptedAt)
  const endedAt = isoTime(task.endedAt)
  return {
    TaskId: task.id,
    TaskStatus: task.state,
    BackupGatewayId: task.gateway,
    Region: task.region,
    DatabaseType: task.engine,
    ...(task.host !== undefined && { SourceEndpointIP: task.host }),
    ...(task.port !== undefined && { SourceEndpointPort: task.port }),
    CreatedAt: isoTime(task.createdAt) ?? '',
    CreatedBy: task.createdBy,
    ...(acceptedAt !== undefined && { AcceptedAt: acceptedAt }),
    ...(endedAt !== undefined && { EndedAt: endedAt }),
    ...(failure !== undefined && {
      Failure: {
        Code: failure.code,
        Message: failure.message,
        ...(isDiscoveryErrorCode(failure.code) && { Mend: ERRORS[failure.code].mend }),
      },
    }),
  }
}
