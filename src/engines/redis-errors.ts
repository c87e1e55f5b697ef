import { type DiscoveryErrorCode, PosternError } from '../model/errors.ts'
import type { RedisReply } from './redis-reply.ts'
import { withoutSecret } from './without-secret.ts'

const MOST_WORDS = 500
const CODES: Readonly<Record<string, DiscoveryErrorCode>> = {
  WRONGPASS: 'Database.AuthenticationFailed',
  NOAUTH: 'Database.AuthenticationFailed',
  /** Protected mode: without a password only this machine may connect. */
  DENIED: 'Database.AuthenticationFailed',
  NOPERM: 'Database.PrivilegeMissing',
  LOADING: 'Database.Starting',
}
const FULL = /^ERR max number of clients/

/** Where a refusal happened: at the login every refusal but a few means that the login failed. */
export interface RedisCircumstances {
  readonly user: string
  /** Taken out of what the server says. */
  readonly password: string
  readonly step: 'login' | 'list'
}

export function redisServerError(refusal: RedisReply, about: RedisCircumstances): PosternError {
  const said = withoutSecret(refusal.text, about.password)
  const words = said.length > MOST_WORDS ? `${said.slice(0, MOST_WORDS)}…` : said
  const code = codeOf(refusal, about.step)
  const end = /[.!?…]$/.test(words) ? '' : '.'
  return new PosternError(code, { reason: `The server said: ${words}${end} User "${about.user}".` })
}

function codeOf(refusal: RedisReply, step: RedisCircumstances['step']): DiscoveryErrorCode {
  if (FULL.test(refusal.text)) return 'Database.TooManyConnections'
  const code = CODES[firstWord(refusal)]
  if (step === 'list') return code ?? 'Internal'
  return code === undefined || code === 'Database.PrivilegeMissing' ? 'Database.AuthenticationFailed' : code
}

/** The command is not there for this user: an ACL forbids it, or it was renamed or taken away, as in many clouds. */
export function isDenied(reply: RedisReply): boolean {
  return reply.refused && (firstWord(reply) === 'NOPERM' || reply.text.startsWith('ERR unknown command'))
}

export const firstWord = (reply: RedisReply) => reply.text.split(' ')[0] ?? ''
