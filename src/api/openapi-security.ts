import { SIGNATURE_METHOD_V1, SIGNATURE_VERSION_V1 } from '../access/signature-v1.ts'
import { SIGNATURE_ALGORITHM_V3 } from '../access/signature-v3.ts'

/** Two ways to sign; a request is signed in one of them. */
export const securitySchemes = {
  SignatureV3: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: `${SIGNATURE_ALGORITHM_V3}: "${SIGNATURE_ALGORITHM_V3} Credential=<AccessKeyId>,SignedHeaders=<names with ; between them>,Signature=<hex>", the HMAC-SHA256 with the AccessKeySecret over "${SIGNATURE_ALGORITHM_V3}", a line feed, and the SHA-256 of the canonical request: method, path, sorted query, the signed headers, their names, x-acs-content-sha256. Host and every x-acs- header are signed. Needs x-acs-action, x-acs-version, x-acs-date, x-acs-signature-nonce and x-acs-content-sha256.`,
  },
  SignatureV1: {
    type: 'apiKey',
    in: 'query',
    name: 'Signature',
    description: `${SIGNATURE_METHOD_V1}: base64 of the HMAC-SHA1 with the AccessKeySecret and "&" as its key, over method, "&%2F&", and the percent-encoded text of all other parameters, sorted by name and percent-encoded. Needs AccessKeyId, SignatureMethod, SignatureVersion, SignatureNonce and Timestamp.`,
  },
}

const V1 = 'SignatureV1'
const V3 = 'SignatureV3'
const TIME = '2026-01-31T08:30:00Z'
const NONCE = '7d1b5f0e-7a2b-4c11-9d7e-0f3a5b6c7d8e'
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

interface Signing {
  readonly of: typeof V1 | typeof V3
  readonly description: string
  readonly example: string
  /** The only value that there is. */
  readonly const?: string
}

/** What a signature needs beside itself. None is required by the document: it depends on the way that is chosen. */
const SIGNING: Readonly<Record<string, Signing>> = {
  AccessKeyId: { of: V1, description: 'Whose key signs.', example: 'PSTNa1b2c3d4e5f6g7h8i9j0' },
  SignatureMethod: {
    of: V1,
    description: 'How it is signed.',
    example: SIGNATURE_METHOD_V1,
    const: SIGNATURE_METHOD_V1,
  },
  SignatureVersion: {
    of: V1,
    description: 'Of the signature.',
    example: SIGNATURE_VERSION_V1,
    const: SIGNATURE_VERSION_V1,
  },
  SignatureNonce: { of: V1, description: 'Another one for each request.', example: NONCE },
  Timestamp: { of: V1, description: 'When the request is made, UTC.', example: TIME },
  'x-acs-action': { of: V3, description: 'The same as Action.', example: 'DescribeRegions' },
  'x-acs-version': { of: V3, description: 'The same as Version.', example: '2019-03-06' },
  'x-acs-date': { of: V3, description: 'When the request is made, UTC.', example: TIME },
  'x-acs-signature-nonce': { of: V3, description: 'Another one for each request.', example: NONCE },
  'x-acs-content-sha256': { of: V3, description: 'SHA-256 of the body in hexadecimal.', example: EMPTY_HASH },
}

export const securityParameters: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(SIGNING).map(([name, { of, description, example, const: only }]) => [
    name,
    {
      name,
      in: of === V1 ? 'query' : 'header',
      description: `${description} Only with ${of}.`,
      schema: { type: 'string', ...(only !== undefined && { const: only }) },
      example,
      'x-postern-security': of,
    },
  ]),
)
