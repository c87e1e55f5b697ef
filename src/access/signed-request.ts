import { PosternError, missing } from '../model/errors.ts'
import { matchesV1, SIGNATURE_METHOD_V1, SIGNATURE_VERSION_V1, stringToSignV1 } from './signature-v1.ts'

/** What a request says about itself, whichever way it was signed. Nothing in it is proven yet. */
export interface SignedRequest {
  readonly action: string
  readonly version: string
  readonly accessKeyId: string
  readonly timestamp: string
  readonly nonce: string
  /** Throws SignatureDoesNotMatch. */
  verify(secret: string): void
}

export interface PresentedRequest {
  /** Upper case, as on the wire. */
  readonly method: string
  readonly authorization: string | undefined
  readonly parameters: ReadonlyMap<string, string>
}

/** Checks that everything is there, then the signature's method and version. */
export function readSignedRequest(request: PresentedRequest): SignedRequest {
  // By this header alone: clients that sign the older way send x-acs-* headers too.
  if (request.authorization?.startsWith('ACS3-')) {
    throw new PosternError('IncompleteSignature', {
      values: {
        why: 'This version does not verify ACS3 signatures yet; sign with SignatureVersion 1.0 and HMAC-SHA1.',
      },
    })
  }
  return readSignatureV1(request)
}

function readSignatureV1({ method, parameters }: PresentedRequest): SignedRequest {
  const present = (name: string) => {
    const value = parameters.get(name)
    if (value === undefined || value === '') throw missing(name)
    return value
  }
  const action = present('Action')
  const version = present('Version')
  const accessKeyId = present('AccessKeyId')
  const signatureMethod = present('SignatureMethod')
  const signatureVersion = present('SignatureVersion')
  const nonce = present('SignatureNonce')
  const timestamp = present('Timestamp')
  const signature = present('Signature')

  if (signatureMethod !== SIGNATURE_METHOD_V1) throw new PosternError('InvalidSignatureMethod')
  if (signatureVersion !== SIGNATURE_VERSION_V1) {
    throw new PosternError('IncompleteSignature', { values: { why: 'SignatureVersion must be 1.0.' } })
  }
  if ((parameters.get('SignatureType') ?? '') !== '') {
    throw new PosternError('IncompleteSignature', { values: { why: 'SignatureType must be empty or left out.' } })
  }
  return {
    action,
    version,
    accessKeyId,
    timestamp,
    nonce,
    verify(secret) {
      const stringToSign = stringToSignV1(method, parameters)
      if (!matchesV1(stringToSign, secret, signature)) {
        throw new PosternError('SignatureDoesNotMatch', { values: { stringToSign } })
      }
    },
  }
}
