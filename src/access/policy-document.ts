import { nearestName } from '../base/nearest-name.ts'
import { PosternError } from '../model/errors.ts'
import { CONDITION_KEYS, type ConditionKeyName, isConditionKey } from './condition-keys.ts'
import { CONDITION_OPERATORS, type ValueTest } from './condition-operators.ts'
import { type FaultDetails, type JsonPath, PolicyFault, shownPath } from './policy-fault.ts'
import { repeatedJsonKey } from './repeated-json-key.ts'

/** Characters, as on the original service. */
export const MAX_POLICY_CHARS = 6144
const MAX_STATEMENTS = 100
/** In one list of actions, resources or values. */
const MAX_VALUES = 200

/** A policy as it is evaluated: nothing in it is left to be checked. */
export interface PolicyDocument {
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  /** NotAction: every action but these. */
  readonly exceptActions: boolean
  /** Lower case, `*` and `?` are wildcards. */
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** All of them must hold. */
  readonly conditions: readonly Condition[]
}

export interface Condition {
  readonly key: ConditionKeyName
  /** Holds where none of the tests does, else where one of them does. */
  readonly negated: boolean
  readonly tests: readonly ValueTest[]
}

/**
 * Reads a policy of the RAM language, version "1". Throws InvalidParameter.PolicyDocument.Length or
 * MalformedPolicyDocument, which says where the fault is. What is not known is refused and never passed over, because
 * a misspelt condition would allow or deny something else than is meant.
 */
export function parsePolicyDocument(text: string): PolicyDocument {
  if (text.length > MAX_POLICY_CHARS) throw new PosternError('InvalidParameter.PolicyDocument.Length')
  const policy = elements(parseJson(text), { path: [], known: ['Version', 'Statement'] })
  if (policy.get('Version') !== '1')
    throw malformed({ kind: 'Version', path: ['Version'] }, 'must be "1", in quotation marks')
  const statements = policy.get('Statement')
  if (!Array.isArray(statements) || statements.length === 0 || statements.length > MAX_STATEMENTS) {
    throw malformed(
      { kind: 'StatementList', path: ['Statement'] },
      `must be a list of 1 to ${MAX_STATEMENTS} statements`,
    )
  }
  return { statements: statements.map((each: unknown, index) => readStatement(each, ['Statement', index])) }
}

const STATEMENT_ELEMENTS = ['Effect', 'Action', 'NotAction', 'Resource', 'Condition']

function readStatement(value: unknown, path: JsonPath): Statement {
  const statement = elements(value, { path, known: STATEMENT_ELEMENTS })
  const effect = statement.get('Effect')
  if (effect !== 'Allow' && effect !== 'Deny')
    throw malformed({ kind: 'Effect', path: [...path, 'Effect'] }, 'must be "Allow" or "Deny"')
  const exceptActions = statement.has('NotAction')
  if (exceptActions === statement.has('Action'))
    throw malformed({ kind: 'ActionOrNotAction', path }, 'must have either Action or NotAction')
  const name = exceptActions ? 'NotAction' : 'Action'
  const actions = readList(statement.get(name), { path: [...path, name], read: readAction })
  const resources = readList(statement.get('Resource'), { path: [...path, 'Resource'], read: readResource })
  const conditions = statement.has('Condition')
    ? readConditions(statement.get('Condition'), [...path, 'Condition'])
    : []
  return { effect, exceptActions, actions, resources, conditions }
}

function readAction(text: string, path: JsonPath): string {
  if (text === '*' || /^[\w*?-]+:[\w*?.-]+$/.test(text)) return text.toLowerCase()
  throw malformed({ kind: 'Action', path }, 'must be "*" or service:action, such as dbs:GetDBListFromAgent or dbs:Get*')
}

function readResource(text: string, path: JsonPath): string {
  // Policy variables are not in the language: taken as they stand they would match nothing.
  if (text === '*' || (/^acs:[^:]*:[^:]*:[^:]*:.+$/.test(text) && !/\s|\$\{/.test(text))) return text
  throw malformed(
    { kind: 'Resource', path },
    'must be "*" or acs:service:region:account:resource, where each part may be *',
  )
}

function readConditions(value: unknown, path: JsonPath): Condition[] {
  return [...members(value, path)].flatMap(([operator, keys]) => {
    const at = [...path, operator]
    const byKey = members(keys, at)
    if (byKey.size === 0) throw malformed({ kind: 'NoConditionKey', path: at }, 'must have a key')
    return [...byKey].map(([key, values]) => readCondition(values, { path, operator, key }))
  })
}

function readCondition(values: unknown, at: { path: JsonPath; operator: string; key: string }): Condition {
  const { operator: name, key } = at
  const operator = CONDITION_OPERATORS.get(name)
  if (operator === undefined) {
    const expected = fitting(name, [...CONDITION_OPERATORS.keys()])
    const details = { kind: 'UnknownOperator', path: [...at.path, name], found: name, expected } as const
    throw malformed(details, `is no operator; ${oneOf(expected)}`)
  }
  const path = [...at.path, name, key]
  if (!isConditionKey(key)) {
    const expected = fitting(key, Object.keys(CONDITION_KEYS))
    throw malformed({ kind: 'UnknownConditionKey', path, found: key, expected }, `is no key; ${oneOf(expected)}`)
  }
  const about = CONDITION_KEYS[key]
  const families: readonly string[] = about.families
  if (!families.includes(operator.family)) {
    const details = { kind: 'OtherOperator', path, found: name, expected: families } as const
    throw malformed(details, `is not compared with ${name}; use the ${families.join(' or ')} operators`)
  }
  const tests = readList(values, {
    path,
    read(text, textPath) {
      const read = operator.read(text, about)
      if ('reason' in read) throw malformed({ kind: read.kind, path: textPath }, read.reason)
      return read.test
    },
  })
  if (operator.family === 'Bool' && tests.length > 1) throw malformed({ kind: 'OneValue', path }, 'must have one value')
  return { key, negated: operator.negated, tests }
}

/** A text or a list of texts. */
function readList<T>(value: unknown, how: { path: JsonPath; read: (text: string, path: JsonPath) => T }): T[] {
  const { path, read } = how
  if (typeof value === 'string') return [read(value, path)]
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_VALUES) {
    throw malformed(
      { kind: 'NoTextOrList', path },
      `must be a text in quotation marks, or a list of 1 to ${MAX_VALUES} of them`,
    )
  }
  return value.map((each: unknown, index) => {
    const at = [...path, index]
    if (typeof each !== 'string') throw malformed({ kind: 'NoText', path: at }, 'must be a text in quotation marks')
    return read(each, at)
  })
}

function elements(value: unknown, { path, known }: { path: JsonPath; known: readonly string[] }): Map<string, unknown> {
  const found = members(value, path)
  for (const name of found.keys()) {
    if (known.includes(name)) continue
    const expected = fitting(name, known)
    const details = { kind: 'UnknownElement', path, found: name, expected } as const
    throw malformed(details, `has an unknown element ${quoted(name)}; ${oneOf(expected)}`)
  }
  return found
}

function members(value: unknown, path: JsonPath): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed({ kind: 'NoObject', path }, 'must be an object {…}')
  return new Map<string, unknown>(Object.entries(value))
}

function parseJson(text: string): unknown {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw malformed(
      { kind: 'NotJson', path: [] },
      `is not JSON (${cause instanceof Error ? cause.message : 'unknown error'})`,
    )
  }
  const repeated = repeatedJsonKey(text)
  if (repeated === undefined) return parsed
  const details = { kind: 'RepeatedName', path: [], found: repeated } as const
  throw malformed(
    details,
    `has ${quoted(repeated)} twice in one object, of which only the last would count; join the two`,
  )
}

/** The one that looks like it, or all of them. */
function fitting(text: string, names: readonly string[]): readonly string[] {
  const nearest = nearestName(text, names)
  return nearest === undefined ? names : [nearest]
}
const oneOf = (names: readonly string[]) =>
  names.length === 1 ? `did you mean ${names[0]}?` : `use one of ${names.join(', ')}`
const quoted = (text: string) => JSON.stringify(text.slice(0, 64))

const malformed = (details: FaultDetails, what: string) =>
  new PosternError('MalformedPolicyDocument', {
    reason: `${shownPath(details.path) || 'The document'} ${what}.`,
    cause: new PolicyFault(what, details),
  })
