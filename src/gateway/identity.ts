import { join } from 'node:path'
import { z } from 'zod'
import type { SigningKey } from '../link/dial.ts'
import { type KeyFingerprint, toAccountId, toGatewayId, toServerId, toServerPin } from '../model/ids.ts'
import { ConfigurationError } from '../base/configuration-error.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { createKey, signingKey } from './signing-key.ts'

/** A server that was restored from a backup may know only the key before. */
const KEEP_PREVIOUS_MS = 30 * 24 * 3600_000
const MAX_PREVIOUS = 8

const storedKey = z.object({ privateKey: z.string(), createdAt: z.iso.datetime() })

const identity = z.object({
  id: z.number().transform((value, context) => {
    const id = toGatewayId(value)
    if (id === undefined) context.addIssue({ code: 'custom', message: 'not the id of a gateway' })
    return id ?? z.NEVER
  }),
  account: z.string().max(32).transform(toAccountId),
  server: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .transform(toServerId),
  url: z.url({ protocol: /^https?$/ }),
  /** Of the server's key; undefined where its certificate is verified. */
  pin: z
    .string()
    .transform((value, context) => {
      const pin = toServerPin(value)
      if (pin === undefined) context.addIssue({ code: 'custom', message: 'not a fingerprint' })
      return pin ?? z.NEVER
    })
    .optional(),
  region: z.string().max(64),
  name: z.string().max(256),
  key: storedKey,
  /** Replaced ones, newest first. */
  previous: z
    .array(storedKey.extend({ replacedAt: z.iso.datetime() }))
    .max(MAX_PREVIOUS)
    .default([]),
  /** To rotate to: offered to the server with the next connection. */
  next: storedKey.optional(),
})

/** Who a gateway is; the content of `gateway.json`. */
export type Identity = z.output<typeof identity>

export const identityFile = (folder: string) => join(folder, 'gateway.json')

/** Throws ConfigurationError, which says what to do. */
export async function loadIdentity(folder: string): Promise<Identity> {
  const file = identityFile(folder)
  const text = await readPrivateFile(file)
  if (text === undefined) {
    throw new ConfigurationError(file, `this gateway is not enrolled; run \`postern gateway enroll --data ${folder}\``)
  }
  const parsed = identity.safeParse(parseJson(text))
  const damaged = (why: string) =>
    new ConfigurationError(file, `is damaged (${why}); restore it from a backup, or enrol anew into another folder`)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw damaged(issue === undefined || issue.path.length === 0 ? 'not JSON' : `${issue.path.join('.')} is not valid`)
  }
  try {
    signingKeys(parsed.data, Date.now())
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : 'the keys cannot be read')
  }
  return parsed.data
}

export const saveIdentity = (folder: string, value: Identity): Promise<void> =>
  writePrivateFile(identityFile(folder), `${JSON.stringify(value, null, 2)}\n`)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface SigningKeys {
  /** The current one first, then those that it replaced in the last 30 days. */
  readonly keys: readonly [SigningKey, ...SigningKey[]]
  readonly next?: SigningKey
}

/** `now`: milliseconds since 1970. */
export function signingKeys({ key, previous, next }: Identity, now: number): SigningKeys {
  const kept = previous.filter(({ replacedAt }) => now - Date.parse(replacedAt) < KEEP_PREVIOUS_MS)
  return {
    keys: [signingKey(key), ...kept.map((old) => signingKey(old))],
    ...(next !== undefined && { next: signingKey(next) }),
  }
}

/** What people compare: results are signed with these keys. */
export function keyFingerprints({ key, previous, next }: Identity): {
  readonly current: KeyFingerprint
  readonly next?: KeyFingerprint
  /** Newest first. */
  readonly previous: readonly KeyFingerprint[]
} {
  return {
    current: signingKey(key).fingerprint,
    ...(next !== undefined && { next: signingKey(next).fingerprint }),
    previous: previous.map((old) => signingKey(old).fingerprint),
  }
}

/** Makes the key that the next connection offers; the same one again while it was not accepted. */
export const startRotation = (value: Identity): Identity => (value.next ? value : { ...value, next: createKey() })

/** The server took the offered key: from now on it is the one to prove. */
export function completeRotation({ next, ...value }: Identity, now: number): Identity {
  if (next === undefined) return value
  const replaced = { ...value.key, replacedAt: new Date(now).toISOString() }
  const kept = value.previous.filter(({ replacedAt }) => now - Date.parse(replacedAt) < KEEP_PREVIOUS_MS)
  return { ...value, key: next, previous: [replaced, ...kept].slice(0, MAX_PREVIOUS) }
}
