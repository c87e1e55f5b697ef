import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import type { AccessStore } from '../store/access-store.ts'
import type { ConsoleCodes } from './console-codes.ts'
import type { Principal } from './principal.ts'
import type { IssuedTemporaryKey, TemporaryKeyService } from './temporary-key-service.ts'
import { createTokenBuckets } from './token-buckets.ts'

const SESSION = 'console'
const LIFE_SECONDS = 3_600
/** Wrong codes of the whole machine: it is loopback, so there is one caller. */
const WRONG_CODES = { perSecond: 10 / 60, burst: 10 }
const EVERYBODY = 'loopback'

/** Exchanges a one-use code for a temporary key of an hour; the secret of the key behind it stays where it is. */
export interface ConsoleSignIn {
  /** Throws Request.Forbidden where the code does not work, Throttling after too many of those. */
  exchange(code: string): Promise<{ readonly key: IssuedTemporaryKey; readonly principal: Principal }>
}

export function createConsoleSignIn(parts: {
  readonly codes: ConsoleCodes
  readonly store: Pick<AccessStore, 'accessKey'>
  readonly access: TemporaryKeyService
  readonly clock: Clock
}): ConsoleSignIn {
  const { codes, store, access, clock } = parts
  const wrong = createTokenBuckets({ clock })
  return {
    async exchange(code) {
      const retryAfterMs = wrong.waitMs(EVERYBODY, WRONG_CODES)
      if (retryAfterMs > 0) {
        throw new PosternError('Throttling', { message: 'Too many wrong codes. Try again later.', retryAfterMs })
      }
      const id = codes.redeem(code)
      const found = id && (await store.accessKey(id))
      if (!found?.active) {
        wrong.take(EVERYBODY, WRONG_CODES)
        const message = 'The code does not work: it was used, is older than a minute, or its key is switched off.'
        throw new PosternError('Request.Forbidden', { message })
      }
      const principal = { id: found.principal, account: found.account, key: found.id }
      const asked = { name: SESSION, seconds: LIFE_SECONDS, policy: undefined }
      return { key: await access.issueTemporaryKey(principal, asked, undefined), principal }
    },
  }
}
