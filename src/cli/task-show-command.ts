import type { Command } from 'commander'
import { z } from 'zod'
import { hostAndPort } from '../model/host.ts'
import { POSTERN_VERSION } from './actions-called.ts'
import { type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { choiceOption } from './choice-option.ts'
import { apiFailure } from './api-failure.ts'
import { jsonText } from './json-text.ts'
import { ladderText } from './ladder-text.ts'
import { printable, table } from './table.ts'
import type { Terminal } from './terminal.ts'

const shownTask = z.object({
  TaskId: z.number(),
  TaskStatus: z.string(),
  BackupGatewayId: z.number(),
  DatabaseType: z.string(),
  SourceEndpointIP: z.string().optional(),
  SourceEndpointPort: z.number().optional(),
  CreatedAt: z.string(),
  CreatedBy: z.string(),
  AcceptedAt: z.string().optional(),
  EndedAt: z.string().optional(),
  DeliveryDeadline: z.string(),
  ExecutionDeadline: z.string().optional(),
  Failure: z.object({ Code: z.string(), Message: z.string(), Mend: z.string().optional() }).optional(),
  Ladder: z.object({
    Step: z.array(z.object({ Name: z.string(), Status: z.string(), Milliseconds: z.number().optional() })),
  }),
  Attempts: z.object({
    Attempt: z.array(
      z.object({
        Number: z.number(),
        SessionEpoch: z.number(),
        StartedAt: z.string(),
        EndedAt: z.string().optional(),
        End: z.string().optional(),
        Late: z.object({ At: z.string() }).optional(),
      }),
    ),
  }),
  ResultSignature: z.string().optional(),
  Visibility: z.string().optional(),
  DatabaseCount: z.number().optional(),
  ServerProduct: z.string().optional(),
  ServerVersion: z.string().optional(),
  Warnings: z
    .object({ Warning: z.array(z.object({ Code: z.string(), Message: z.string(), Grant: z.string().optional() })) })
    .optional(),
})
type ShownTask = z.infer<typeof shownTask>

export function addTaskShowCommand(task: Command, terminal: Terminal): void {
  withConnection(task.command('show'))
    .summary('show all about a task: how far it came, its attempts, why it failed and how to mend it')
    .description('Prints the steps of the task as `postern gateway check` does, and its attempts.')
    .argument('<id>', 'the task, see `postern task list`')
    .addOption(choiceOption('--output <form>', 'form of the answer', ['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  postern task show 731905284617093\n  postern task show 731905284617093 --output json',
    )
    .action(async (id: string, options: ConnectionOptions & { output: string }) => {
      const client = await createApiClient(options, terminal.env)
      const answer = await client.call('GetTask', { version: POSTERN_VERSION, params: { TaskId: id } })
      if (!answer.ok) throw apiFailure(answer)
      if (options.output === 'json') return terminal.out(jsonText(answer.body))
      terminal.out(`${asText(shownTask.parse(answer.body))}\n`)
    })
}

function asText(task: ShownTask): string {
  const steps = task.Ladder.Step.map(({ Name, Status, Milliseconds }) => ({
    name: Name,
    status: Status,
    ms: Milliseconds,
  }))
  const attempts = task.Attempts.Attempt.map((each) => [
    String(each.Number),
    String(each.SessionEpoch),
    each.StartedAt,
    each.EndedAt ?? '',
    each.End ?? 'running',
    each.Late === undefined ? '' : `an outcome came at ${each.Late.At}`,
  ])
  return [
    heading(task),
    ...facts(task).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${printable(value)}`])),
    '',
    ladderText(steps, problemsOf(task)),
    ...(attempts.length === 0
      ? []
      : ['', table(['ATTEMPT', 'SESSION', 'STARTED', 'ENDED', 'HOW IT ENDED', 'LATE'], attempts)]),
  ].join('\n')
}

function heading({ TaskId, DatabaseType, SourceEndpointIP, SourceEndpointPort, ...task }: ShownTask): string {
  const where = SourceEndpointIP === undefined ? '' : ` at ${hostAndPort(SourceEndpointIP, SourceEndpointPort ?? 0)}`
  const found =
    task.Visibility === undefined
      ? ''
      : `, ${task.Visibility}, ${task.DatabaseCount} databases (the engine's own counted), ${task.ServerProduct} ${task.ServerVersion}`
  return printable(`${TaskId} (${DatabaseType}${where}): ${task.TaskStatus}${found}`)
}

const facts = (task: ShownTask): readonly (readonly [string, string | undefined])[] => [
  ['gateway', String(task.BackupGatewayId)],
  ['created', `${task.CreatedAt} by ${task.CreatedBy}`],
  ['begun', task.AcceptedAt],
  ['ended', task.EndedAt],
  ['deadline', task.EndedAt === undefined ? (task.ExecutionDeadline ?? task.DeliveryDeadline) : undefined],
  ['signature of the result', task.ResultSignature],
]

function problemsOf({ Failure, Warnings }: ShownTask) {
  if (Failure !== undefined) return [{ code: Failure.Code, message: Failure.Message, mend: Failure.Mend }]
  return (Warnings?.Warning ?? []).map(({ Code, Message, Grant }) => ({ code: Code, message: Message, mend: Grant }))
}
