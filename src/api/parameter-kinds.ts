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

const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

/** What an issue says is the reason in the answer, so it is a sentence for people; `entry` is its code instead of `Invalid{P}`. */
export function kind<T>(
  read: (text: string) => { readonly value: T } | { readonly reason: string; readonly entry?: ErrorCode },
) {
  return z.string().transform((text, context): T => {
    const result = read(text)
    if ('value' in result) return result.value
    context.addIssue({ code: 'custom', message: result.reason, params: { entry: result.entry } })
    return z.NEVER
  })
}

export const integer = (min: number, max: number) =>
  kind((text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? { value } : { reason: `It must be a whole number from ${min} to ${max}.` }
  })

/** A number of the kind that the API gives out. One that cannot be anybody's is left to the lookup, which does not find it. */
export const publicNumber = () =>
  kind((text) => (/^\d{1,19}$/.test(text) ? { value: Number(text) } : { reason: 'It must be decimal digits.' }))

export const databaseType = () =>
  kind<DatabaseType>((text) => {
    const value = parseDatabaseType(text)
    return value === undefined ? { reason: `It must be one of ${DATABASE_TYPE_NAMES.join(', ')}.` } : { value }
  })

export const host = () =>
  kind((text) => {
    const check = normaliseHost(text)
    return 'host' in check ? { value: check.host } : check
  })

export const boolean = () =>
  kind((text) => {
    const lower = text.toLowerCase()
    return lower === 'true' || lower === 'false' ? { value: lower === 'true' } : { reason: 'It must be true or false.' }
  })

export const region = () =>
  kind((text) =>
    /^[a-z0-9][a-z0-9-]{0,62}$/.test(text)
      ? { value: text }
      : { reason: 'It must have 1 to 63 lower-case letters, digits and hyphens, and begin with a letter or a digit.' },
  )

/** Milliseconds since 1970. A day alone is its beginning in UTC. */
export const time = () =>
  kind((text) => {
    const value = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN
    return value >= 0
      ? { value }
      : { reason: 'It must be a time such as 2026-01-31T08:30:00Z, or a day such as 2026-01-31.' }
  })

/** Several of `choices` in any case, with commas between them. */
export const choices = <T extends string>(all: readonly T[]) =>
  kind<readonly T[]>((text) => {
    const wanted = text.split(',', all.length + 1).map((name) => name.trim().toLowerCase())
    const value = all.filter((name) => wanted.includes(name.toLowerCase()))
    return value.length === wanted.length
      ? { value }
      : { reason: `It must be one or several of ${all.join(', ')}, each once, with commas between them.` }
  })

/** Text that is looked for in names. */
export const namePart = (max: number) =>
  kind((text) => (text.length <= max ? { value: text } : { reason: `It must have at most ${max} characters.` }))

export const pageToken = () =>
  kind((text) => ({ value: text }))
    .optional()
    .meta({
      description: 'NextToken of the answer before, with the same other parameters; left out for the first page.',
      examples: ['WyJCZzNyIixbMTc2NzIyNTYwMDAwMCw3MzE5MDUyODQ2MTcwOTNdXQ'],
    })

/** A name for people: any Unicode text of one line. */
export const displayName = (max: number) =>
  kind((text) => {
    const value = text.trim()
    return value.length > 0 && value.length <= max && !/\p{Cc}/u.test(value)
      ? { value }
      : { reason: `It must have 1 to ${max} characters and none that controls.` }
  })

/** Row 20: on reads it is validated and ignored. */
export const clientToken = () =>
  kind((text) =>
    /^[\x20-\x7e]{1,64}$/.test(text) ? { value: text } : { reason: 'It must have 1 to 64 ASCII characters.' },
  )
    .optional()
    .meta({
      description:
        'Makes a repeated request safe: the same token with the same parameters has one effect. 1 to 64 ASCII characters.',
      examples: ['7d1b5f0e-7a2b-4c11-9d7e-0f3a5b6c7d8e'],
    })

export const deadlineSeconds = () =>
  integer(DEADLINE_SECONDS.min, DEADLINE_SECONDS.max).prefault(String(DEADLINE_SECONDS.default))
