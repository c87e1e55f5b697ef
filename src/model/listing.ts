import { z } from 'zod'

/** Most names and bytes one answer may have; beyond them the outcome is Result.TooLarge. */
export const MAX_DATABASES = 1_000_000
export const MAX_RESULT_BYTES = 64 * 1024 * 1024
/** Most bytes of one part of a result, on the link and in the store. */
export const MAX_PART_BYTES = 256 * 1024

/** One database as a gateway saw it. Serialised as one line of JSON; unknown fields of newer gateways are dropped. */
export const databaseRecord = z.object({
  name: z.string().max(4096),
  /** Exact bytes in base64 (UTF-16LE for SQL Server), only where the name is not valid Unicode; `name` then has U+FFFD in their place. */
  nameBase64: z.string().max(8192).optional(),
  kind: z.enum(['database', 'schema', 'pdb', 'keyspace']),
  /** The engine's own, left out of DbList unless asked for. */
  system: z.boolean(),
  owner: z.string().max(4096).optional(),
  charset: z.string().max(256).optional(),
  collation: z.string().max(256).optional(),
  state: z.string().max(256).optional(),
  connectable: z.boolean().optional(),
  readOnly: z.boolean().optional(),
  /** SIMPLE, FULL or BULK_LOGGED, of SQL Server: which backups are possible. */
  recoveryModel: z.string().max(256).optional(),
  /** The database that this one is a snapshot of. */
  snapshotOf: z.string().max(4096).optional(),
  sizeBytes: z.number().int().nonnegative().optional(),
})
export type DatabaseRecord = z.infer<typeof databaseRecord>

/** Why a list may be incomplete, and the statement that mends it. */
export const listingWarning = z.object({
  code: z.string().max(128),
  message: z.string().max(4096),
  grant: z.string().max(4096).optional(),
})
export type ListingWarning = z.infer<typeof listingWarning>

export const serverInfo = z.object({
  /** What answered there, in its own words: "MariaDB", "PostgreSQL". */
  product: z.string().max(256),
  version: z.string().max(256),
  role: z.enum(['primary', 'replica', 'unknown']).catch('unknown'),
})
export type ServerInfo = z.infer<typeof serverInfo>

export const VISIBILITIES = ['complete', 'partial', 'unknown'] as const
export type Visibility = (typeof VISIBILITIES)[number]

/** What an engine returns. */
export interface Listing {
  readonly databases: readonly DatabaseRecord[]
  readonly visibility: Visibility
  readonly warnings: readonly ListingWarning[]
}

export const STEP_NAMES = ['configuration', 'resolve', 'connect', 'tls', 'login', 'privilege', 'list'] as const
export type StepName = (typeof STEP_NAMES)[number]

/** A newer gateway may have steps that this version does not know: they are left out, and its list is not lost for them. */
export const knownStep = z.enum(STEP_NAMES).or(
  z
    .string()
    .max(64)
    .transform(() => undefined),
)

/** One timed step of an attempt; `ms` is a whole number of milliseconds. */
const step = z.object({
  name: z.enum(STEP_NAMES),
  ms: z.number().nonnegative(),
  ok: z.boolean(),
})
export type Step = z.infer<typeof step>

const steps = z
  .array(z.object({ ...step.shape, name: knownStep }))
  .max(32)
  .transform((all) => all.flatMap(({ name, ...rest }): Step[] => (name === undefined ? [] : [{ name, ...rest }])))

/** How an attempt ended, without the databases themselves, which follow as parts. Text of `finished.outcome`. */
export const outcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('listing'),
    count: z.number().int().nonnegative().max(MAX_DATABASES),
    visibility: z.enum(VISIBILITIES),
    warnings: z.array(listingWarning).max(64),
    server: serverInfo,
    steps,
    /** When the gateway had the list, milliseconds since 1970 by the gateway's clock. */
    collectedAt: z.number().int(),
  }),
  z.object({
    kind: z.literal('failure'),
    code: z.string().max(128),
    message: z.string().max(8192),
    step: knownStep.optional(),
    steps,
  }),
])
export type Outcome = z.infer<typeof outcome>
export type ListingOutcome = Extract<Outcome, { kind: 'listing' }>
export type FailureOutcome = Extract<Outcome, { kind: 'failure' }>

/** Unicode code points, not UTF-16 units: U+FFxx sorts before an emoji. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // A surrogate stands for a code point above U+FFFF, so it is greater than any other unit.
    const surrogateX = x >= 0xd800 && x <= 0xdfff
    const surrogateY = y >= 0xd800 && y <= 0xdfff
    if (surrogateX !== surrogateY) return surrogateX ? 1 : -1
    return x - y
  }
  return a.length - b.length
}
