import { createPublicKey, type KeyObject, verify } from 'node:crypto'

const MAX_KNOWN = 1_000

/** From the 32 raw bytes of an Ed25519 public key; throws where they are not one. */
function publicKeyFromRaw(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

/** By the raw bytes of a key. False, never an error, for a key or a signature of any other shape. */
export type VerifyEd25519 = (raw: Uint8Array, payload: Uint8Array, signature: string) => boolean

const verifyBy =
  (keyOf: (raw: Uint8Array) => KeyObject): VerifyEd25519 =>
  (raw, payload, signature) => {
    const bytes = Buffer.from(signature, 'base64')
    return bytes.length === 64 && raw.length === 32 && verify(null, payload, keyOf(raw), bytes)
  }

export const verifyEd25519 = verifyBy(publicKeyFromRaw)

/** For who verifies many signatures of a few keys: making a key of its bytes takes a third as long as the signature. */
export function rememberingVerifyEd25519(): VerifyEd25519 {
  const known = new Map<string, KeyObject>()
  return verifyBy((raw) => {
    const name = Buffer.from(raw).toString('latin1')
    const before = known.get(name)
    if (before !== undefined) return before
    const key = publicKeyFromRaw(raw)
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(name, key)
    return key
  })
}
