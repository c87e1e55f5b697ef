import { Command, CommanderError } from 'commander'
import { ConfigurationError } from '../base/configuration-error.ts'
import { VERSION } from '../base/version.ts'
import { addCallCommand } from './call-command.ts'
import { addConfigCommands } from './config-commands.ts'
import { addDatabasesCommand } from './databases-command.ts'
import { CommandError, EXIT } from './exit-code.ts'
import { addGatewayCommands } from './gateway-commands.ts'
import { addServerCommand } from './server-command.ts'
import type { Terminal } from './terminal.ts'

function createProgram(terminal: Terminal): Command {
  const program = new Command('postern')
    .description('Lists the databases behind a firewall.')
    .version(VERSION, '--version', 'print the version')
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .showSuggestionAfterError()
    .showHelpAfterError('(see --help)')
    .exitOverride()
  addServerCommand(program, terminal)
  addGatewayCommands(program, terminal)
  addConfigCommands(program, terminal)
  addDatabasesCommand(program, terminal)
  addCallCommand(program, terminal)
  return program
}

/** Runs one command line; the exit code is the result. */
async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(argv, { from: 'user' })
    return EXIT.done
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    if (error instanceof CommandError) {
      terminal.err(`${error.message}\n`)
      return error.exitCode
    }
    if (error instanceof ConfigurationError) {
      terminal.err(`${error.message}\n`)
      return EXIT.usage
    }
    // What is thrown at start-up on purpose has a message for people; a stack would only hide it.
    terminal.err(`${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.failed
  }
}

const terminal: Terminal = {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  interactive: process.stderr.isTTY,
}
// A reader that closes the pipe (head) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
)
process.exitCode = await main(process.argv.slice(2), terminal)
