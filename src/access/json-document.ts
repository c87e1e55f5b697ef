import { PosternError } from '../model/errors.ts'

/** Throws MalformedPolicyDocument where the text is not a JSON object. */
export function checkJsonDocument(text: string): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new PosternError('MalformedPolicyDocument', { reason: 'It is not JSON.', cause })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new PosternError('MalformedPolicyDocument', { reason: 'It must be a JSON object.' })
  }
}
