import { z } from 'zod'
import type { FleetService } from '../../../fleet/fleet-service.ts'
import type { Action } from '../../action.ts'
import { aboutGateway, gatewayIdParameter } from '../../known-gateway.ts'

const NAME = 'DeleteGateway'

const params = z.object({ BackupGatewayId: gatewayIdParameter() })

const reply = z.object({
  BackupGatewayId: z.number().meta({ description: 'The gateway that was.', examples: [528_104_736_915_240] }),
})

export function deleteGateway(services: {
  fleet: FleetService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { fleet } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'delete',
    mutates: true,
    summary:
      'Deletes a gateway for good: its connection ends, its keys open no other, and its open tasks fail with BackupGateway.Deleted. Tasks that have ended stay readable for as long as they are kept.',
    params,
    reply,
    errors: ['BackupGateway.NotFound'],

    prepare: async ({ BackupGatewayId }, call) =>
      aboutGateway(
        fleet,
        { action: NAME, BackupGatewayId },
        {
          call,
          async handle({ account, id }) {
            await fleet.delete({ account, id, by: call.principal.id }, call.burn)
            return { BackupGatewayId: id }
          },
        },
      ),
  }
}
