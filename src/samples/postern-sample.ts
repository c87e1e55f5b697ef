import { CREATE_TASK, READ_TASK, type SampleRequest, type Template } from './sample-request.ts'
import { commandLine, createThenWait, scriptHead } from './shell-script.ts'
import { shellWord } from './shell-word.ts'

/** A command that does what the action does, for as long as no parameter is given that it does not take. */
interface OwnCommand {
  readonly words: string
  readonly options: Readonly<Record<string, string>>
  /** The parameter that stands as an argument. */
  readonly argument?: string
}

const OWN: Readonly<Record<string, OwnCommand>> = {
  DescribeBackupGatewayList: { words: 'gateway list', options: { Region: '--region' } },
  CreateGatewayEnrollment: { words: 'gateway token', options: { Name: '--name', Region: '--region' } },
  DeleteGateway: { words: 'gateway delete', options: {}, argument: 'BackupGatewayId' },
  ListGatewayEnrollments: { words: 'enrollment list', options: {} },
  ListTasks: { words: 'task list', options: { BackupGatewayId: '--gateway', TaskStatus: '--status' } },
  GetTask: { words: 'task show', options: {}, argument: 'TaskId' },
  CancelTask: { words: 'task cancel', options: {}, argument: 'TaskId' },
  GetSignedResult: { words: 'task verify', options: {}, argument: 'TaskId' },
}
/** Creates the task and waits for it. */
const DATABASES: OwnCommand = {
  words: 'databases',
  options: {
    BackupGatewayId: '--gateway',
    DatabaseType: '--engine',
    SourceEndpointIP: '--host',
    SourceEndpointPort: '--port',
  },
}

export const posternSample: Template = {
  title: 'Postern CLI',
  file: 'sample.sh',
  write(request) {
    const { action, wait, parameters } = request
    const head = scriptHead("Needs Postern's own command.")
    const own = ownCommand(request)
    if (wait !== undefined && own !== undefined) return `${head}\n${own}\n`
    const words = parameters.map(([name, value]) => `${name}=${shellWord(value)}`)
    const create = callCommand(request, action, words)
    if (wait !== undefined) {
      const read = callCommand(request, READ_TASK, ['TaskId="$task"', `WaitSeconds=${wait.seconds}`])
      return `${head}\n${createThenWait(create, { read, wait })}`
    }
    // It is told, not run: one of the two is enough.
    const told = own === undefined || own.includes('\n') ? '' : `\n# A command of its own does the same:\n# ${own}\n`
    return `${head}\n${create}\n${told}`
  },
}

const callCommand = ({ origin, version }: SampleRequest, action: string, words: readonly string[]) =>
  commandLine([`postern call --endpoint ${shellWord(origin)} --api-version ${version} ${action}`, ...words])

/** On one line, unless a value has several. */
function ownCommand({ action, wait, parameters, origin }: SampleRequest): string | undefined {
  const own = action === CREATE_TASK ? (wait === undefined ? undefined : DATABASES) : OWN[action]
  if (own === undefined) return undefined
  const words: string[] = []
  for (const [name, value] of parameters) {
    const option = own.options[name]
    if (value === '') return undefined
    if (option !== undefined) words.push(`${option}=${shellWord(value)}`)
    else if (name === own.argument && !value.startsWith('-')) words.push(shellWord(value))
    else return undefined
  }
  return ['postern', own.words, `--endpoint ${shellWord(origin)}`, ...words].join(' ')
}
