import type { Command } from 'commander'
import { addCheckCommand } from './gateway-check-command.ts'
import { addGatewayDeleteCommand } from './gateway-delete-command.ts'
import { addEnrollCommand } from './gateway-enroll-command.ts'
import { addGrantsCommand } from './gateway-grants-command.ts'
import { addGatewayListCommand } from './gateway-list-command.ts'
import { addGatewayMoveCommand, addGatewayRenameCommand } from './gateway-update-commands.ts'
import { addRotateKeyCommand } from './gateway-rotate-key-command.ts'
import { addRunCommand } from './gateway-run-command.ts'
import { addTokenCommand } from './gateway-token-command.ts'
import type { Terminal } from './terminal.ts'

export function addGatewayCommands(program: Command, terminal: Terminal): void {
  const gateway = program
    .command('gateway')
    .summary('enrol, check, run, list, rename and delete gateways')
    .description(
      'A gateway runs beside the databases and dials out to its server. Make a token at the server, enrol with it, check the configuration, run.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  postern gateway check --config gateway.yaml\n  postern gateway run --data ./gateway-data --config gateway.yaml\n  postern gateway list',
    )
  addTokenCommand(gateway, terminal)
  addEnrollCommand(gateway, terminal)
  addCheckCommand(gateway, terminal)
  addGrantsCommand(gateway, terminal)
  addRunCommand(gateway, terminal)
  addRotateKeyCommand(gateway, terminal)
  addGatewayListCommand(gateway, terminal)
  addGatewayRenameCommand(gateway, terminal)
  addGatewayMoveCommand(gateway, terminal)
  addGatewayDeleteCommand(gateway, terminal)
}
