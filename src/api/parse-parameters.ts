import type { Params } from './action.ts'
import { EMPTY_COUNTS, LIST_PARAMETERS, PARAMETER_ERRORS } from './parameter-kinds.ts'
import { invalid, isErrorCode, missing, PosternError } from '../model/errors.ts'

/** Typed, canonical values; unknown parameters are dropped. Throws the first fault in the order of the declaration. */
export function parseParameters<P>(params: Params<P>, parameters: ReadonlyMap<string, string>): P {
  const sent = withLists(parameters)
  // Of the names that are declared, so that no caller's own name becomes a property.
  const values: Record<string, string> = {}
  for (const name in params.shape) {
    const value = sent.get(name)
    if (value !== undefined && (value !== '' || EMPTY_COUNTS.has(name))) values[name] = value
  }
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

/** A list of its own name wins over one in parts; the parts count in the order of their numbers. */
function withLists(parameters: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const dotted: string[] = []
  for (const name of parameters.keys()) if (name.includes('.')) dotted.push(name)
  if (dotted.length === 0) return parameters
  const parts = dotted
    .map((name) => /^(\w+)\.([1-9]\d{0,3})$/.exec(name))
    .filter((match) => match !== null && LIST_PARAMETERS.has(match[1] ?? ''))
    .toSorted((a, b) => Number(a?.[2]) - Number(b?.[2]))
  if (parts.length === 0) return parameters
  const joined = new Map<string, string>()
  for (const match of parts) {
    const [name = '', list = ''] = match ?? []
    const value = parameters.get(name) ?? ''
    const before = joined.get(list)
    joined.set(list, before === undefined ? value : `${before},${value}`)
  }
  return new Map([...joined, ...parameters])
}
