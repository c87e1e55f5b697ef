import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import type { AccessKeyId } from '../model/ids.ts'

/** From the moment in which it is made. */
export const CONSOLE_CODE_MS = 60_000
/** Of whoever may use the folder of the store; nobody needs more at a time. */
const MAX_CODES = 16
const CODE_BYTES = 24

/** Codes that open the console once, for a minute. Only their digests are kept, and only in memory. */
export interface ConsoleCodes {
  /** Throws Throttling where too many wait to be used. */
  issue(key: AccessKeyId): string
  /** The key that it was made for; undefined where it is none, was used or is too old. It never works again. */
  redeem(code: string): AccessKeyId | undefined
}

interface Issued {
  readonly digest: Buffer
  readonly key: AccessKeyId
  readonly expiresAt: number
}

export function createConsoleCodes({ clock }: { readonly clock: Pick<Clock, 'now'> }): ConsoleCodes {
  let codes: readonly Issued[] = []
  const forgetOld = () => {
    codes = codes.filter(({ expiresAt }) => expiresAt > clock.now())
  }
  return {
    issue(key) {
      forgetOld()
      if (codes.length >= MAX_CODES) {
        const message = `${MAX_CODES} codes wait to be used. Use one, or try again in a minute.`
        throw new PosternError('Throttling', { message, retryAfterMs: CONSOLE_CODE_MS })
      }
      const code = randomBytes(CODE_BYTES).toString('hex')
      codes = [...codes, { digest: digestOf(code), key, expiresAt: clock.now() + CONSOLE_CODE_MS }]
      return code
    },
    redeem(code) {
      forgetOld()
      const digest = digestOf(code)
      // All of them, whichever fits: the time that it takes tells nothing.
      const fitting = codes.filter((each) => timingSafeEqual(each.digest, digest))
      codes = codes.filter((each) => !fitting.includes(each))
      return fitting[0]?.key
    },
  }
}

const digestOf = (code: string) => createHash('sha256').update(code).digest()
