import { randomInt } from 'node:crypto'
import { PosternError } from '../model/errors.ts'
import { type AccessKeyId, toAccessKeyId } from '../model/ids.ts'
import type { AccessStore } from '../store/access-store.ts'
import type { Principal } from './principal.ts'
import type { SecretBox } from './secret-box.ts'

const ID_PREFIX = 'PSTN'
const ID_RANDOM_CHARS = 20
const SECRET_CHARS = 40
/** No id of ours is near this; a longer one is not worth a look into the store. */
const MAX_ID_CHARS = 128
const CACHED_SECRETS = 10_000
const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export interface NewAccessKey {
  readonly id: AccessKeyId
  /** 40 letters and digits. */
  readonly secret: string
}

/** An active key and whose it is. */
export interface FoundAccessKey {
  readonly principal: Principal
  readonly secret: string
}

export interface AccessKeys {
  /**
   * Throws InvalidAccessKeyId.NotFound or .Inactive, or InvalidSecurityToken.MismatchWithAccessKey.
   * The store is asked each time, so switching a key off works at once.
   */
  find(id: string, securityToken?: string): Promise<FoundAccessKey>
}

/** Not stored yet: whoever makes one stores it. */
export const newAccessKey = (): NewAccessKey => ({
  id: toAccessKeyId(`${ID_PREFIX}${randomText(ID_RANDOM_CHARS)}`),
  secret: randomText(SECRET_CHARS),
})

export function createAccessKeys(parts: { store: Pick<AccessStore, 'accessKey'>; box: SecretBox }): AccessKeys {
  const { store, box } = parts
  // Unsealed secrets, oldest use first; only for the very bytes that the store still has.
  const unsealed = new Map<AccessKeyId, { readonly sealed: Uint8Array; readonly secret: string }>()

  const unseal = (id: AccessKeyId, sealed: Uint8Array): string => {
    const known = unsealed.get(id)
    unsealed.delete(id)
    const secret =
      known !== undefined && Buffer.compare(known.sealed, sealed) === 0 ? known.secret : box.unseal(sealed, id)
    unsealed.set(id, { sealed, secret })
    const oldest = unsealed.keys().next()
    if (unsealed.size > CACHED_SECRETS && !oldest.done) unsealed.delete(oldest.value)
    return secret
  }

  return {
    async find(text, securityToken) {
      const key = text.length > MAX_ID_CHARS ? undefined : await store.accessKey(toAccessKeyId(text))
      if (key === undefined) throw new PosternError('InvalidAccessKeyId.NotFound')
      if (!key.active) throw new PosternError('InvalidAccessKeyId.Inactive')
      // All keys are permanent, and only a temporary one has a token.
      if (securityToken !== undefined) throw new PosternError('InvalidSecurityToken.MismatchWithAccessKey')
      const { id, account, principal, sealedSecret } = key
      return { principal: { id: principal, account, key: id }, secret: unseal(id, sealedSecret) }
    },
  }
}

function randomText(length: number): string {
  return Array.from({ length }, () => BASE62.charAt(randomInt(BASE62.length))).join('')
}
