import { z } from 'zod'
import { PosternError } from '../../../model/errors.ts'
import type { DatabaseRecord } from '../../../model/listing.ts'
import { databaseRecord } from '../../../model/listing-schemas.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import { aboutTask, taskIdParameter } from '../../known-task.ts'
import { listingFields, listingFieldsOf } from '../../listing-fields.ts'
import { nextToken, readNextToken } from '../../next-token.ts'
import { boolean, integer, namePart, pageToken } from '../../parameter-kinds.ts'
import { type AnsweredTask, failureOf, isOpen, whereabouts } from '../../task-answers.ts'

const NAME = 'DescribeDatabases'

const params = z.object({
  TaskId: taskIdParameter(),
  IncludeSystemDatabases: boolean()
    .prefault('false')
    .meta({
      description: 'true lists the databases of the server itself too, such as mysql or template1.',
      examples: ['true'],
    }),
  NameContains: namePart(256)
    .optional()
    .meta({ description: 'Only databases with this text in their name, in that case.', examples: ['crm'] }),
  MaxResults: integer(1, 1000)
    .prefault('100')
    .meta({ description: 'Most databases of one answer, 1 to 1000.', examples: ['1000'] }),
  NextToken: pageToken(),
})
type Given = z.output<typeof params>

const database = z.object({
  Name: z.string().meta({ description: 'The name; U+FFFD stands for bytes that are not UTF-8.', examples: ['crm'] }),
  NameBase64: z.string().optional().meta({
    description:
      'The exact bytes of the name, where it is not UTF-8 (UTF-16LE for SQL Server) or has characters that XML cannot hold.',
  }),
  Kind: databaseRecord.shape.kind.meta({ description: 'database, schema, pdb (of Oracle) or keyspace (of Redis).' }),
  System: z.boolean().meta({ description: 'Whether it is one of the server itself.' }),
  Owner: z
    .string()
    .optional()
    .meta({ description: 'Who owns it.', examples: ['postgres'] }),
  Charset: z
    .string()
    .optional()
    .meta({ description: 'Its character set.', examples: ['utf8mb4'] }),
  Collation: z
    .string()
    .optional()
    .meta({ description: 'Its collation.', examples: ['utf8mb4_general_ci'] }),
  State: z
    .string()
    .optional()
    .meta({ description: 'Its state, in the words of the server.', examples: ['ONLINE'] }),
  Connectable: z.boolean().optional().meta({ description: 'Whether the user that listed may connect to it.' }),
  ReadOnly: z.boolean().optional().meta({ description: 'Whether it can only be read.' }),
  RecoveryModel: z
    .string()
    .optional()
    .meta({ description: 'Its recovery model (of SQL Server).', examples: ['FULL'] }),
  SnapshotOf: z
    .string()
    .optional()
    .meta({ description: 'The database that it is a snapshot of (of SQL Server).', examples: ['crm'] }),
  SizeBytes: z
    .number()
    .optional()
    .meta({ description: 'Its size.', examples: [73_400_320] }),
})

const reply = z.object({
  Success: z.literal(false).optional().meta({ description: 'false while the task is not finished; else true.' }),
  ErrCode: z
    .literal('Task.NotFinished')
    .optional()
    .meta({ description: 'Task.NotFinished while the task is not finished.' }),
  ErrMessage: z.string().optional().meta({ description: 'Where the task is, while it is not finished.' }),
  Databases: z.object({ Database: z.array(database).readonly() }).meta({
    description: 'By code point of the name; what the server does not tell is left out.',
  }),
  TotalCount: z
    .number()
    .meta({ description: 'How many databases fit IncludeSystemDatabases and NameContains, on all pages.' }),
  NextToken: z.string().optional().meta({ description: 'There are more: send it with the same parameters.' }),
  ...listingFields,
})
type Reply = z.output<typeof reply>

export function describeDatabases(services: { tasks: TaskService }): Action<Given, Reply> {
  const { tasks } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'get',
    mutates: false,
    summary: 'The databases that a task found, with all that the gateway knows of each.',
    params,
    reply,
    errors: ['Task.NotFound'],
    answersDiscoveryErrors: true,

    prepare: async (given, call) =>
      aboutTask(
        tasks,
        { action: NAME, TaskId: given.TaskId },
        {
          call,
          async handle(task) {
            const { account, id } = task
            const { NextToken, IncludeSystemDatabases, NameContains = null } = given
            const bound = [NAME, account, id, IncludeSystemDatabases, NameContains]
            const [from = 0] = NextToken === undefined ? [] : readNextToken(NextToken, bound, 1)
            if (isOpen(task)) return notFinished(task)
            if (task.listing === undefined) throw failureOf(task)
            const databases = await tasks.sortedDatabases(account, id)
            // Its time was over between the two.
            if (databases === undefined) throw new PosternError('Task.NotFound')
            const page = pageOf(databases, given, from)
            return {
              Databases: { Database: page.databases.map(databaseOf) },
              TotalCount: page.total,
              ...(page.next !== undefined && { NextToken: nextToken(bound, [page.next]) }),
              ...listingFieldsOf(task),
            }
          },
        },
      ),
  }
}

const notFinished = (task: AnsweredTask): Reply => ({
  Success: false,
  ErrCode: 'Task.NotFinished',
  ErrMessage: whereabouts(task),
  Databases: { Database: [] },
  TotalCount: 0,
})

/** `from` and `next` are places in the whole list: they mean the same under every filter. */
function pageOf(list: readonly DatabaseRecord[], given: Given, from: number) {
  const { IncludeSystemDatabases, NameContains = '', MaxResults } = given
  const databases: DatabaseRecord[] = []
  let total = 0
  let next: number | undefined
  for (let place = 0; place < list.length; place++) {
    // Not by entries(): a pair made for each record of each page would keep the garbage collector busy.
    const record = list[place]
    if (record === undefined || (record.system && !IncludeSystemDatabases)) continue
    if (!record.name.includes(NameContains)) continue
    total++
    if (place < from) continue
    if (databases.length < MaxResults) databases.push(record)
    else next ??= place
  }
  return { databases, total, next }
}

function databaseOf(record: DatabaseRecord): z.output<typeof database> {
  const { name, owner, charset, collation, state, connectable, readOnly, recoveryModel, snapshotOf, sizeBytes } = record
  const exact = record.nameBase64 ?? (NOT_IN_XML.test(name) ? Buffer.from(name).toString('base64') : undefined)
  return {
    Name: name,
    ...(exact !== undefined && { NameBase64: exact }),
    Kind: record.kind,
    System: record.system,
    ...(owner !== undefined && { Owner: owner }),
    ...(charset !== undefined && { Charset: charset }),
    ...(collation !== undefined && { Collation: collation }),
    ...(state !== undefined && { State: state }),
    ...(connectable !== undefined && { Connectable: connectable }),
    ...(readOnly !== undefined && { ReadOnly: readOnly }),
    ...(recoveryModel !== undefined && { RecoveryModel: recoveryModel }),
    ...(snapshotOf !== undefined && { SnapshotOf: snapshotOf }),
    ...(sizeBytes !== undefined && { SizeBytes: sizeBytes }),
  }
}

/** What XML 1.0 has no way to write. */
const NOT_IN_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
