import * as z from 'zod/mini'
import { ApiError, NO_CONNECTION, NOT_POSTERN } from './api-error.ts'

const DOCUMENT_MS = 15_000

/** A JSON document that the server shows to everybody, such as `/openapi.json`. Rejects with ApiError. */
export async function readPublicDocument<T>(path: string, shape: z.ZodMiniType<T>, signal: AbortSignal): Promise<T> {
  let response: Response
  let text: string
  try {
    response = await fetch(path, {
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(DOCUMENT_MS)]),
    })
    text = await response.text()
  } catch (cause) {
    if (signal.aborted) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new ApiError({ code: NO_CONNECTION, message, status: 0, cause })
  }
  const { status } = response
  if (!response.ok) throw new ApiError({ code: NOT_POSTERN, message: `${path}: HTTP ${status}`, status })
  const parsed = shape.safeParse(fromJson(text))
  if (parsed.success) return parsed.data
  throw new ApiError({ code: NOT_POSTERN, message: `${path}: ${z.prettifyError(parsed.error)}`, status })
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
