import { ENROLL_PATH, type EnrollReplyBody, enrollRequest } from '../link/messages.ts'
import { PosternError } from '../model/errors.ts'
import type { FleetService } from './fleet-service.ts'

/** Where a gateway posts its token. */
export const ENROLLMENT_PATH = ENROLL_PATH

const REASON = 'Send JSON with token, publicKey, hostname and version.'

/** Exchanges a one-time token for an identity. Throws InvalidParameter, Enrollment.Refused. */
export async function exchangeToken(fleet: FleetService, body: Uint8Array): Promise<EnrollReplyBody> {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (cause) {
    throw new PosternError('InvalidParameter', { reason: REASON, cause })
  }
  const parsed = enrollRequest.safeParse(json)
  if (!parsed.success) throw new PosternError('InvalidParameter', { reason: REASON, cause: parsed.error })
  return fleet.enroll(parsed.data)
}
