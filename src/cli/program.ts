import { Command } from 'commander'
import { VERSION } from '../base/version.ts'
import { HOW_TO_BEGIN, SURROUNDINGS } from './program-help.ts'
import type { Terminal } from './terminal.ts'

type AddCommand = (program: Command, terminal: Terminal) => void

/** By the first word of a command line. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['server', async () => (await import('./server-command.ts')).addServerCommand],
  ['gateway', async () => (await import('./gateway-commands.ts')).addGatewayCommands],
  ['enrollment', async () => (await import('./enrollment-commands.ts')).addEnrollmentCommands],
  ['config', async () => (await import('./config-commands.ts')).addConfigCommands],
  ['databases', async () => (await import('./databases-command.ts')).addDatabasesCommand],
  ['task', async () => (await import('./task-commands.ts')).addTaskCommands],
  ['audit', async () => (await import('./audit-commands.ts')).addAuditCommands],
  ['call', async () => (await import('./call-command.ts')).addCallCommand],
  ['sample', async () => (await import('./sample-command.ts')).addSampleCommand],
  ['session', async () => (await import('./session-command.ts')).addSessionCommand],
  ['account', async () => (await import('./account-commands.ts')).addAccountCommands],
  ['access-key', async () => (await import('./access-key-commands.ts')).addAccessKeyCommands],
  ['backup', async () => (await import('./backup-command.ts')).addBackupCommand],
  ['restore', async () => (await import('./restore-command.ts')).addRestoreCommand],
  ['store', async () => (await import('./store-commands.ts')).addStoreCommands],
  ['completion', async () => (await import('./completion-command.ts')).addCompletionCommand],
])
/** It prints all others. */
const COMPLETION = 'completion'

/**
 * The commands of `postern`, in the order of its help; the help, the completion and their tests walk this one tree. With
 * the words of a command line only the command that is meant, as far as it can be told: the others cost half of a start.
 */
export async function createProgram(terminal: Terminal, [word = '']: readonly string[] = []): Promise<Command> {
  const program = new Command('postern')
    .summary('lists the databases behind a firewall')
    .description(
      'Lists the databases behind a firewall. A gateway beside the databases dials out to a server; the server answers people and programs.',
    )
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'print the help of a command')
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .showSuggestionAfterError()
    .addHelpText('after', `\n${HOW_TO_BEGIN}\n${SURROUNDINGS}`)
    .exitOverride()
  const meant = word === COMPLETION ? undefined : COMMANDS.get(word)
  const loads = meant === undefined ? [...COMMANDS.values()] : [meant]
  const loaded = await Promise.all(loads.map((load) => load()))
  for (const add of loaded) add(program, terminal)
  pointToHelp(program, 'postern')
  return program
}

/** After a mistake: where the help of that very command is. */
function pointToHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(see ${path} --help)`)
  for (const child of command.commands) pointToHelp(child, `${path} ${child.name()}`)
}
