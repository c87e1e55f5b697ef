import { z } from 'zod'
import type { FleetService } from '../../../fleet/fleet-service.ts'
import { missing } from '../../../model/errors.ts'
import { MAX_GATEWAY_NAME } from '../../../model/gateway.ts'
import type { Action } from '../../action.ts'
import { aboutGateway, gatewayIdParameter } from '../../known-gateway.ts'
import { displayName, region } from '../../parameter-kinds.ts'

const NAME = 'UpdateGateway'

const params = z.object({
  BackupGatewayId: gatewayIdParameter(),
  Name: displayName(MAX_GATEWAY_NAME)
    .optional()
    .meta({ description: 'What people call it from now on.', examples: ['warehouse Lyon'] }),
  Region: region()
    .optional()
    .meta({
      description:
        'The region it belongs to from now on: the one that policies and SourceEndpointRegion name. The permission is needed in both regions. Tasks that exist keep theirs.',
      examples: ['eu-1'],
    }),
})

const reply = z.object({
  BackupGatewayId: z.number().meta({ description: 'The gateway.', examples: [528_104_736_915_240] }),
  Name: z.string().meta({ description: 'Its name now.', examples: ['warehouse Lyon'] }),
  Region: z.string().meta({ description: 'Its region now.', examples: ['eu-1'] }),
})

export function updateGateway(services: {
  fleet: FleetService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { fleet } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'update',
    mutates: true,
    summary: 'Gives a gateway another name, another region, or both.',
    params,
    reply,
    errors: ['BackupGateway.NotFound'],

    async prepare(given, call) {
      const { BackupGatewayId, Name, Region } = given
      if (Name === undefined && Region === undefined) throw missing('Name', 'Send Name, Region, or both.')
      return aboutGateway(
        fleet,
        { action: NAME, BackupGatewayId, Region },
        {
          call,
          async handle({ account, id }) {
            const update = {
              account,
              id,
              ...(Name !== undefined && { name: Name }),
              ...(Region !== undefined && { region: Region }),
            }
            const updated = await fleet.update(update, call.burn)
            return { BackupGatewayId: updated.id, Name: updated.name, Region: updated.region }
          },
        },
      )
    },
  }
}
