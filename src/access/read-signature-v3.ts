import { hash } from 'node:crypto'
import { missing, PosternError } from '../model/errors.ts'
import type { PresentedRequest, SentHeaders, SignedRequest } from './signed-request.ts'
import {
  type CanonicalPartsV3,
  canonicalRequestV3,
  matchesV3,
  SIGNATURE_ALGORITHM_V3,
  stringToSignV3,
} from './signature-v3.ts'

/** The header of each, and what the same thing is called among parameters. */
const COMMON = {
  action: ['x-acs-action', 'Action'],
  version: ['x-acs-version', 'Version'],
  timestamp: ['x-acs-date', 'Timestamp'],
  nonce: ['x-acs-signature-nonce', 'SignatureNonce'],
  accessKeyId: ['x-acs-accesskey-id', 'AccessKeyId'],
  securityToken: ['x-acs-security-token', 'SecurityToken'],
} as const
const BODY_HASH = 'x-acs-content-sha256'
const MAX_NAME_SHOWN = 64

/** Everything comes from signed headers; a parameter that says otherwise is a conflict. */
export function readSignatureV3(request: PresentedRequest, authorization: string): SignedRequest {
  const { method, headers, parameters } = request
  const read = (what: keyof typeof COMMON) => only(headers, COMMON[what][0])
  const present = (what: keyof typeof COMMON) => {
    const value = read(what)
    if (value === undefined) throw missing(COMMON[what][1], `Send it as the header ${COMMON[what][0]}.`)
    return value
  }
  const action = present('action')
  const version = present('version')
  const nonce = present('nonce')
  const timestamp = present('timestamp')
  const claimedHash = only(headers, BODY_HASH)
  if (claimedHash === undefined) throw incomplete(`The header ${BODY_HASH} is missing.`)

  const [algorithm] = authorization.split(' ', 1)
  if (algorithm !== SIGNATURE_ALGORITHM_V3) throw new PosternError('InvalidSignatureMethod')
  const { accessKeyId, signedHeaders, signature } = parseAuthorization(authorization.slice(algorithm.length))
  requireSigned(headers, signedHeaders)
  const securityToken = read('securityToken')
  const said = { action, version, accessKeyId, securityToken }
  for (const [what, value] of [
    ['action', action],
    ['version', version],
    ['securityToken', securityToken],
  ] as const) {
    const parameter = parameters.get(COMMON[what][1])
    if (parameter !== undefined && parameter !== value) throw conflict(COMMON[what][1], COMMON[what][0])
  }
  if ((read('accessKeyId') ?? accessKeyId) !== accessKeyId) throw conflict('Credential', COMMON.accessKeyId[0])

  return {
    ...said,
    timestamp,
    nonce,
    verify(macs) {
      const actualHash = hash('sha256', request.body, 'hex')
      const parts = {
        method,
        path: '/',
        query: request.query(),
        headers: headers.filter(([name]) => signedHeaders.has(name.toLowerCase())),
        bodyHash: actualHash,
      }
      const stringToSign = stringToSignV3(parts)
      // The header too: it is what others on the way may have looked at.
      if (claimedHash === actualHash && matchesV3(stringToSign, macs.v3, signature)) return
      throw new PosternError('SignatureDoesNotMatch', {
        values: { stringToSign },
        fields: { CanonicalRequest: canonicalRequestV3(withoutToken(parts)) },
      })
    },
  }
}

/** `Credential=<id>,SignedHeaders=<a;b>,Signature=<hex>` in any order, spaces allowed after the commas. */
function parseAuthorization(text: string) {
  const parts = new Map<string, string>()
  for (const part of text.split(',', 4)) {
    const [, name, value] = /^\s*(\w+)=(\S+)\s*$/.exec(part) ?? []
    if (name === undefined || value === undefined || parts.has(name)) throw incomplete(AUTHORIZATION_FORM)
    parts.set(name, value)
  }
  const accessKeyId = parts.get('Credential')
  const signedHeaders = parts.get('SignedHeaders')
  const signature = parts.get('Signature')
  if (accessKeyId === undefined || signedHeaders === undefined || signature === undefined || parts.size !== 3) {
    throw incomplete(AUTHORIZATION_FORM)
  }
  return { accessKeyId, signedHeaders: new Set(signedHeaders.toLowerCase().split(';')), signature }
}

const AUTHORIZATION_FORM = `Authorization must be "${SIGNATURE_ALGORITHM_V3} Credential=…,SignedHeaders=…,Signature=…".`

/** What is not signed could be changed on the way, so nothing of it may count. */
function requireSigned(headers: SentHeaders, signed: ReadonlySet<string>): void {
  const sent = new Set(headers.map(([name]) => name.toLowerCase()))
  for (const name of ['host', ...[...sent].filter((each) => each.startsWith('x-acs-'))]) {
    if (!signed.has(name)) throw incomplete(`The header ${shown(name)} is not among the SignedHeaders.`)
  }
  for (const name of signed) {
    if (!sent.has(name)) throw incomplete(`The signed header ${shown(name)} was not sent.`)
  }
}

/** Empty counts as left out. */
function only(headers: SentHeaders, name: string): string | undefined {
  const values = headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value.trim())
  if (values.length > 1) throw new PosternError('InvalidParameter', { reason: `The header ${name} is there twice.` })
  return values[0] || undefined
}

/** The caller knows it; a log of the answer need not. */
const withoutToken = (parts: CanonicalPartsV3): CanonicalPartsV3 => ({
  ...parts,
  headers: parts.headers.map(([name, value]) => [name, name.toLowerCase() === COMMON.securityToken[0] ? '***' : value]),
})

const shown = (name: string) => (name.length > MAX_NAME_SHOWN ? `${name.slice(0, MAX_NAME_SHOWN)}…` : name)
const incomplete = (why: string) => new PosternError('IncompleteSignature', { values: { why } })
const conflict = (name: string, header: string) =>
  new PosternError('InvalidParameter', { reason: `${name} and the header ${header} differ.` })
