import type { Document } from 'bson'
import { z } from 'zod'
import { type DiscoveryErrorCode, PosternError } from '../model/errors.ts'
import { judgeRefusal } from './judge-refusal.ts'
import { withoutSecret } from './without-secret.ts'

/** Numbers of https://www.mongodb.com/docs/manual/reference/error-codes/. */
export const UNAUTHORIZED = 13
export const COMMAND_NOT_FOUND = 59
/** Atlas has a proxy before its small tiers; whatever that refuses has this number. */
export const ATLAS_ERROR = 8000

const MOST_WORDS = 500
const CODES: ReadonlyMap<number, DiscoveryErrorCode> = new Map([
  [11, 'Database.AuthenticationFailed'],
  [18, 'Database.AuthenticationFailed'],
  [UNAUTHORIZED, 'Database.PrivilegeMissing'],
  [50, 'Task.ExecutionTimedOut'],
  // Shutting down, changing its part in the replica set, or not initialised yet.
  [91, 'Database.Starting'],
  [94, 'Database.Starting'],
  [189, 'Database.Starting'],
  [10_107, 'Database.Starting'],
  [11_600, 'Database.Starting'],
  [11_602, 'Database.Starting'],
  [13_435, 'Database.Starting'],
  [13_436, 'Database.Starting'],
  [334, 'Database.AuthenticationUnsupported'],
])

/** A command that the server did not carry out, in its own words. */
export interface MongodbRefusal {
  readonly code: number
  readonly words: string
}

const refusal = z.object({
  ok: z.union([z.number(), z.boolean()]),
  code: z.number().default(0),
  codeName: z.string().default(''),
  errmsg: z.string().default(''),
})

/** Undefined where the server did what was asked. */
export function refusalOf(reply: Document): MongodbRefusal | undefined {
  const { data } = refusal.safeParse(reply)
  if (data === undefined) return { code: 0, words: 'an answer without "ok"' }
  if (data.ok === 1 || data.ok === true) return undefined
  const name = data.codeName === '' ? `${data.code}` : `${data.code} ${data.codeName}`
  return { code: data.code, words: `${data.errmsg.slice(0, 16 * MOST_WORDS)} (${name.slice(0, MOST_WORDS)})` }
}

/** Where a refusal happened: at the login every refusal but a few means that the login failed. */
export interface MongodbCircumstances {
  readonly user: string
  /** Taken out of what the server says. */
  readonly password: string
  readonly step: 'login' | 'list'
}

export function mongodbServerError({ code, words }: MongodbRefusal, about: MongodbCircumstances): PosternError {
  const said = withoutSecret(words, about.password)
  const short = said.length > MOST_WORDS ? `${said.slice(0, MOST_WORDS)}…` : said
  const judged = judgeRefusal(knownCode(code, about.step), about.step)
  return new PosternError(judged.code, { reason: `The server said: ${short}. User "${about.user}".${judged.hint}` })
}

/** Who has not logged in yet has no privileges. */
function knownCode(code: number, step: MongodbCircumstances['step']): DiscoveryErrorCode | undefined {
  const known = CODES.get(code)
  return step === 'login' && known === 'Database.PrivilegeMissing' ? 'Database.AuthenticationFailed' : known
}
