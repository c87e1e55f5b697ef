import type { z } from 'zod'
import { invalid, isErrorCode, missing, PosternError } from '../model/errors.ts'
import { EMPTY_COUNTS, PARAMETER_ERRORS } from './parameter-kinds.ts'

/** Typed, canonical values; unknown parameters are dropped. Throws the first fault in the order of the declaration. */
export function parseParameters<P>(
  params: z.ZodType<P, Record<string, string | undefined>>,
  parameters: ReadonlyMap<string, string>,
): P {
  // From entries: a name that the caller chose becomes an own property, whatever it is.
  const values = Object.fromEntries([...parameters].filter(([name, value]) => value !== '' || EMPTY_COUNTS.has(name)))
  const parsed = params.safeParse(values)
  if (parsed.success) return parsed.data

  const issue = parsed.error.issues[0]
  const name = String(issue?.path[0] ?? '')
  if (!Object.hasOwn(values, name)) throw missing(name)
  const entry = PARAMETER_ERRORS[name]
  if (entry !== undefined) throw new PosternError(entry)
  const reason = issue?.message ?? ''
  const own: unknown = issue?.code === 'custom' ? issue.params?.['entry'] : undefined
  throw isErrorCode(own) ? new PosternError(own, { values: { P: name }, reason }) : invalid(name, reason)
}
