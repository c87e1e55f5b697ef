import { PosternError } from '../model/errors.ts'
import { type JsonPlace, jsonPlaces } from './json-places.ts'
import { MAX_POLICY_CHARS, parsePolicyDocument } from './policy-document.ts'
import { type JsonPath, PolicyFault, type PolicyFaultKind, shownPath } from './policy-fault.ts'

/** The first thing that is wrong in a policy, and where it stands. */
export interface PolicyProblem {
  /** `MalformedPolicyDocument` or `InvalidParameter.PolicyDocument.Length` */
  readonly code: string
  readonly message: string
  readonly kind: PolicyFaultKind
  /** `Statement[0].Effect`; left out where it is the document, or too long a text. */
  readonly element?: string
  /** The name that is not known, or is there twice. */
  readonly found?: string
  /** What could stand there. */
  readonly expected?: readonly string[]
  /** In UTF-16 units from the beginning of the text; `end` is behind it, and may be the same. */
  readonly start: number
  readonly end: number
  /** Of `start`, from 1. */
  readonly line: number
  readonly column: number
}

/** Undefined where the text is a policy that can be made. */
export function policyProblem(text: string): PolicyProblem | undefined {
  try {
    parsePolicyDocument(text)
    return undefined
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    const { start, end } = placeOf(error.cause, text)
    const before = text.slice(0, start)
    const line = before.split('\n').length
    const column = start - before.lastIndexOf('\n')
    return { code: error.code, message: error.message, ...aboutOf(error.cause), start, end, line, column }
  }
}

function aboutOf(cause: unknown): Pick<PolicyProblem, 'kind' | 'element' | 'found' | 'expected'> {
  if (!(cause instanceof PolicyFault)) return { kind: 'TooLong' }
  const { path, ...about } = cause.details
  return { ...about, ...(path.length > 0 && { element: shownPath(path) }) }
}

function placeOf(cause: unknown, text: string): Pick<JsonPlace, 'start' | 'end'> {
  if (!(cause instanceof PolicyFault)) return { start: MAX_POLICY_CHARS, end: text.length }
  const { root, at, repeated } = jsonPlaces(text)
  if (root === undefined) return { start: at, end: Math.min(at + 1, text.length) }
  const { kind, path, found } = cause.details
  if (kind === 'RepeatedName' && repeated !== undefined) return repeated
  return find(root, path, kind === 'UnknownElement' ? found : undefined)
}

/** What is missing is shown at what it is missing in; an unknown member at its name. */
function find(root: JsonPlace, path: JsonPath, member: string | undefined): JsonPlace {
  let place = root
  for (const step of path) {
    const next = typeof step === 'number' ? place.items?.[step] : place.members?.get(step)?.value
    if (next === undefined) return place
    place = next
  }
  return (member === undefined ? undefined : place.members?.get(member)?.name) ?? place
}
