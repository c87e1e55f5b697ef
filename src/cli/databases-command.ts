import type { Command } from 'commander'
import { z } from 'zod'
import { DATABASE_TYPE_NAMES } from '../model/database-type.ts'
import { DBS_VERSION } from './actions-called.ts'
import { apiFailure } from './api-failure.ts'
import { type Answer, type ApiClient, type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { choiceOption } from './choice-option.ts'
import { askForDetails, detailsOf, detailsTable } from './database-details.ts'
import { CommandError, EXIT, usageError } from './exit-code.ts'
import { jsonText } from './json-text.ts'
import { printable, table } from './table.ts'
import { type Terminal, withProgress } from './terminal.ts'

/** The server holds one answer for at most 25 s. Somebody who watches is told more often where the task is. */
const ASK_AGAIN_SECONDS = { script: 25, person: 3 }

interface Options extends ConnectionOptions {
  readonly gateway: string
  readonly engine: string
  readonly host?: string
  readonly port?: string
  readonly wait: string
  readonly output: string
  readonly system?: boolean
  readonly details?: boolean
}

const listed = z.object({
  Visibility: z.string(),
  CollectedAt: z.string(),
  Warnings: z.object({
    Warning: z.array(z.object({ Code: z.string(), Message: z.string(), Grant: z.string().optional() })),
  }),
})
type Listed = z.infer<typeof listed>
const names = z.object({ DbList: z.object({ dbName: z.array(z.string()) }) })

export function addDatabasesCommand(program: Command, terminal: Terminal): void {
  withConnection(program.command('databases'))
    .summary('list the databases of a server behind a gateway')
    .description('Asks a gateway for the databases of a server and waits for the list.')
    .requiredOption('--gateway <id>', 'the gateway, see `postern gateway list`')
    .addOption(choiceOption('--engine <engine>', 'what the server is', DATABASE_TYPE_NAMES).makeOptionMandatory())
    .option(
      '--host <host>',
      'as in the configuration of the gateway; may be left out where it has one endpoint of that engine',
    )
    .option('--port <port>', 'default: the usual port of the engine')
    .option('--wait <seconds>', 'how long to wait for the list, 1-3600', '60')
    .addOption(choiceOption('--output <form>', 'names: one a line', ['table', 'json', 'names']).default('table'))
    .option('--system', "also list the engine's own databases")
    .option('--details', 'also show owner, character set, state and size, as far as they are known')
    .addHelpText(
      'after',
      '\nExamples:\n  postern databases --gateway 482910573846251 --engine MySQL --host db1.example.net\n  postern databases --gateway 482910573846251 --engine PostgreSQL --host 10.0.0.5 --port 5433 --output names',
    )
    .action(async (options: Options) => {
      await databases(options, terminal)
    })
}

async function databases(options: Options, terminal: Terminal): Promise<void> {
  const wait = Number(options.wait)
  if (!Number.isInteger(wait) || wait < 1 || wait > 3600)
    throw usageError('--wait is a whole number of seconds, 1 to 3600.')
  const client = await createApiClient(options, terminal.env)
  const answer = await withProgress(terminal, `listing the databases of ${options.host ?? options.engine}`, (say) =>
    ask({
      client,
      options,
      wait,
      say,
      again: terminal.interactive ? ASK_AGAIN_SECONDS.person : ASK_AGAIN_SECONDS.script,
    }),
  )
  if (options.output === 'json') terminal.out(jsonText(answer.body))
  if (!answer.ok) throw apiFailure(answer)
  const list = listed.parse(answer.body)
  const details = options.details === true ? detailsOf(answer) : undefined
  const found = details?.map(({ Name }) => Name) ?? names.parse(answer.body).DbList.dbName
  if (options.output === 'names') terminal.out(found.map((name) => `${printable(name)}\n`).join(''))
  if (options.output === 'table') {
    const rows = () =>
      table(
        ['DATABASE'],
        found.map((name) => [name]),
      )
    terminal.out(`${details === undefined ? rows() : detailsTable(details)}\n\n`)
    printSummary(list, found.length, terminal)
  }
  // In a pipe the names alone are on stdout: what may be missing is said beside them.
  if (options.output === 'names') printWarnings(list, terminal.err)
}

async function ask(parts: {
  client: ApiClient
  options: Options
  wait: number
  say: (text: string) => void
  again: number
}): Promise<Answer> {
  const { client, options, wait, say, again } = parts
  const deadline = performance.now() + wait * 1000
  const params: Record<string, string> = { BackupGatewayId: options.gateway, DatabaseType: options.engine }
  if (options.host !== undefined) params['SourceEndpointIP'] = options.host
  if (options.port !== undefined) params['SourceEndpointPort'] = options.port
  const created = await client.call('CreateGetDBListFromAgentTask', { version: DBS_VERSION, params })
  if (!created.ok) return created
  const task = z.object({ TaskId: z.number() }).parse(created.body).TaskId
  for (;;) {
    const left = Math.ceil((deadline - performance.now()) / 1000)
    const answer = await client.call('GetDBListFromAgent', {
      version: DBS_VERSION,
      params: {
        TaskId: String(task),
        WaitSeconds: String(Math.max(0, Math.min(again, left))),
        ...(options.system && { IncludeSystemDatabases: 'true' }),
      },
    })
    if (!answer.ok) return answer
    if (answer.body['Success'] === true)
      return options.details === true ? askForDetails(client, task, options.system === true) : answer
    const where = answer.body['ErrMessage']
    if (typeof where === 'string') say(where)
    if (performance.now() >= deadline) {
      throw new CommandError(
        EXIT.failed,
        `The list was not there after ${wait} s. The task goes on: postern call GetDBListFromAgent TaskId=${task}`,
      )
    }
  }
}

function printSummary(list: Listed, count: number, terminal: Terminal): void {
  terminal.out(
    `${count} ${count === 1 ? 'database' : 'databases'}, visibility ${list.Visibility}, collected at ${list.CollectedAt}\n`,
  )
  printWarnings(list, terminal.out)
}

function printWarnings(list: Listed, write: (text: string) => void): void {
  for (const { Message, Grant } of list.Warnings.Warning) {
    write(`warning: ${printable(Message)}\n`)
    if (Grant !== undefined) write(`  run: ${printable(Grant)}\n`)
  }
}
