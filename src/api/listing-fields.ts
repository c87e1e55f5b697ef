import { z } from 'zod'
import { VISIBILITIES } from '../model/listing.ts'
import { serverInfo } from '../model/listing-schemas.ts'
import { type AnsweredTask, isoTime, warningOf } from './task-answers.ts'

/** What Postern's own actions answer of a list besides its databases. */
export const listingFields = {
  Visibility: z
    .enum(VISIBILITIES)
    .optional()
    .meta({ description: 'Whether the list can be complete: complete, partial or unknown.' }),
  Warnings: z
    .object({
      Warning: z.array(z.object({ Code: z.string(), Message: z.string(), Grant: z.string().optional() })).readonly(),
    })
    .optional()
    .meta({ description: 'Why the list may be incomplete, and the statement that mends it.' }),
  CollectedAt: z
    .string()
    .optional()
    .meta({ description: 'When the gateway had the list, by its clock.', examples: ['2026-01-01T00:00:00.000Z'] }),
  ServerProduct: z
    .string()
    .optional()
    .meta({ description: 'What answered there.', examples: ['MariaDB'] }),
  ServerVersion: z
    .string()
    .optional()
    .meta({ description: 'Its version.', examples: ['11.8.3'] }),
  ServerRole: serverInfo.shape.role.optional().meta({
    description: 'Whether it is a primary or a replica; unknown where it does not tell.',
    examples: ['primary'],
  }),
}
const whole = z.object(listingFields)

/** Empty for a task without a list. */
export function listingFieldsOf({ listing, endedAt }: AnsweredTask): z.output<typeof whole> {
  if (listing === undefined) return {}
  const { visibility, warnings, server } = listing
  const collectedAt = isoTime(listing.collectedAt) ?? isoTime(endedAt)
  return {
    Visibility: visibility,
    Warnings: { Warning: warnings.map(warningOf) },
    ...(collectedAt !== undefined && { CollectedAt: collectedAt }),
    ServerProduct: server.product,
    ServerVersion: server.version,
    ServerRole: server.role,
  }
}
