import { createPublicKey, type KeyObject, verify } from 'node:crypto'

/** From the 32 raw bytes of an Ed25519 public key; throws where they are not one. */
export function publicKeyFromRaw(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

/** False, never an error, for a signature of any other shape. */
export function verifyEd25519(raw: Uint8Array, payload: Uint8Array, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64')
  return bytes.length === 64 && raw.length === 32 && verify(null, payload, publicKeyFromRaw(raw), bytes)
}
