import { z } from 'zod'
import { invalid } from '../../../model/errors.ts'
import { type AccountId, toGatewayId, toTaskId } from '../../../model/ids.ts'
import { TASK_STATES } from '../../../model/task.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import { nextToken, readNextToken } from '../../next-token.ts'
import { choices, databaseType, integer, pageToken, publicNumber, time } from '../../parameter-kinds.ts'
import { gatewayResource } from '../../resources.ts'
import { taskFields, taskFieldsOf } from '../../task-fields.ts'

const NAME = 'ListTasks'

const params = z.object({
  BackupGatewayId: publicNumber()
    .optional()
    .meta({ description: 'Only tasks of this gateway.', examples: ['528104736915240'] }),
  TaskStatus: choices(TASK_STATES)
    .optional()
    .meta({
      description: `Only tasks of these statuses, with commas between them: ${TASK_STATES.join(', ')}.`,
      examples: ['Failed,TimedOut'],
    }),
  DatabaseType: databaseType()
    .optional()
    .meta({ description: 'Only tasks of this kind of database server.', examples: ['MySQL'] }),
  CreatedAfter: time()
    .optional()
    .meta({ description: 'Only tasks created then or later.', examples: ['2026-01-31T08:30:00Z'] }),
  CreatedBefore: time()
    .optional()
    .meta({ description: 'Only tasks created earlier than that.', examples: ['2026-02-01'] }),
  MaxResults: integer(1, 100)
    .prefault('20')
    .meta({ description: 'Most tasks of one answer, 1 to 100.', examples: ['50'] }),
  NextToken: pageToken(),
})
type Given = z.output<typeof params>

const reply = z.object({
  Tasks: z.object({ Task: z.array(z.object(taskFields)).readonly() }),
  MaxResults: z.number().meta({ description: 'Most tasks of one answer.', examples: [20] }),
  NextToken: z.string().optional().meta({
    description:
      'There may be more: send it with the same parameters. An answer may have fewer tasks than MaxResults, even none, and still have it.',
  }),
})
type Reply = z.output<typeof reply>

export function listTasks(services: { tasks: TaskService }): Action<Given, Reply> {
  const { tasks } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'list',
    mutates: false,
    summary: 'The tasks of the account, newest first.',
    params,
    reply,
    errors: [],

    async prepare(given, { principal }) {
      const { account } = principal
      return {
        target: { action: `postern:${NAME}`, resource: gatewayResource(account, {}, 'postern'), conditions: {} },
        async handle() {
          const { MaxResults } = given
          const bound = boundOf(account, given)
          const after = given.NextToken === undefined ? undefined : positionOf(given.NextToken, bound)
          const filter = filterOf(given)
          if (filter === undefined) return { Tasks: { Task: [] }, MaxResults }
          const page = await tasks.list(account, filter, { limit: MaxResults, ...(after && { after }) })
          const { next } = page
          return {
            Tasks: { Task: page.tasks.map(taskFieldsOf) },
            MaxResults,
            ...(next && { NextToken: nextToken(bound, [next.at, next.task]) }),
          }
        },
      }
    },
  }
}

/** Undefined where no task can fit: the gateway is nobody's. */
function filterOf(given: Given): Parameters<TaskService['list']>[1] | undefined {
  const { BackupGatewayId, TaskStatus, DatabaseType, CreatedAfter, CreatedBefore } = given
  const gateway = BackupGatewayId === undefined ? undefined : toGatewayId(BackupGatewayId)
  if (BackupGatewayId !== undefined && gateway === undefined) return undefined
  return {
    ...(gateway !== undefined && { gateway }),
    ...(TaskStatus !== undefined && { states: TaskStatus }),
    ...(DatabaseType !== undefined && { engine: DatabaseType }),
    ...(CreatedAfter !== undefined && { createdFrom: CreatedAfter }),
    ...(CreatedBefore !== undefined && { createdBefore: CreatedBefore }),
  }
}

function boundOf(account: AccountId, given: Given) {
  const { BackupGatewayId, TaskStatus, DatabaseType, CreatedAfter, CreatedBefore } = given
  return [
    NAME,
    account,
    BackupGatewayId ?? null,
    TaskStatus?.join() ?? null,
    DatabaseType ?? null,
    CreatedAfter ?? null,
    CreatedBefore ?? null,
  ]
}

function positionOf(token: string, bound: ReturnType<typeof boundOf>) {
  const [at = 0, id = 0] = readNextToken(token, bound, 2)
  const task = toTaskId(id)
  if (task === undefined) throw invalid('NextToken', 'It is not one that this server gave out.')
  return { at, task }
}
