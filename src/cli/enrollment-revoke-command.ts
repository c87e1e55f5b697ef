import type { Command } from 'commander'
import { z } from 'zod'
import { POSTERN_VERSION } from './actions-called.ts'
import { type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { apiFailure } from './api-failure.ts'
import type { Terminal } from './terminal.ts'

const revoked = z.object({ EnrollmentId: z.string() })

export function addEnrollmentRevokeCommand(enrollment: Command, terminal: Terminal): void {
  withConnection(enrollment.command('revoke'))
    .summary('end a token that nobody has used yet')
    .description('The token works no more. One that was used cannot be revoked: delete its gateway instead.')
    .argument('<id>', 'the enrolment, see `postern enrollment list`')
    .addHelpText('after', '\nExample:\n  postern enrollment revoke 9f86d081884c7d659a2f')
    .action(async (id: string, options: ConnectionOptions) => {
      const client = await createApiClient(options, terminal.env)
      const params = { EnrollmentId: id }
      const answer = await client.call('RevokeGatewayEnrollment', { version: POSTERN_VERSION, params })
      if (!answer.ok) throw apiFailure(answer)
      terminal.out(`${revoked.parse(answer.body).EnrollmentId}  revoked\n`)
    })
}
