import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { z } from 'zod'
import type { SigningKey } from '../link/dial.ts'
import { fingerprintOf } from '../model/ids.ts'

/** A private Ed25519 key as it lies in a file. */
export interface StoredKey {
  /** PKCS 8, PEM. */
  readonly privateKey: string
  /** ISO 8601. */
  readonly createdAt: string
}

export function createKey(): StoredKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    createdAt: new Date().toISOString(),
  }
}

const okp = z.object({ crv: z.literal('Ed25519'), x: z.string() })

/** Throws where the text is no Ed25519 key; the error does not hold the text. */
export function signingKey({ privateKey: pem }: StoredKey): SigningKey {
  const key = readKey(pem)
  const publicKey = Buffer.from(okp.parse(createPublicKey(key).export({ format: 'jwk' })).x, 'base64url')
  return { fingerprint: fingerprintOf(publicKey), publicKey, sign: (payload) => sign(null, payload, key) }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new Error('the private key is damaged')
  }
}
