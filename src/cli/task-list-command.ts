import type { Command } from 'commander'
import { z } from 'zod'
import { DATABASE_TYPE_NAMES } from '../model/database-type.ts'
import { hostAndPort } from '../model/host.ts'
import { POSTERN_VERSION } from './actions-called.ts'
import { type ApiClient, type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { choiceOption } from './choice-option.ts'
import { apiFailure } from './api-failure.ts'
import { usageError } from './exit-code.ts'
import { jsonText } from './json-text.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

const MAX_PAGE = 100
const MAX_LIMIT = 100_000
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

interface Options extends ConnectionOptions {
  readonly gateway?: string
  readonly status?: string
  readonly engine?: string
  readonly since?: string
  readonly limit: string
  readonly output: string
}

const listedTask = z.object({
  TaskId: z.number(),
  TaskStatus: z.string(),
  BackupGatewayId: z.number(),
  DatabaseType: z.string(),
  SourceEndpointIP: z.string().optional(),
  SourceEndpointPort: z.number().optional(),
  CreatedAt: z.string(),
  EndedAt: z.string().optional(),
  Failure: z.object({ Code: z.string() }).optional(),
})
type ListedTask = z.infer<typeof listedTask>
const taskPage = z.object({
  Tasks: z.object({ Task: z.array(z.unknown()) }),
  NextToken: z.string().optional(),
})

export function addTaskListCommand(task: Command, terminal: Terminal): void {
  withConnection(task.command('list'))
    .summary('list the tasks of the account, newest first')
    .description('Prints the tasks that the filters leave, at most --limit of them.')
    .option('--gateway <id>', 'only of this gateway')
    .option('--status <statuses>', 'only these: Queued, Running, Succeeded, Failed, Cancelled, TimedOut')
    .addOption(choiceOption('--engine <engine>', 'only of this engine', DATABASE_TYPE_NAMES))
    .option('--since <time>', 'only created since then: 2026-01-31T08:30:00Z, 2026-01-31, or 90s, 30m, 12h, 7d ago')
    .option('--limit <n>', 'most tasks', '100')
    .addOption(choiceOption('--output <form>', 'form of the list', ['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  postern task list --since 24h\n  postern task list --gateway 482910573846251 --status Failed,TimedOut --output json',
    )
    .action(async (options: Options) => {
      const limit = Number(options.limit)
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
        throw usageError(`--limit is a whole number, 1 to ${MAX_LIMIT}.`)
      const params = paramsOf(options, Date.now())
      const client = await createApiClient(options, terminal.env)
      const { tasks, more } = await readTasks(client, params, limit)
      if (options.output === 'json') return terminal.out(jsonText(tasks))
      const rows = tasks.map((each) => rowOf(listedTask.parse(each)))
      terminal.out(`${table(['ID', 'STATUS', 'ENGINE', 'ENDPOINT', 'GATEWAY', 'CREATED', 'ENDED', 'ERROR'], rows)}\n`)
      if (more) terminal.err('There are more: raise --limit.\n')
    })
}

async function readTasks(client: ApiClient, params: Record<string, string>, limit: number) {
  const tasks: unknown[] = []
  let token: string | undefined
  for (;;) {
    const MaxResults = String(Math.min(MAX_PAGE, limit - tasks.length))
    const page = { ...params, MaxResults, ...(token !== undefined && { NextToken: token }) }
    const answer = await client.call('ListTasks', { version: POSTERN_VERSION, params: page })
    if (!answer.ok) throw apiFailure(answer)
    const { Tasks, NextToken } = taskPage.parse(answer.body)
    tasks.push(...Tasks.Task)
    // Each page begins behind the one before, so that the pages end with the tasks.
    if (NextToken === undefined || tasks.length >= limit) return { tasks, more: NextToken !== undefined }
    token = NextToken
  }
}

function paramsOf({ gateway, status, engine, since }: Options, now: number): Record<string, string> {
  return {
    ...(gateway !== undefined && { BackupGatewayId: gateway }),
    ...(status !== undefined && { TaskStatus: status }),
    ...(engine !== undefined && { DatabaseType: engine }),
    ...(since !== undefined && { CreatedAfter: timeOf(since, now) }),
  }
}

/** A time is left to the server, which says what is wrong with it. */
export function timeOf(since: string, now: number): string {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(since) ?? []
  return count === undefined ? since : new Date(now - Number(count) * (UNIT_MS[unit] ?? 0)).toISOString()
}

function rowOf(task: ListedTask): readonly string[] {
  return [
    String(task.TaskId),
    task.TaskStatus,
    task.DatabaseType,
    endpointText(task),
    String(task.BackupGatewayId),
    task.CreatedAt,
    task.EndedAt ?? '',
    task.Failure?.Code ?? '',
  ]
}

/** Empty where the only endpoint of the engine was meant. */
function endpointText({ SourceEndpointIP: host, SourceEndpointPort: port }: ListedTask): string {
  if (host === undefined) return port === undefined ? '' : `:${port}`
  return port === undefined ? host : hostAndPort(host, port)
}
