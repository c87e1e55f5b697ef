import { z } from 'zod'
import { MAX_DATABASES, STEP_NAMES, type Step, VISIBILITIES } from './listing.ts'

// Apart from the types: the thread that writes to the embedded store starts without a parser that it never needs.

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

/** Why a list may be incomplete, and the statement that mends it. */
export const listingWarning = z.object({
  code: z.string().max(128),
  message: z.string().max(4096),
  grant: z.string().max(4096).optional(),
})

export const serverInfo = z.object({
  /** What answered there, in its own words: "MariaDB", "PostgreSQL". */
  product: z.string().max(256),
  version: z.string().max(256),
  role: z.enum(['primary', 'replica', 'unknown']).catch('unknown'),
})

/** A newer gateway may have steps that this version does not know: they are left out, and its list is not lost for them. */
export const knownStep = z.enum(STEP_NAMES).or(
  z
    .string()
    .max(64)
    .transform(() => undefined),
)

/** One timed step of an attempt; `ms` is a whole number of milliseconds. */
export const step = z.object({
  name: z.enum(STEP_NAMES),
  ms: z.number().nonnegative(),
  ok: z.boolean(),
})

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
