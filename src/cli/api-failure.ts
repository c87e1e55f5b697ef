import { z } from 'zod'
import type { Answer } from './api-client.ts'
import { CommandError, EXIT } from './exit-code.ts'
import { printable } from './table.ts'

const denied = z.object({ AuthAction: z.string(), Resource: z.string() })

/** What a person needs of a refusal: why, which permission is missing, and what to look for in the log. */
export function apiFailure({ body }: Answer): CommandError {
  const { Code, Message, RequestId } = body
  const detail = denied.safeParse(body['AccessDeniedDetail']).data
  const lines = [
    `${String(Code)}: ${String(Message)}`,
    ...(detail === undefined ? [] : [`  missing: ${detail.AuthAction} on ${detail.Resource}`]),
    `RequestId: ${String(RequestId)}`,
  ]
  return new CommandError(EXIT.failed, lines.map(printable).join('\n'))
}
