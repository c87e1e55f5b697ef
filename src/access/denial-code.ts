import type { ErrorCode } from '../model/errors.ts'

/** Tools that manage users branch on RAM's own code; all others on the one of DBS. `action`: `ram:CreateUser`. */
export const denialCode = (action: string): ErrorCode =>
  /^(?:ram|sts):/.test(action) ? 'NoPermission' : 'Request.Forbidden'
