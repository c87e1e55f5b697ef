import { z } from 'zod'
import { type DatabaseType, DATABASE_TYPE_NAMES, parseDatabaseType } from '../model/database-type.ts'
import type { ErrorCode } from '../model/errors.ts'
import { DEADLINE_SECONDS } from '../model/task.ts'
import { normaliseHost } from './endpoint-host.ts'

/** Parameters whose faults have a code of their own instead of `Invalid{P}`. */
export const PARAMETER_ERRORS: Readonly<Record<string, ErrorCode>> = {
  ClientToken: 'InvalidClientToken.ValueNotSupported',
}
/** An empty value of any other parameter counts as left out. */
export const EMPTY_COUNTS: ReadonlySet<string> = new Set(['ClientToken'])

/** Lists with commas that may also be sent as `Identifier.1`, `Identifier.2`, as official clients flatten arrays. */
export const LIST_PARAMETERS: ReadonlySet<string> = new Set(['Identifier'])

const REGION = /^[a-z0-9][a-z0-9-]{0,62}$/
const CLIENT_TOKEN = /^[\x20-\x7e]{1,64}$/
const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

/** JSON Schema of the value that a text spells; a list is spelt with commas. Programs that make forms go by it. */
export interface Spelt {
  readonly type: 'string' | 'integer' | 'boolean' | 'array'
  readonly format?: 'int64'
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly items?: Spelt
  readonly maxItems?: number
  readonly uniqueItems?: boolean
}

/** What an issue says is the reason in the answer, so it is a sentence for people; `entry` is its code instead of `Invalid{P}`. */
export function kind<T>(
  spelt: Spelt,
  read: (text: string) => { readonly value: T } | { readonly reason: string; readonly entry?: ErrorCode },
) {
  const schema = z.string().transform((text, context): T => {
    const result = read(text)
    if ('value' in result) return result.value
    context.addIssue({ code: 'custom', message: result.reason, params: { entry: result.entry } })
    return z.NEVER
  })
  return schema.meta({ spelt })
}

export const integer = (min: number, max: number) =>
  kind({ type: 'integer', minimum: min, maximum: max }, (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? { value } : { reason: `It must be a whole number from ${min} to ${max}.` }
  })

/** A number of the kind that the API gives out. One that cannot be anybody's is left to the lookup, which does not find it. */
export const publicNumber = () =>
  kind({ type: 'integer', format: 'int64', minimum: 0 }, (text) =>
    /^\d{1,19}$/.test(text) ? { value: Number(text) } : { reason: 'It must be decimal digits.' },
  )

export const databaseType = () =>
  kind<DatabaseType>({ type: 'string', enum: DATABASE_TYPE_NAMES }, (text) => {
    const value = parseDatabaseType(text)
    return value === undefined ? { reason: `It must be one of ${DATABASE_TYPE_NAMES.join(', ')}.` } : { value }
  })

export const host = () =>
  kind({ type: 'string', minLength: 1 }, (text) => {
    const check = normaliseHost(text)
    return 'host' in check ? { value: check.host } : check
  })

export const boolean = () =>
  kind({ type: 'boolean' }, (text) => {
    const lower = text.toLowerCase()
    return lower === 'true' || lower === 'false' ? { value: lower === 'true' } : { reason: 'It must be true or false.' }
  })

export const region = () =>
  kind({ type: 'string', pattern: REGION.source }, (text) =>
    REGION.test(text)
      ? { value: text }
      : { reason: 'It must have 1 to 63 lower-case letters, digits and hyphens, and begin with a letter or a digit.' },
  )

/** Milliseconds since 1970. A day alone is its beginning in UTC. */
export const time = () =>
  kind({ type: 'string', pattern: ISO_TIME.source }, (text) => {
    const value = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN
    return value >= 0
      ? { value }
      : { reason: 'It must be a time such as 2026-01-31T08:30:00Z, or a day such as 2026-01-31.' }
  })

/** Several of `choices` in any case, with commas between them. */
export const choices = <T extends string>(all: readonly T[]) =>
  kind<readonly T[]>({ type: 'array', items: { type: 'string', enum: all }, uniqueItems: true }, (text) => {
    const wanted = text.split(',', all.length + 1).map((name) => name.trim().toLowerCase())
    const value = all.filter((name) => wanted.includes(name.toLowerCase()))
    return value.length === wanted.length
      ? { value }
      : { reason: `It must be one or several of ${all.join(', ')}, each once, with commas between them.` }
  })

/** Text that is looked for in names. */
export const namePart = (max: number) =>
  kind({ type: 'string', maxLength: max }, (text) =>
    text.length <= max ? { value: text } : { reason: `It must have at most ${max} characters.` },
  )

export const pageToken = () =>
  kind({ type: 'string' }, (text) => ({ value: text }))
    .optional()
    .meta({
      description: 'NextToken of the answer before, with the same other parameters; left out for the first page.',
      examples: ['WyJCZzNyIixbMTc2NzIyNTYwMDAwMCw3MzE5MDUyODQ2MTcwOTNdXQ'],
    })

/** A name for people: any Unicode text of one line. */
export const displayName = (max: number) =>
  kind({ type: 'string', minLength: 1, maxLength: max }, (text) => {
    const value = text.trim()
    return value.length > 0 && value.length <= max && !/\p{Cc}/u.test(value)
      ? { value }
      : { reason: `It must have 1 to ${max} characters and none that controls.` }
  })

/** Row 20: on reads it is validated and ignored. */
export const clientToken = () =>
  kind({ type: 'string', pattern: CLIENT_TOKEN.source }, (text) =>
    CLIENT_TOKEN.test(text) ? { value: text } : { reason: 'It must have 1 to 64 ASCII characters.' },
  )
    .optional()
    .meta({
      description:
        'Makes a repeated request safe: the same token with the same parameters has one effect. 1 to 64 ASCII characters.',
      examples: ['7d1b5f0e-7a2b-4c11-9d7e-0f3a5b6c7d8e'],
    })

export const deadlineSeconds = () =>
  integer(DEADLINE_SECONDS.min, DEADLINE_SECONDS.max).prefault(String(DEADLINE_SECONDS.default))
