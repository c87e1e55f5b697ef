import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import { ramTime } from '../../ram-time.ts'

type Key = Awaited<ReturnType<AccessService['keysOf']>>[number]

/** An AccessKey in the answers, without its secret. */
export const keyReply = z.object({
  AccessKeyId: z.string().meta({ description: 'The public half.' }),
  Status: z.enum(['Active', 'Inactive']).meta({ description: 'Only an Active key can sign.' }),
  CreateDate: z.string().meta({ description: 'UTC, to the second.' }),
})

export const toKeyReply = ({ id, active, createdAt }: Key): z.output<typeof keyReply> => ({
  AccessKeyId: id,
  Status: active ? 'Active' : 'Inactive',
  CreateDate: ramTime(createdAt),
})
