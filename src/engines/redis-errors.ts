import { type DiscoveryErrorCode, PosternError } from '../model/errors.ts'
import type { RedisReply } from './redis-reply.ts'
import { judgeRefusal } from './judge-refusal.ts'
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
/** Before version 6: a wrong password, or one where none is set. */
const LOGIN_WORDS = /^ERR (invalid password|Client sent AUTH, but no password|AUTH <password> called without)/
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
  const { code, hint } = judgeRefusal(knownCode(refusal, about.step), about.step)
  const end = /[.!?…]$/.test(words) ? '' : '.'
  return new PosternError(code, { reason: `The server said: ${words}${end} User "${about.user}".${hint}` })
}

function knownCode(refusal: RedisReply, step: RedisCircumstances['step']): DiscoveryErrorCode | undefined {
  if (FULL.test(refusal.text)) return 'Database.TooManyConnections'
  if (step === 'login' && LOGIN_WORDS.test(refusal.text)) return 'Database.AuthenticationFailed'
  const known = CODES[firstWord(refusal)]
  // Who has not logged in yet has no privileges.
  return step === 'login' && known === 'Database.PrivilegeMissing' ? 'Database.AuthenticationFailed' : known
}

/** The command is not there for this user: an ACL forbids it, or it was renamed or taken away, as in many clouds. */
export function isDenied(reply: RedisReply): boolean {
  return reply.refused && (firstWord(reply) === 'NOPERM' || reply.text.startsWith('ERR unknown command'))
}

export const firstWord = (reply: RedisReply) => reply.text.split(' ')[0] ?? ''
