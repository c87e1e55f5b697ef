import { Command } from 'commander'
import { VERSION } from '../base/version.ts'
import { addAccessKeyCommands } from './access-key-commands.ts'
import { addAccountCommands } from './account-commands.ts'
import { addAuditCommands } from './audit-commands.ts'
import { addBackupCommand } from './backup-command.ts'
import { addCallCommand } from './call-command.ts'
import { addCompletionCommand } from './completion-command.ts'
import { addConfigCommands } from './config-commands.ts'
import { addDatabasesCommand } from './databases-command.ts'
import { addEnrollmentCommands } from './enrollment-commands.ts'
import { addGatewayCommands } from './gateway-commands.ts'
import { HOW_TO_BEGIN, SURROUNDINGS } from './program-help.ts'
import { addRestoreCommand } from './restore-command.ts'
import { addServerCommand } from './server-command.ts'
import { addSessionCommand } from './session-command.ts'
import { addStoreCommands } from './store-commands.ts'
import { addTaskCommands } from './task-commands.ts'
import type { Terminal } from './terminal.ts'

/** All commands of `postern`; the help, the completion and their tests walk this one tree. */
export function createProgram(terminal: Terminal): Command {
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
  addServerCommand(program, terminal)
  addGatewayCommands(program, terminal)
  addEnrollmentCommands(program, terminal)
  addConfigCommands(program, terminal)
  addDatabasesCommand(program, terminal)
  addTaskCommands(program, terminal)
  addAuditCommands(program, terminal)
  addCallCommand(program, terminal)
  addSessionCommand(program, terminal)
  addAccountCommands(program, terminal)
  addAccessKeyCommands(program, terminal)
  addBackupCommand(program, terminal)
  addRestoreCommand(program, terminal)
  addStoreCommands(program, terminal)
  addCompletionCommand(program, terminal)
  pointToHelp(program, 'postern')
  return program
}

/** After a mistake: where the help of that very command is. */
function pointToHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(see ${path} --help)`)
  for (const child of command.commands) pointToHelp(child, `${path} ${child.name()}`)
}
