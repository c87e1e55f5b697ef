import { missing, PosternError } from '../model/errors.ts'
import type { PresentedRequest, SignedRequest } from './signed-request.ts'
import { matchesV1, SIGNATURE_METHOD_V1, SIGNATURE_VERSION_V1, stringToSignV1 } from './signature-v1.ts'

/** Everything comes from the parameters, all of which are signed. */
export function readSignatureV1({ method, parameters }: PresentedRequest): SignedRequest {
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
    securityToken: parameters.get('SecurityToken') || undefined,
    timestamp,
    nonce,
    verify(macs) {
      const stringToSign = stringToSignV1(method, parameters)
      // Whole, a SecurityToken too: clients compare it with their own string, and say that the secret is wrong only where
      // the two are equal. Who gets this far has shown the token, and the answer is in no log.
      if (!matchesV1(stringToSign, macs.v1, signature)) {
        throw new PosternError('SignatureDoesNotMatch', { values: { stringToSign } })
      }
    },
  }
}
