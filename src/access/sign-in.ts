import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import type { AccessKeys } from './access-keys.ts'
import type { Principal } from './principal.ts'
import type { SignedRequest } from './signed-request.ts'
import { checkTimestamp, createTimestampReader, refuseBeforeRestore } from './timestamp.ts'
import type { WrongSignatures } from './wrong-signatures.ts'

/** The AccessKey, the timestamp, the signature, in this order (row 4). Throws what the first of them that fails throws. */
export type SignIn = (signed: SignedRequest, address: string | undefined) => Promise<Principal>

export function createSignIn(parts: {
  accessKeys: AccessKeys
  wrongSignatures: WrongSignatures
  clock: Clock
  /** How far a Timestamp may be off, milliseconds. */
  timestampWindowMs: () => number
  /** When the store was brought back from a backup, where it was. */
  restoredAt?: number | undefined
}): SignIn {
  const { accessKeys, wrongSignatures, clock, timestampWindowMs, restoredAt } = parts
  const readTimestamp = createTimestampReader()

  return async (signed, address) => {
    const attempt = { address, accessKeyId: signed.accessKeyId }
    wrongSignatures.check(attempt)
    try {
      const key = await accessKeys.find(signed.accessKeyId, signed.securityToken)
      const time = readTimestamp(signed.timestamp)
      checkTimestamp(time, clock.wall(), timestampWindowMs())
      signed.verify(key.macs)
      wrongSignatures.succeeded(attempt)
      // To those alone who hold the key: nobody else need know when it was.
      if (restoredAt !== undefined) refuseBeforeRestore(time, restoredAt)
      return key.principal
    } catch (error) {
      const code = error instanceof PosternError ? error.entry : undefined
      if (code === 'InvalidAccessKeyId.NotFound') wrongSignatures.unknown(attempt)
      if (code === 'InvalidAccessKeyId.Inactive' || code === 'SignatureDoesNotMatch') wrongSignatures.failed(attempt)
      throw error
    }
  }
}
