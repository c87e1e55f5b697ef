import { PosternError } from '../model/errors.ts'
import { readSignatureV1 } from './read-signature-v1.ts'
import { readSignatureV3 } from './read-signature-v3.ts'
import type { PresentedRequest, SignedRequest } from './signed-request.ts'

/** Checks that everything is there, then the signature's method and version. */
export function readSignedRequest(request: PresentedRequest): SignedRequest {
  // By this header alone: clients that sign the older way send x-acs-* headers too, and those count for nothing then.
  const authorization = request.headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  if (authorization?.startsWith('ACS3-')) return readSignatureV3(request, authorization)
  if (hasOnlyBearerToken(request.parameters, authorization)) {
    throw new PosternError('IncompleteSignature', { values: { why: NO_BEARER_TOKENS } })
  }
  return readSignatureV1(request)
}

const NO_BEARER_TOKENS =
  'Bearer tokens are not taken. Give the client an AccessKey to sign with; AssumeRole makes one for a while, with a SecurityToken.'

/** Official clients say so in the parameter, others in the header; with a signature such a header counts for nothing. */
function hasOnlyBearerToken(parameters: PresentedRequest['parameters'], authorization = ''): boolean {
  if (parameters.get('SignatureType')?.toUpperCase() === 'BEARERTOKEN') return true
  return /^bearer\s/i.test(authorization) && !parameters.has('Signature')
}
