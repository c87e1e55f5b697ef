import type { Command } from 'commander'
import { z } from 'zod'
import { POSTERN_VERSION } from './actions-called.ts'
import { type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { apiFailure } from './api-failure.ts'
import type { Terminal } from './terminal.ts'

export function addTokenCommand(gateway: Command, terminal: Terminal): void {
  withConnection(gateway.command('token'))
    .summary('make a one-time token to enrol a gateway with')
    .description('Prints a token, alone, on stdout. It works once, for 30 minutes.')
    .option('--name <name>', 'name of the gateway (default: its host name)')
    .option('--region <region>', 'region of the gateway')
    .addHelpText(
      'after',
      '\nExample:\n  POSTERN_ENROLLMENT_TOKEN=$(postern gateway token --name plant-7) postern gateway enroll --server http://127.0.0.1:7070 --data ./gateway-data',
    )
    .action(async (options: ConnectionOptions & { name?: string; region?: string }) => {
      const client = await createApiClient(options, terminal.env)
      const params = { ...(options.name && { Name: options.name }), ...(options.region && { Region: options.region }) }
      const answer = await client.call('CreateGatewayEnrollment', { version: POSTERN_VERSION, params })
      if (!answer.ok) throw apiFailure(answer)
      terminal.out(`${z.object({ EnrollmentToken: z.string() }).parse(answer.body).EnrollmentToken}\n`)
    })
}
