import { z } from 'zod'
import { isDiscoveryErrorCode, PosternError } from '../../../model/errors.ts'
import { toTaskId } from '../../../model/ids.ts'
import { type DatabaseRecord, type ListingWarning, VISIBILITIES } from '../../../model/listing.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import { databaseNames } from '../../database-names.ts'
import { nameWarnings } from '../../name-warnings.ts'
import { boolean, clientToken, integer, publicNumber, region } from '../../parameter-kinds.ts'
import { endpointConditions, gatewayResource } from '../../resources.ts'

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

const reply = z.object({
  Success: z.literal(false).optional().meta({ description: 'false while the task is not finished; else true.' }),
  ErrCode: z
    .literal('Task.NotFinished')
    .optional()
    .meta({ description: 'Task.NotFinished while the task is not finished.' }),
  ErrMessage: z.string().optional().meta({ description: 'Where the task is, while it is not finished.' }),
  DbList: z.object({ dbName: z.array(z.string()).readonly() }).meta({
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
type Task = NonNullable<Awaited<ReturnType<TaskService['read']>>>

/** Rows 14 to 17 of the contract. */
export function getDbListFromAgent(services: { tasks: TaskService }): Action<z.output<typeof params>, Reply> {
  const { tasks } = services
  return {
    name: NAME,
    version: '2019-03-06',
    access: 'get',
    mutates: false,
    summary: 'The result of a task that lists databases.',
    params,
    reply,
    errors: ['Task.NotFound', 'InvalidClientToken.ValueNotSupported'],

    async prepare(given, { principal, signal, holds }) {
      const { account } = principal
      const id = toTaskId(given.TaskId)
      // One statement whoever's task it is and whatever else was sent: all that is not found is the same.
      const found = id && (await tasks.read(account, id, { waitMs: 0, signal }))
      return {
        target: {
          action: `dbs:${NAME}`,
          resource: gatewayResource(account, {}),
          conditions: {},
          lookedUp: { found: found && authorisedOn(found), deniedAs: 'Task.NotFound' },
        },
        async handle() {
          if (found === undefined || !fits(found, given)) throw new PosternError('Task.NotFound')
          const waitMs = given.WaitSeconds * 1000
          const task = isOpen(found) && waitMs > 0 ? await tasks.read(account, found.id, { waitMs, signal }) : found
          if (task === undefined) throw new PosternError('Task.NotFound')
          if (isOpen(task)) return notFinished(task)
          if (task.listing === undefined) throw failureOf(task)
          const databases = await tasks.databases(account, task.id)
          return finished(task, databases, { includeSystem: given.IncludeSystemDatabases, holds })
        },
      }
    },
  }
}

/** On the gateway of the task, and on what the task was asked to list. */
const authorisedOn = (task: Task) => ({
  resource: gatewayResource(task.account, { region: task.region, id: task.gateway }),
  conditions: endpointConditions(task),
})

const isOpen = (task: Task) => task.state === 'Queued' || task.state === 'Running'

function fits(task: Task, given: z.output<typeof params>): boolean {
  const { BackupGatewayId: gateway, SourceEndpointRegion: sourceRegion } = given
  return (gateway ?? task.gateway) === task.gateway && (sourceRegion ?? task.region) === task.region
}

function notFinished(task: Task): Reply {
  const where =
    task.acceptedAt === undefined
      ? `It has been waiting for the backup gateway ${task.gateway} since ${isoTime(task.createdAt)}.`
      : `It has been running on the backup gateway ${task.gateway} since ${isoTime(task.acceptedAt)}${task.step === undefined ? '' : `, at the step ${task.step}`}.`
  return {
    Success: false,
    ErrCode: 'Task.NotFinished',
    ErrMessage: `The task is not finished. ${where}`,
    DbList: { dbName: [] },
  }
}

function failureOf(task: Task): PosternError {
  const { code, message } = task.failure ?? { code: 'Internal', message: `The task ended as ${task.state}.` }
  // A newer gateway may have codes that this server does not know, and no ended task is unfinished.
  if (!isDiscoveryErrorCode(code) || code === 'Task.NotFinished') {
    return new PosternError('Internal', { message: `${code}: ${message}` })
  }
  return new PosternError(code, { message })
}

function finished(
  task: Task,
  databases: readonly DatabaseRecord[],
  options: { includeSystem: boolean; holds: (text: string) => boolean },
): Reply {
  const warnings = [...(task.listing?.warnings ?? []), ...nameWarnings(databases, options)].map(warningOf)
  const collectedAt = isoTime(task.listing?.collectedAt) ?? isoTime(task.endedAt)
  return {
    DbList: { dbName: databaseNames(databases, options) },
    Visibility: task.listing?.visibility ?? 'unknown',
    Warnings: { Warning: warnings },
    ...(collectedAt !== undefined && { CollectedAt: collectedAt }),
  }
}

const warningOf = ({ code, message, grant }: ListingWarning) => ({
  Code: code,
  Message: message,
  ...(grant !== undefined && { Grant: grant }),
})

/** Undefined where no calendar has it: the time comes from the clock of a gateway. */
function isoTime(time: number | undefined): string | undefined {
  const date = new Date(time ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
