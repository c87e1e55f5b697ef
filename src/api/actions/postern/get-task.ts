import { z } from 'zod'
import { PosternError } from '../../../model/errors.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import { aboutTask, taskIdParameter } from '../../known-task.ts'
import { listingFields, listingFieldsOf } from '../../listing-fields.ts'
import { isoTime } from '../../task-answers.ts'
import { taskFields, taskFieldsOf } from '../../task-fields.ts'
import { ladderField, ladderOf } from '../../task-ladder.ts'

const NAME = 'GetTask'

const params = z.object({ TaskId: taskIdParameter() })

const attempt = z.object({
  Number: z.number().meta({ description: '1 to 3.' }),
  SessionEpoch: z.number().meta({ description: 'Counts the sessions of the gateway: the one that took the attempt.' }),
  StartedAt: z.string().meta({ description: 'When the gateway was given it.' }),
  EndedAt: z.string().optional().meta({ description: 'When it ended, where that is known.' }),
  End: z.enum(['finished', 'superseded', 'lapsed', 'stopped']).optional().meta({
    description:
      'Left out while it runs. finished: its outcome ended the task. superseded: another attempt took its place. lapsed: the gateway was lost, and an outcome is still welcome. stopped: the task ended without it.',
  }),
  Late: z
    .object({
      At: z.string().meta({ description: 'When it came.' }),
      DatabaseCount: z.number().optional().meta({ description: 'How many databases it had, where it was a list.' }),
      Bytes: z.number().meta({ description: 'Size of the list.' }),
    })
    .optional()
    .meta({ description: 'What the gateway said when the attempt was over; it changed nothing.' }),
})

const reply = z.object({
  ...taskFields,
  CreatedByRequestId: z.string().meta({ description: 'The request that created it.' }),
  CancelledBy: z.string().optional().meta({ description: 'Who cancelled it.' }),
  DeliveryDeadline: z.string().meta({ description: 'The gateway must have begun by then.' }),
  ExecutionTimeoutSeconds: z.number().meta({ description: 'How long the gateway may work on it.', examples: [60] }),
  ExecutionDeadline: z.string().optional().meta({ description: 'It must have ended by then, once it was begun.' }),
  CurrentStep: z.string().optional().meta({ description: 'The last known step of a running task.' }),
  Ladder: ladderField,
  Attempts: z.object({ Attempt: z.array(attempt) }),
  ResultSignature: z.enum(['unchecked', 'valid', 'invalid']).optional().meta({
    description: 'Whether the gateway has signed the outcome with its key: unchecked, valid or invalid.',
  }),
  DatabaseCount: z
    .number()
    .optional()
    .meta({ description: 'How many databases were found, those of the server itself counted.' }),
  ...listingFields,
})
type Reply = z.output<typeof reply>
type Details = NonNullable<Awaited<ReturnType<TaskService['details']>>>

export function getTask(services: { tasks: TaskService }): Action<z.output<typeof params>, Reply> {
  const { tasks } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'get',
    mutates: false,
    summary: 'Everything about a task: how far it came, its attempts, why it failed and what to do.',
    params,
    reply,
    errors: ['Task.NotFound'],

    prepare: async ({ TaskId }, call) =>
      aboutTask(
        tasks,
        { action: NAME, TaskId },
        {
          call,
          async handle({ account, id }) {
            const details = await tasks.details(account, id)
            if (details === undefined) throw new PosternError('Task.NotFound')
            return replyOf(details)
          },
        },
      ),
  }
}

function replyOf(details: Details): Reply {
  const { task, attempts, signature } = details
  const executionDeadline = isoTime(task.executionDeadline)
  return {
    ...taskFieldsOf(task),
    CreatedByRequestId: task.request,
    ...(task.cancelledBy !== undefined && { CancelledBy: task.cancelledBy }),
    DeliveryDeadline: isoTime(task.deliveryDeadline) ?? '',
    ExecutionTimeoutSeconds: Math.round(task.executionMs / 1000),
    ...(executionDeadline !== undefined && { ExecutionDeadline: executionDeadline }),
    ...(task.state === 'Running' && task.step !== undefined && { CurrentStep: task.step }),
    Ladder: ladderOf(details),
    Attempts: { Attempt: attempts.map(attemptOf) },
    ...(signature !== undefined && { ResultSignature: signature }),
    ...listingFieldsOf(task),
    ...(task.listing !== undefined && { DatabaseCount: task.listing.count }),
  }
}

function attemptOf({ number, epoch, startedAt, endedAt, end, late }: Details['attempts'][number]) {
  const ended = isoTime(endedAt)
  return {
    Number: number,
    SessionEpoch: epoch,
    StartedAt: isoTime(startedAt) ?? '',
    ...(ended !== undefined && { EndedAt: ended }),
    ...(end !== undefined && { End: end }),
    ...(late !== undefined && {
      Late: {
        At: isoTime(late.at) ?? '',
        ...(late.count !== undefined && { DatabaseCount: late.count }),
        Bytes: late.bytes,
      },
    }),
  }
}
