import { z } from 'zod'
import { PosternError } from '../../../model/errors.ts'
import { toTaskId } from '../../../model/ids.ts'
import { VISIBILITIES } from '../../../model/listing.ts'
import type { DatabaseColumns } from '../../../tasks/database-columns.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import { databaseNames } from '../../database-names.ts'
import type { List } from '../../long-list.ts'
import { nameWarnings } from '../../name-warnings.ts'
import { boolean, clientToken, integer, publicNumber, region } from '../../parameter-kinds.ts'
import { gatewayResource, taskResource } from '../../resources.ts'
import { type AnsweredTask, failureOf, isOpen, isoTime, warningOf, whereabouts } from '../../task-answers.ts'

const NAME = 'GetDBListFromAgent'
const MAX_WAIT_SECONDS = 25

const params = z.object({
  TaskId: publicNumber().meta({
    description: 'The task, from CreateGetDBListFromAgentTask.',
    examples: ['731905284617093'],
  }),
  BackupGatewayId: publicNumber()
    .optional()
    .meta({
      description: 'Where given, it must be the gateway of the task.',
      examples: ['528104736915240'],
    }),
  SourceEndpointRegion: region()
    .optional()
    .meta({
      description: 'Where given, it must be the region of the gateway of the task.',
      examples: ['default'],
    }),
  WaitSeconds: integer(0, MAX_WAIT_SECONDS)
    .prefault('0')
    .meta({
      description: `Holds the answer until the task ends, at most this long: 0 to ${MAX_WAIT_SECONDS} seconds. Raise the time-out of the client too.`,
      examples: ['20'],
    }),
  IncludeSystemDatabases: boolean()
    .prefault('false')
    .meta({
      description: 'true lists the databases of the server itself too, such as mysql or template1.',
      examples: ['true'],
    }),
  ClientToken: clientToken(),
})

/** Callers get an array, however it is written. */
const names: z.ZodType<List<string>> = z.array(z.string()).readonly()

const reply = z.object({
  Success: z.literal(false).optional().meta({ description: 'false while the task is not finished; else true.' }),
  ErrCode: z
    .literal('Task.NotFinished')
    .optional()
    .meta({ description: 'Task.NotFinished while the task is not finished.' }),
  ErrMessage: z.string().optional().meta({ description: 'Where the task is, while it is not finished.' }),
  DbList: z.object({ dbName: names }).meta({
    description: 'Names by code point, exact unless a warning says otherwise; empty while the task is not finished.',
    examples: [{ dbName: ['crm', 'shop'] }],
  }),
  Visibility: z
    .enum(VISIBILITIES)
    .optional()
    .meta({
      description:
        'Whether the list can be complete: complete, partial (something is hidden from the user that logged in) or unknown.',
      examples: ['complete'],
    }),
  Warnings: z
    .object({
      Warning: z.array(z.object({ Code: z.string(), Message: z.string(), Grant: z.string().optional() })).readonly(),
    })
    .optional()
    .meta({
      description: 'Why the list may be incomplete, with the statement that mends it, and whether a name is not exact.',
    }),
  CollectedAt: z
    .string()
    .optional()
    .meta({
      description: 'When the gateway had the list, by its clock.',
      examples: ['2026-01-01T00:00:00.000Z'],
    }),
})
type Reply = z.output<typeof reply>

/** Rows 14 to 17 of the contract. */
export function getDbListFromAgent(services: { tasks: TaskService }): Action<z.output<typeof params>, Reply> {
  const { tasks } = services
  const finished = finishedReplies(tasks)
  return {
    name: NAME,
    version: '2019-03-06',
    access: 'get',
    mutates: false,
    summary: 'The result of a task that lists databases.',
    params,
    reply,
    errors: ['Task.NotFound', 'InvalidClientToken.ValueNotSupported'],
    answersDiscoveryErrors: true,

    async prepare(given, { principal, gone, holds }) {
      const { account } = principal
      const id = toTaskId(given.TaskId)
      // One statement whoever's task it is and whatever else was sent: all that is not found is the same.
      // Who made it knows that it exists, so the time that this takes tells her nothing.
      const waitMs = given.WaitSeconds * 1000
      const known = id && waitMs > 0 ? tasks.known({ account, createdBy: principal.id }, id) : undefined
      const read = id && known === undefined ? await tasks.read(account, id) : undefined
      const found = known ?? read
      return {
        target: {
          action: `dbs:${NAME}`,
          resource: gatewayResource(account, {}),
          conditions: {},
          lookedUp: { found: found && taskResource(found), deniedAs: 'Task.NotFound' },
        },
        async handle() {
          if (found === undefined || !fits(found, given)) throw new PosternError('Task.NotFound')
          const isLast = read !== undefined && (waitMs === 0 || !isOpen(read))
          const task = isLast ? read : await tasks.read(account, found.id, { waitMs, signal: gone.signal })
          if (task === undefined) throw new PosternError('Task.NotFound')
          if (isOpen(task)) return notFinished(task)
          if (task.listing === undefined) throw failureOf(task)
          return finished(task, { includeSystem: given.IncludeSystemDatabases, holds })
        },
      }
    },
  }
}

function fits(task: Pick<AnsweredTask, 'gateway' | 'region'>, given: z.output<typeof params>): boolean {
  const { BackupGatewayId: gateway, SourceEndpointRegion: sourceRegion } = given
  return (gateway ?? task.gateway) === task.gateway && (sourceRegion ?? task.region) === task.region
}

const notFinished = (task: AnsweredTask): Reply => ({
  Success: false,
  ErrCode: 'Task.NotFinished',
  ErrMessage: whereabouts(task),
  DbList: { dbName: [] },
})

interface ReplyOptions {
  readonly includeSystem: boolean
  readonly holds: (text: string) => boolean
}

/**
 * What a task that has ended is answered with never changes: it is made once for as long as the task itself stays in memory.
 * Making it again took a seventh of the time of a call. Frozen, so that it is written once, too.
 */
function finishedReplies(tasks: TaskService): (task: AnsweredTask, options: ReplyOptions) => Promise<Reply> {
  const made = new WeakMap<AnsweredTask, ReplyOptions & { readonly reply: Reply }>()
  return async (task, options) => {
    const { includeSystem, holds } = options
    const before = made.get(task)
    if (before?.includeSystem === includeSystem && before.holds === holds) return before.reply
    const databases = await tasks.databaseColumns(task)
    // Its time was over between the two: never an empty list that says it is complete.
    if (databases === undefined) throw new PosternError('Task.NotFound')
    const answer = Object.freeze(await finishedReply(task, databases, options))
    made.set(task, { includeSystem, holds, reply: answer })
    return answer
  }
}

async function finishedReply(task: AnsweredTask, databases: DatabaseColumns, options: ReplyOptions): Promise<Reply> {
  const warnings = [...(task.listing?.warnings ?? []), ...(await nameWarnings(databases, options))].map(warningOf)
  const collectedAt = isoTime(task.listing?.collectedAt) ?? isoTime(task.endedAt)
  return {
    DbList: { dbName: databaseNames(databases, options) },
    Visibility: task.listing?.visibility ?? 'unknown',
    Warnings: { Warning: warnings },
    ...(collectedAt !== undefined && { CollectedAt: collectedAt }),
  }
}
