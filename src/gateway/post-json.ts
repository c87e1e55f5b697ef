import { post } from '../link/post.ts'
import type { Route } from '../link/route.ts'

const MAX_REPLY_BYTES = 64 * 1024

export interface JsonReply {
  readonly status: number
  /** Undefined where the body is not JSON. */
  readonly body: unknown
}

/** Rejects as `post` does. */
export async function postJson(
  url: URL,
  body: unknown,
  options: { readonly signal: AbortSignal; readonly route: Route },
): Promise<JsonReply> {
  const { status, text } = await post(url, {
    ...options,
    contentType: 'application/json',
    body: JSON.stringify(body),
    maxReplyBytes: MAX_REPLY_BYTES,
  })
  return { status, body: parseJson(text) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
