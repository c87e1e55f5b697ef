import { hash, timingSafeEqual } from 'node:crypto'
import { compareCodePoints } from '../model/listing.ts'
import { createMac, type Mac } from './hmac.ts'
import { percentEncode } from './percent-encoding.ts'

export const SIGNATURE_ALGORITHM_V3 = 'ACS3-HMAC-SHA256'

/** What a V3 signature is over. */
export interface CanonicalPartsV3 {
  readonly method: string
  readonly path: string
  /** Decoded; they are encoded again, because clients encode them differently on the wire. */
  readonly query: ReadonlyMap<string, string>
  /** Those that are signed, a name for each value; names in any case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** SHA-256 of the raw body, hex. */
  readonly bodyHash: string
}

export function canonicalRequestV3({ method, path, query, headers, bodyHash }: CanonicalPartsV3): string {
  const names = [...query.keys()].toSorted(compareCodePoints)
  const pairs = names.map((name) => `${percentEncode(name)}=${percentEncode(query.get(name) ?? '')}`)
  const values = valuesByName(headers)
  const lines = [...values].map(([name, all]) => `${name}:${all.toSorted(compareCodePoints).join(',')}\n`)
  return [method, path, pairs.join('&'), lines.join(''), [...values.keys()].join(';'), bodyHash].join('\n')
}

export function stringToSignV3(parts: CanonicalPartsV3): string {
  return `${SIGNATURE_ALGORITHM_V3}\n${sha256(canonicalRequestV3(parts))}`
}

/** Of a secret, which has no suffix here, unlike in V1: makes signatures, hex. */
export const macV3 = (secret: string): Mac => createMac(['sha256', 'hex'], secret)

export const signV3 = (stringToSign: string, secret: string): string => macV3(secret)(stringToSign)

/** In constant time for signatures of the right length. */
export function matchesV3(stringToSign: string, mac: Mac, signature: string): boolean {
  const expected = Buffer.from(mac(stringToSign))
  const given = Buffer.from(signature)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

/** Lower-case names in order; a name that came more than once has all its values. */
function valuesByName(headers: CanonicalPartsV3['headers']): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of headers.map(([key, text]) => [key.toLowerCase(), text.trim()] as const)) {
    values.set(name, [...(values.get(name) ?? []), value])
  }
  return new Map([...values].toSorted(([a], [b]) => compareCodePoints(a, b)))
}

const sha256 = (text: string) => hash('sha256', text, 'hex')
