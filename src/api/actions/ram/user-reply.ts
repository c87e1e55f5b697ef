import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import { ramTime } from '../../ram-time.ts'

type User = Awaited<ReturnType<AccessService['user']>>

/** A user in the answers; a detail that nobody wrote is empty. */
export const userReply = z.object({
  UserId: z.string().meta({ description: 'Stays the same when the user is renamed.' }),
  UserName: z.string().meta({ description: 'The name that requests use.' }),
  DisplayName: z.string().meta({ description: 'The name for people.' }),
  MobilePhone: z.string().meta({ description: 'A phone number.' }),
  Email: z.string().meta({ description: 'An e-mail address.' }),
  Comments: z.string().meta({ description: 'A remark.' }),
  CreateDate: z.string().meta({ description: 'UTC, to the second.' }),
  UpdateDate: z.string().meta({ description: 'Of the last change, UTC, to the second.' }),
})

export const toUserReply = (user: User): z.output<typeof userReply> => ({
  UserId: user.id,
  UserName: user.name,
  DisplayName: user.displayName,
  MobilePhone: user.mobilePhone,
  Email: user.email,
  Comments: user.comments,
  CreateDate: ramTime(user.createdAt),
  UpdateDate: ramTime(user.updatedAt),
})
