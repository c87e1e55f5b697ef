import { createHash, randomInt, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { missing, PosternError } from '../model/errors.ts'
import { type AccessKeyId, sessionOf, toAccessKeyId } from '../model/ids.ts'
import type { AccessStore } from '../store/access-store.ts'
import type { Principal } from './principal.ts'
import type { SecretBox } from './secret-box.ts'
import { type SecretMacs, secretMacs } from './secret-macs.ts'

const ID_PREFIX = 'PSTN'
const ID_RANDOM_CHARS = 20
const SECRET_CHARS = 40
/** As on the original service, where tools tell temporary keys by it. */
const TEMPORARY_PREFIX = 'STS.'
const TOKEN_PREFIX = 'CAIS'
const TOKEN_RANDOM_CHARS = 60
const TOKEN = new RegExp(`^${TOKEN_PREFIX}[A-Za-z0-9]{${TOKEN_RANDOM_CHARS}}$`)
/** No id of ours is near this; a longer one is not worth a look into the store. */
const MAX_ID_CHARS = 128
const CACHED_SECRETS = 10_000
const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export interface NewAccessKey {
  readonly id: AccessKeyId
  /** 40 letters and digits. */
  readonly secret: string
}

/** One of STS: every request with it carries the token too. */
export interface NewTemporaryKey extends NewAccessKey {
  readonly securityToken: string
}

/** An active key and whose it is. */
export interface FoundAccessKey {
  readonly principal: Principal
  readonly macs: SecretMacs
}

export interface AccessKeys {
  /**
   * Throws InvalidAccessKeyId.NotFound or .Inactive, MissingSecurityToken, or InvalidSecurityToken.Malformed, .Expired or
   * .MismatchWithAccessKey.
   * The store is asked each time, so switching a key off works at once.
   */
  find(id: string, securityToken?: string): Promise<FoundAccessKey>
}

/** Not stored yet: whoever makes one stores it. */
export const newAccessKey = (): NewAccessKey => ({
  id: toAccessKeyId(`${ID_PREFIX}${randomText(ID_RANDOM_CHARS)}`),
  secret: randomText(SECRET_CHARS),
})

/** Not stored yet: whoever makes one stores it. */
export const newTemporaryKey = (): NewTemporaryKey => ({
  id: toAccessKeyId(`${TEMPORARY_PREFIX}${randomText(ID_RANDOM_CHARS)}`),
  secret: randomText(SECRET_CHARS),
  securityToken: `${TOKEN_PREFIX}${randomText(TOKEN_RANDOM_CHARS)}`,
})

export function createAccessKeys(parts: {
  store: Pick<AccessStore, 'accessKey' | 'temporaryKey'>
  box: SecretBox
  clock: Pick<Clock, 'now'>
}): AccessKeys {
  const { store, box, clock } = parts
  // Of unsealed secrets, oldest use first; only for the very bytes that the store still has.
  const unsealed = new Map<AccessKeyId, { readonly sealed: Uint8Array; readonly macs: SecretMacs }>()

  const macsOf = (id: AccessKeyId, sealed: Uint8Array): SecretMacs => {
    const known = unsealed.get(id)
    unsealed.delete(id)
    const isKnown = known !== undefined && Buffer.compare(known.sealed, sealed) === 0
    const macs = isKnown ? known.macs : secretMacs(box.unseal(sealed, id))
    unsealed.set(id, { sealed, macs })
    const oldest = unsealed.keys().next()
    if (unsealed.size > CACHED_SECRETS && !oldest.done) unsealed.delete(oldest.value)
    return macs
  }

  const findTemporary = async (keyId: AccessKeyId, securityToken: string | undefined): Promise<FoundAccessKey> => {
    const key = await store.temporaryKey(keyId)
    if (key === undefined) throw new PosternError('InvalidAccessKeyId.NotFound')
    if (!key.active) throw new PosternError('InvalidAccessKeyId.Inactive')
    checkToken(securityToken, key.tokenHash)
    if (key.expiresAt <= clock.now()) throw new PosternError('InvalidSecurityToken.Expired')
    const { id, account, principal: parent, parent: parentKey, session: name, policy } = key
    const temporary = { parent, parentKey, name, policy }
    return {
      principal: { id: sessionOf(parent, name), account, key: id, temporary },
      macs: macsOf(id, key.sealedSecret),
    }
  }

  return {
    async find(text, securityToken) {
      if (text.startsWith(TEMPORARY_PREFIX) && text.length <= MAX_ID_CHARS) {
        return findTemporary(toAccessKeyId(text), securityToken)
      }
      const key = text.length > MAX_ID_CHARS ? undefined : await store.accessKey(toAccessKeyId(text))
      if (key === undefined) throw new PosternError('InvalidAccessKeyId.NotFound')
      if (!key.active) throw new PosternError('InvalidAccessKeyId.Inactive')
      // Only a temporary key has a token.
      if (securityToken !== undefined) throw new PosternError('InvalidSecurityToken.MismatchWithAccessKey')
      const { id, account, principal, sealedSecret } = key
      return { principal: { id: principal, account, key: id }, macs: macsOf(id, sealedSecret) }
    },
  }
}

/** Over the digests, so that the time it takes tells nothing about the token. */
function checkToken(token: string | undefined, hash: string): void {
  if (token === undefined) throw missing('SecurityToken')
  if (!TOKEN.test(token)) throw new PosternError('InvalidSecurityToken.Malformed')
  const given = createHash('sha256').update(token).digest()
  if (timingSafeEqual(given, Buffer.from(hash, 'hex'))) return
  throw new PosternError('InvalidSecurityToken.MismatchWithAccessKey')
}

function randomText(length: number): string {
  return Array.from({ length }, () => BASE62.charAt(randomInt(BASE62.length))).join('')
}
