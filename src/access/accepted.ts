import { type ErrorCode, PosternError } from '../model/errors.ts'
import type { AccessRefusal } from '../store/access-refusal.ts'

const CODES: Record<AccessRefusal, ErrorCode> = {
  'nonce used': 'SignatureNonceUsed',
  'no user': 'EntityNotExist.User',
  'no key': 'EntityNotExist.User.AccessKey',
  'no policy': 'EntityNotExist.Policy',
  'not attached': 'EntityNotExist.User.Policy',
  'user exists': 'EntityAlreadyExists.User',
  'policy exists': 'EntityAlreadyExists.Policy',
  'attached already': 'EntityAlreadyExists.User.Policy',
  'user has keys': 'DeleteConflict.User.AccessKey',
  'user has policies': 'DeleteConflict.User.Policy',
  'policy is attached': 'DeleteConflict.Policy.User',
  'too many users': 'LimitExceeded.User',
  'too many keys': 'LimitExceeded.User.AccessKey',
  'too many sessions': 'LimitExceeded.Session',
  'too many policies': 'LimitExceeded.Policy',
  'too many attachments': 'LimitExceeded.User.Policy',
}

/** What the store answered, unless it refused: then its code is thrown. */
export function accepted<T extends object | undefined>(result: T | AccessRefusal): T {
  if (typeof result === 'string') throw new PosternError(CODES[result])
  return result
}
