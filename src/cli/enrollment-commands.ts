import type { Command } from 'commander'
import { addEnrollmentListCommand } from './enrollment-list-command.ts'
import { addEnrollmentRevokeCommand } from './enrollment-revoke-command.ts'
import type { Terminal } from './terminal.ts'

export function addEnrollmentCommands(program: Command, terminal: Terminal): void {
  const enrollment = program
    .command('enrollment')
    .summary('list and revoke tokens for gateways')
    .description(
      'Each `postern gateway token` makes an enrolment, which one gateway may use within 30 minutes. The token itself is shown only when it is made.',
    )
    .addHelpText('after', '\nExamples:\n  postern enrollment list\n  postern enrollment revoke 9f86d081884c7d659a2f')
  addEnrollmentListCommand(enrollment, terminal)
  addEnrollmentRevokeCommand(enrollment, terminal)
}
