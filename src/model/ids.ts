import { createHash, randomBytes } from 'node:crypto'

/* oxlint-disable typescript/no-unsafe-type-assertion -- a brand exists in the types only: there is nothing to check at run time */

declare const brand: unique symbol
type Branded<T, B extends string> = T & { readonly [brand]: B }

/** Public number of a task: 15 digits, safe in a JavaScript number, tells nothing about how many there are. */
export type TaskId = Branded<number, 'TaskId'>
/** Public number of a gateway: 15 digits, like TaskId. */
export type GatewayId = Branded<number, 'GatewayId'>
/** Owner of gateways and tasks: 15 decimal digits as text. */
export type AccountId = Branded<string, 'AccountId'>
/** One try of a task on one gateway: 128 random bits as 32 lower-case hex digits, so that nobody can guess one. */
export type AttemptId = Branded<string, 'AttemptId'>
/**
 * Who calls: `<account>:root` or `<account>:user/<user id>`, with `/session/<name>` behind it for a temporary key. The id,
 * not the name: a user may be renamed.
 */
export type PrincipalId = Branded<string, 'PrincipalId'>
/** One user of an account, for ever: 16 decimal digits as text. */
export type UserId = Branded<string, 'UserId'>
export type AccessKeyId = Branded<string, 'AccessKeyId'>
/** Upper-case UUID of one request; in every answer and log line. */
export type RequestId = Branded<string, 'RequestId'>
/** Names one installation: 32 hex digits, made with the store. A gateway proves its key to this name only. */
export type ServerId = Branded<string, 'ServerId'>
/** SHA-256 of a gateway's raw Ed25519 public key, 64 hex digits. */
export type KeyFingerprint = Branded<string, 'KeyFingerprint'>
/** SHA-256 of the public key of a server (SubjectPublicKeyInfo in DER), 43 characters of base64url: a re-issued certificate keeps it. */
export type ServerPin = Branded<string, 'ServerPin'>
/** Names an enrolment: the first 20 of the 64 hex digits of its token's SHA-256, so that it says nothing of the token. */
export type EnrollmentId = Branded<string, 'EnrollmentId'>
/** Counts the sessions of one gateway; the highest one is the only one that may claim. */
export type Epoch = Branded<number, 'Epoch'>

/** Smallest and largest public number: 15 digits. */
export const PUBLIC_ID_MIN = 100_000_000_000_000
export const PUBLIC_ID_MAX = 999_999_999_999_999

const isPublicId = (value: number) => Number.isSafeInteger(value) && value >= PUBLIC_ID_MIN && value <= PUBLIC_ID_MAX

/** Undefined where the number cannot be a task of anybody. */
export function toTaskId(value: number): TaskId | undefined {
  return isPublicId(value) ? (value as TaskId) : undefined
}

/** Undefined where the number cannot be a gateway of anybody. */
export function toGatewayId(value: number): GatewayId | undefined {
  return isPublicId(value) ? (value as GatewayId) : undefined
}

/** Undefined where the text cannot be an enrolment of anybody. */
export function toEnrollmentId(text: string): EnrollmentId | undefined {
  return /^[0-9a-f]{20}$/.test(text) ? (text as EnrollmentId) : undefined
}

export const toAccountId = (value: string) => value as AccountId
export const toAttemptId = (value: string) => value as AttemptId
export const toAccessKeyId = (value: string) => value as AccessKeyId
export const toServerId = (value: string) => value as ServerId
export const toRequestId = (value: string) => value as RequestId
export const toFingerprint = (value: string) => value as KeyFingerprint
export const toEpoch = (value: number) => value as Epoch
export const toPrincipalId = (value: string) => value as PrincipalId
export const toUserId = (value: string) => value as UserId

export const newAttemptId = () => toAttemptId(randomBytes(16).toString('hex'))
export const rootOf = (account: AccountId) => toPrincipalId(`${account}:root`)
export const userOf = (account: AccountId, user: UserId) => toPrincipalId(`${account}:user/${user}`)

/** With a temporary key of `principal`. */
export const sessionOf = (principal: PrincipalId, session: string) => toPrincipalId(`${principal}/session/${session}`)

/** Undefined for the root of an account, and for a principal of another account. */
export function userIdOf(account: AccountId, principal: PrincipalId): UserId | undefined {
  const prefix = `${account}:user/`
  return principal.startsWith(prefix) ? toUserId(principal.slice(prefix.length)) : undefined
}

/** `publicKey`: the 32 raw bytes of an Ed25519 key. */
export const fingerprintOf = (publicKey: Uint8Array) =>
  toFingerprint(createHash('sha256').update(publicKey).digest('hex'))

/** `publicKey`: its SubjectPublicKeyInfo in DER. */
export const serverPinOf = (publicKey: Uint8Array) =>
  createHash('sha256').update(publicKey).digest('base64url') as ServerPin

/** Base64url, base64 or 64 hex digits, also with `sha256:` before them. Undefined for everything else. */
export function toServerPin(text: string): ServerPin | undefined {
  const digest = text.replace(/^sha256:/i, '')
  if (/^[0-9a-f]{64}$/i.test(digest)) return Buffer.from(digest, 'hex').toString('base64url') as ServerPin
  if (!/^[\w+/-]{43}=?$/.test(digest)) return undefined
  // The last character has two bits too many: two spellings of one pin must not be two pins.
  return Buffer.from(digest, 'base64').toString('base64url') as ServerPin
}
