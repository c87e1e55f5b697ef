import type { Command } from 'commander'
import { z } from 'zod'
import { POSTERN_VERSION } from './actions-called.ts'
import { type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { apiFailure } from './api-failure.ts'
import { CommandError, EXIT, usageError } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

const deleted = z.object({ BackupGatewayId: z.number() })

export function addGatewayDeleteCommand(gateway: Command, terminal: Terminal): void {
  withConnection(gateway.command('delete'))
    .summary('delete a gateway for good')
    .description(
      'Ends the connection of a gateway; its identity opens no other, and its open tasks fail. Asks first; where nobody can be asked, in a script for example, it needs --yes.',
    )
    .argument('<id>', 'the gateway, see `postern gateway list`')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  postern gateway delete 528104736915240\n  postern gateway delete 528104736915240 --yes',
    )
    .action(async (id: string, options: ConnectionOptions & { yes?: true }) => {
      if (options.yes !== true) await confirm(id, terminal)
      const client = await createApiClient(options, terminal.env)
      const answer = await client.call('DeleteGateway', { version: POSTERN_VERSION, params: { BackupGatewayId: id } })
      if (!answer.ok) throw apiFailure(answer)
      terminal.out(`${deleted.parse(answer.body).BackupGatewayId}  deleted\n`)
    })
}

async function confirm(id: string, { ask }: Terminal): Promise<void> {
  if (ask === undefined) throw usageError('Nobody can be asked here: give --yes to delete the gateway.')
  const answer = await ask(`Delete gateway ${id} for good? Its open tasks fail. [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError(EXIT.failed, 'Nothing was deleted.')
}
