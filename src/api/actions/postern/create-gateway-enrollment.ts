import { z } from 'zod'
import type { FleetService } from '../../../fleet/fleet-service.ts'
import { DEFAULT_REGION } from '../../../model/gateway.ts'
import type { Action } from '../../action.ts'
import { displayName, region } from '../../parameter-kinds.ts'
import { gatewayResource } from '../../resources.ts'

const NAME = 'CreateGatewayEnrollment'

const params = z.object({
  Name: displayName(64)
    .optional()
    .meta({ description: 'What people call the gateway.', examples: ['warehouse Lyon'] }),
  Region: region()
    .prefault(DEFAULT_REGION)
    .meta({ description: 'The region that the gateway belongs to.', examples: ['default'] }),
})

const reply = z.object({
  EnrollmentToken: z.string().meta({
    description:
      'Works once. It is shown here and nowhere again. Of a server with `--self-signed` it also carries the fingerprint of its key, after a dot.',
  }),
  EnrollmentId: z.string().meta({
    description: 'Names the token in ListGatewayEnrollments and RevokeGatewayEnrollment, and tells nothing of it.',
    examples: ['9f86d081884c7d659a2f'],
  }),
  ExpiresAt: z.string().meta({ description: 'The token works until then.', examples: ['2026-01-01T00:30:00.000Z'] }),
})

export function createGatewayEnrollment(services: {
  fleet: FleetService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { fleet } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'create',
    mutates: true,
    summary: 'Makes a one-time token with which a new gateway enrols.',
    params,
    reply,
    errors: [],

    async prepare(given, { principal, burn }) {
      const { account, id: by } = principal
      return {
        target: {
          action: `postern:${NAME}`,
          resource: gatewayResource(account, { region: given.Region }, 'postern'),
          conditions: {},
        },
        async handle() {
          const request = { account, by, region: given.Region, ...(given.Name !== undefined && { name: given.Name }) }
          const { id, token, expiresAt } = await fleet.createEnrollment(request, burn)
          return { EnrollmentToken: token, EnrollmentId: id, ExpiresAt: new Date(expiresAt).toISOString() }
        },
      }
    },
  }
}
