/** Signing as ACS3-HMAC-SHA256, with what every browser has. */
export const ALGORITHM = 'ACS3-HMAC-SHA256'

/** What a signature is over; the explorer shows it step by step. */
export interface CanonicalParts {
  readonly method: string
  readonly path: string
  /** Decoded. */
  readonly query: ReadonlyMap<string, string>
  /** Those that are signed; names in any case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** SHA-256 of the raw body, hex. */
  readonly bodyHash: string
}

/** A secret that can sign and cannot be read again: not by us, and not by what else may run in the page. */
export interface Signer {
  readonly accessKeyId: string
  /** Of a temporary key; it goes with every request. */
  readonly securityToken?: string
  /** Hex. */
  sign(text: string): Promise<string>
}

/** Throws where the page is not in a secure context: browsers have no WebCrypto there. */
export async function createSigner(key: {
  readonly accessKeyId: string
  readonly secret: string
  readonly securityToken?: string
}): Promise<Signer> {
  const { accessKeyId, secret, securityToken } = key
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', encoder.encode(secret), hmac, false, ['sign'])
  return {
    accessKeyId,
    ...(securityToken !== undefined && { securityToken }),
    sign: async (text) => hex(await crypto.subtle.sign('HMAC', imported, encoder.encode(text))),
  }
}

export interface SignedPieces {
  readonly signedHeaders: string
  readonly canonicalRequest: string
  readonly stringToSign: string
  readonly signature: string
}

export async function signV3(parts: CanonicalParts, signer: Pick<Signer, 'sign'>): Promise<SignedPieces> {
  const { method, path, query, bodyHash } = parts
  const pairs = [...query].toSorted(([a], [b]) => compareCodePoints(a, b))
  const queryText = pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&')
  const values = valuesByName(parts.headers)
  const lines = values.map(([name, all]) => `${name}:${all.toSorted(compareCodePoints).join(',')}\n`)
  const signedHeaders = values.map(([name]) => name).join(';')
  const canonicalRequest = [method, path, queryText, lines.join(''), signedHeaders, bodyHash].join('\n')
  const stringToSign = `${ALGORITHM}\n${await sha256(canonicalRequest)}`
  return { signedHeaders, canonicalRequest, stringToSign, signature: await signer.sign(stringToSign) }
}

/** Hex. */
export async function sha256(text: string): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', encoder.encode(text)))
}

/** RFC 3986. Throws URIError for half a surrogate pair. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

const encoder = new TextEncoder()

function valuesByName(headers: CanonicalParts['headers']): readonly (readonly [string, readonly string[]])[] {
  const values = new Map<string, string[]>()
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    values.set(key, [...(values.get(key) ?? []), value.trim()])
  }
  return [...values].toSorted(([a], [b]) => compareCodePoints(a, b))
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** By code points, and not by UTF-16 units: the server sorts so. */
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a, (char) => char.codePointAt(0) ?? 0)
  const right = Array.from(b, (char) => char.codePointAt(0) ?? 0)
  const at = left.findIndex((point, index) => point !== right[index])
  if (at < 0) return left.length - right.length
  return (left[at] ?? -1) - (right[at] ?? -1)
}
