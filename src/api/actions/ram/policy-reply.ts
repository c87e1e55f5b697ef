import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import { POLICY_TYPES } from '../../../model/access-limits.ts'
import { ramTime } from '../../ram-time.ts'

type Policy = Awaited<ReturnType<AccessService['policy']>>

/** Policies have one version here. */
export const DEFAULT_VERSION = 'v1'

/** A policy in the answers, without its text. */
export const policyReply = z.object({
  PolicyName: z.string().meta({ description: 'The name that requests use.' }),
  PolicyType: z.enum(POLICY_TYPES).meta({ description: 'System: every account has it. Custom: the account made it.' }),
  Description: z.string().meta({ description: 'What it is for.' }),
  DefaultVersion: z.string().meta({ description: 'Always v1.' }),
  AttachmentCount: z.number().meta({ description: 'How many users of the account have it.' }),
  CreateDate: z.string().optional().meta({ description: 'UTC, to the second. Not of a System policy.' }),
  UpdateDate: z.string().optional().meta({ description: 'UTC, to the second. Not of a System policy.' }),
})

export const toPolicyReply = (policy: Policy): z.output<typeof policyReply> => ({
  PolicyName: policy.name,
  PolicyType: policy.type,
  Description: policy.description,
  DefaultVersion: DEFAULT_VERSION,
  AttachmentCount: policy.attachments,
  ...(policy.createdAt !== undefined && { CreateDate: ramTime(policy.createdAt) }),
  ...(policy.updatedAt !== undefined && { UpdateDate: ramTime(policy.updatedAt) }),
})
