import type { DiscoveryErrorCode } from '../model/errors.ts'
import type { StepName } from '../model/listing.ts'

/** What a refusal of a server means to us; `hint` stands behind the server's words, with its own space, or is empty. */
export interface JudgedRefusal {
  readonly code: DiscoveryErrorCode
  readonly hint: string
}

/**
 * `known`: what the table of the engine has for the server's number. A number that it does not have is never a fault of ours:
 * until the login is through the server has refused the login, afterwards the list.
 */
export function judgeRefusal(known: DiscoveryErrorCode | undefined, step: StepName): JudgedRefusal {
  if (known !== undefined) return { code: known, hint: '' }
  const listing = step === 'privilege' || step === 'list'
  return listing
    ? { code: 'Database.NotListable', hint: ` ${LOOK_UP}.` }
    : { code: 'Database.AuthenticationFailed', hint: ` ${LOOK_UP}; it need not be the password.` }
}

const LOOK_UP = 'The gateway does not know this error: the manual of the server, or its log, tells what to mend'
