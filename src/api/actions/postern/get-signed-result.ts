import { z } from 'zod'
import type { FleetService } from '../../../fleet/fleet-service.ts'
import { DATABASE_TYPE_NAMES } from '../../../model/database-type.ts'
import { PosternError } from '../../../model/errors.ts'
import { TASK_STATES } from '../../../model/task.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import { aboutTask, taskIdParameter } from '../../known-task.ts'
import { integer } from '../../parameter-kinds.ts'

const NAME = 'GetSignedResult'
/** Of 256 KiB each. */
const PARTS_PER_PAGE = 8
/** 64 MiB in parts of one line each are more than any list has. */
const MAX_PART = 1_000_000

const params = z.object({
  TaskId: taskIdParameter(),
  FirstPart: integer(0, MAX_PART)
    .prefault('0')
    .meta({
      description: 'The part of the list to begin with, from 0: a list has at most 8 parts on a page.',
      examples: ['0'],
    }),
})

const base64 = (description: string) => z.string().meta({ description: `${description} Base64.` })

const reply = z.object({
  TaskId: z.number().meta({ description: 'The task.', examples: [731_905_284_617_093] }),
  TaskStatus: z.enum(TASK_STATES).meta({ description: 'Where the task is.' }),
  Result: z
    .object({
      ServerId: z.string().meta({ description: 'Names the installation; signed.' }),
      BackupGatewayId: z.number().meta({ description: 'The gateway; signed.', examples: [528_104_736_915_240] }),
      AttemptId: z.string().meta({ description: 'The attempt that ended the task; signed.' }),
      DatabaseType: z.enum(DATABASE_TYPE_NAMES).meta({ description: 'The kind of database server; signed.' }),
      SourceEndpointIP: z
        .string()
        .optional()
        .meta({ description: 'As the gateway was asked; signed, left out as empty.' }),
      SourceEndpointPort: z
        .number()
        .optional()
        .meta({ description: 'As the gateway was asked; signed, left out as empty.' }),
      Nonce: z.string().meta({ description: 'Made for this attempt; signed.' }),
      Outcome: base64('The exact text of how it ended, JSON as UTF-8.'),
      Digest: z.string().meta({ description: 'SHA-256 over Outcome, a newline and all parts, 64 hex digits; signed.' }),
      Signature: base64('Ed25519.'),
      SigningKey: base64('The 32 bytes of the public key; left out where the server has none that fits.').optional(),
      PartCount: z.number().meta({ description: 'Parts of the list in all.', examples: [1] }),
      Parts: z.object({ Part: z.array(z.string()).readonly() }).meta({
        description: 'Parts of the list from FirstPart on, in base64: lines of JSON, one database each.',
      }),
    })
    .optional()
    .meta({ description: 'Left out where no outcome of a gateway ended the task.' }),
})
type Reply = z.output<typeof reply>

/** All that is needed to check a result offline; `postern task verify` does. */
export function getSignedResult(services: {
  tasks: TaskService
  fleet: FleetService
}): Action<z.output<typeof params>, Reply> {
  const { tasks, fleet } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'get',
    mutates: false,
    summary: 'What a gateway signed of a task, exactly, to check it without trusting the server.',
    params,
    reply,
    errors: ['Task.NotFound'],

    prepare: async ({ TaskId, FirstPart }, call) =>
      aboutTask(
        tasks,
        { action: NAME, TaskId },
        {
          call,
          async handle({ account, id, state }) {
            const evidence = await tasks.evidence(account, id, { from: FirstPart, limit: PARTS_PER_PAGE })
            // Its time was over between the two.
            if (evidence === undefined && state === 'Succeeded') throw new PosternError('Task.NotFound')
            const result = evidence && resultOf(evidence, fleet.serverId)
            return { TaskId: id, TaskStatus: state, ...(result && { Result: result }) }
          },
        },
      ),
  }
}

type Evidence = NonNullable<Awaited<ReturnType<TaskService['evidence']>>>

function resultOf(evidence: Evidence, server: string): NonNullable<Reply['Result']> {
  const { host, port, publicKey, parts } = evidence
  return {
    ServerId: server,
    BackupGatewayId: evidence.gateway,
    AttemptId: evidence.attempt,
    DatabaseType: evidence.engine,
    ...(host !== undefined && { SourceEndpointIP: host }),
    ...(port !== undefined && { SourceEndpointPort: port }),
    Nonce: evidence.nonce,
    Outcome: Buffer.from(evidence.outcomeText, 'utf8').toString('base64'),
    Digest: evidence.digest,
    Signature: evidence.signature,
    ...(publicKey !== undefined && { SigningKey: Buffer.from(publicKey).toString('base64') }),
    PartCount: evidence.partCount,
    Parts: { Part: parts.map((part) => Buffer.from(part).toString('base64')) },
  }
}
