import { PosternError } from '../model/errors.ts'
import { FORM_TYPE } from './parameters.ts'
import { toPosternError } from './render.ts'

/** What the router itself refuses. */
export function fromRouter(cause: unknown): PosternError {
  const code = codeOf(cause)
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new PosternError('RequestTooLarge', { values: { what: 'its body is over the limit' }, cause })
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new PosternError('InvalidParameter', { reason: `Send a body as ${FORM_TYPE}, or send none.`, cause })
  }
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH' || code === 'ECONNRESET') {
    return new PosternError('InvalidParameter', { reason: 'The body did not arrive whole.', cause })
  }
  return toPosternError(cause)
}

export const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
