import type { Command } from 'commander'
import { z } from 'zod'
import { POSTERN_VERSION } from './actions-called.ts'
import { type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { apiFailure } from './api-failure.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

const updated = z.object({ BackupGatewayId: z.number(), Name: z.string(), Region: z.string() })

export function addGatewayRenameCommand(gateway: Command, terminal: Terminal): void {
  withConnection(gateway.command('rename'))
    .summary('give a gateway another name')
    .description('Changes what people call a gateway. Its id stays, and so does its identity.')
    .argument('<id>', 'the gateway, see `postern gateway list`')
    .requiredOption('--name <name>', 'its name from now on, 1 to 128 characters')
    .addHelpText('after', '\nExample:\n  postern gateway rename 528104736915240 --name plant-7')
    .action((id: string, { name, ...options }: ConnectionOptions & { name: string }) =>
      update({ BackupGatewayId: id, Name: name }, options, terminal),
    )
}

export function addGatewayMoveCommand(gateway: Command, terminal: Terminal): void {
  withConnection(gateway.command('move'))
    .summary('move a gateway to another region')
    .description('Changes the region that policies name the gateway by. Tasks that exist keep theirs.')
    .argument('<id>', 'the gateway, see `postern gateway list`')
    .requiredOption('--region <region>', 'its region from now on')
    .addHelpText('after', '\nExample:\n  postern gateway move 528104736915240 --region eu-1')
    .action((id: string, { region, ...options }: ConnectionOptions & { region: string }) =>
      update({ BackupGatewayId: id, Region: region }, options, terminal),
    )
}

async function update(params: Record<string, string>, options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const client = await createApiClient(options, terminal.env)
  const answer = await client.call('UpdateGateway', { version: POSTERN_VERSION, params })
  if (!answer.ok) throw apiFailure(answer)
  const { BackupGatewayId, Name, Region } = updated.parse(answer.body)
  terminal.out(`${BackupGatewayId}  ${printable(Name)}  ${Region}\n`)
}
