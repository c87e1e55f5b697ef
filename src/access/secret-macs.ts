import type { Mac } from './hmac.ts'
import { macV1 } from './signature-v1.ts'
import { macV3 } from './signature-v3.ts'

/** What signatures are checked with: the MACs of one secret. */
export interface SecretMacs {
  readonly v1: Mac
  readonly v3: Mac
}

/** Each is made when it is first asked for: whoever calls signs in one of the two ways. */
export function secretMacs(secret: string): SecretMacs {
  let v1: Mac | undefined
  let v3: Mac | undefined
  return {
    get v1() {
      v1 ??= macV1(secret)
      return v1
    },
    get v3() {
      v3 ??= macV3(secret)
      return v3
    },
  }
}
