import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { maxItems, policyMarker, policyType } from '../../ram-parameter-kinds.ts'
import { policyResource } from '../../resources.ts'
import { policyReply, toPolicyReply } from './policy-reply.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'ListPolicies'

const params = z.object({
  PolicyType: policyType()
    .optional()
    .meta({ description: 'Only these; by default both.', examples: ['Custom'] }),
  Marker: policyMarker()
    .optional()
    .meta({ description: 'From the page before.', examples: ['Custom/WarehouseReader'] }),
  MaxItems: maxItems(1_000),
})

const reply = z.object({
  Policies: z.object({ Policy: z.array(policyReply) }).meta({ description: 'The policies.' }),
  IsTruncated: z.boolean().meta({ description: 'Whether there are more; then ask again with Marker.' }),
  Marker: z.string().optional().meta({ description: 'Where the next page begins, if there is one.' }),
})

export function listPolicies(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'list',
    mutates: false,
    summary: 'The policies of the system and those of the account, by name.',
    params,
    reply,
    errors: ['InvalidParameter.PolicyType'],

    async prepare(given, { principal }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, policyResource(account, '*')),
        async handle() {
          const page = { type: given.PolicyType, after: given.Marker, limit: given.MaxItems }
          const { items, more } = await access.policies(account, page)
          const last = items.at(-1)
          return {
            Policies: { Policy: items.map(toPolicyReply) },
            IsTruncated: more,
            ...(more && last !== undefined && { Marker: `${last.type}/${last.name}` }),
          }
        },
      }
    },
  }
}
