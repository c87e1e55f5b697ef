import { timingSafeEqual } from 'node:crypto'
import { compareCodePoints } from '../model/listing.ts'
import { createMac, type Mac } from './hmac.ts'
import { percentEncode } from './percent-encoding.ts'

export const SIGNATURE_METHOD_V1 = 'HMAC-SHA1'
export const SIGNATURE_VERSION_V1 = '1.0'

type Parameters = ReadonlyMap<string, string>

/** Everything but `Signature`, sorted by the bytes of the names; empty values are signed too. */
export function canonicalQuery(parameters: Parameters): string {
  return joinSorted(parameters, { encode: percentEncode, equals: '=', and: '&' })
}

/** The canonical query is encoded once more; done piece by piece, since most pieces need no encoding at all. */
export function stringToSignV1(method: string, parameters: Parameters): string {
  return `${method}&%2F&${joinSorted(parameters, { encode: encodeTwice, equals: '%3D', and: '%26' })}`
}

function encodeTwice(text: string): string {
  const once = percentEncode(text)
  // Nothing else is left in it that would be encoded.
  return once === text ? text : once.replaceAll('%', '%25')
}

function joinSorted(
  parameters: Parameters,
  { encode, equals, and }: { encode: (text: string) => string; equals: string; and: string },
): string {
  let joined = ''
  for (const name of [...parameters.keys()].toSorted(compareCodePoints)) {
    if (name === 'Signature') continue
    const pair = encode(name) + equals + encode(parameters.get(name) ?? '')
    joined += joined === '' ? pair : and + pair
  }
  return joined
}

/** Of a secret: makes signatures, base64, not yet percent-encoded. */
export const macV1 = (secret: string): Mac => createMac(['sha1', 'base64'], `${secret}&`)

export const signV1 = (stringToSign: string, secret: string): string => macV1(secret)(stringToSign)

/** In constant time for signatures of the right length, and over the text, because many base64 texts decode to the same bytes. */
export function matchesV1(stringToSign: string, mac: Mac, signature: string): boolean {
  const expected = Buffer.from(mac(stringToSign))
  const given = Buffer.from(signature)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

export interface SigningKey {
  readonly accessKeyId: string
  readonly secret: string
  /** Of a temporary key. */
  readonly securityToken?: string
}

export interface SigningMoment {
  readonly method: 'GET' | 'POST'
  /** Milliseconds since 1970 by the wall clock. */
  readonly time: number
  /** Never used before with this key. */
  readonly nonce: string
}

/** What a client sends: the caller's parameters, the common ones and the signature. The caller's own win, as in official clients. */
export function signedParametersV1(
  parameters: Readonly<Record<string, string>>,
  key: SigningKey,
  moment: SigningMoment,
): ReadonlyMap<string, string> {
  const all = new Map<string, string>(
    Object.entries({
      Format: 'JSON',
      AccessKeyId: key.accessKeyId,
      ...(key.securityToken !== undefined && { SecurityToken: key.securityToken }),
      SignatureMethod: SIGNATURE_METHOD_V1,
      SignatureVersion: SIGNATURE_VERSION_V1,
      SignatureNonce: moment.nonce,
      Timestamp: new Date(moment.time).toISOString().replace(/\.\d+Z$/, 'Z'),
      ...parameters,
    }),
  )
  return all.set('Signature', signV1(stringToSignV1(moment.method, all), key.secret))
}

/** As a query or as a form body. */
export function encodeParameters(parameters: Parameters): string {
  return [...parameters].map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&')
}
