import { z } from 'zod'
import { ACCOUNT_LIMITS } from '../../model/access-limits.ts'

/** Operations that end in the writer of the store. */
export const SHORT_DEADLINE_MS = 30_000

export const accountName = z
  .string()
  .trim()
  .refine((name) => name.length > 0 && name.length <= ACCOUNT_LIMITS.nameLength && !/\p{C}/u.test(name), {
    error: `It must have 1 to ${ACCOUNT_LIMITS.nameLength} characters and none that controls.`,
  })

export const accountId = z.string().regex(/^[1-9]\d{14}$/, { error: 'It must have 15 digits.' })

/** Of the root; the secret is told once, and kept by whoever asked. */
export const rootKeyReply = { AccountId: z.string(), AccessKeyId: z.string(), AccessKeySecret: z.string() }
