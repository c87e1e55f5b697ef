import { readSignatureV1 } from './read-signature-v1.ts'
import { readSignatureV3 } from './read-signature-v3.ts'
import type { PresentedRequest, SignedRequest } from './signed-request.ts'

/** Checks that everything is there, then the signature's method and version. */
export function readSignedRequest(request: PresentedRequest): SignedRequest {
  // By this header alone: clients that sign the older way send x-acs-* headers too, and those count for nothing then.
  const authorization = request.headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  return authorization?.startsWith('ACS3-') ? readSignatureV3(request, authorization) : readSignatureV1(request)
}
