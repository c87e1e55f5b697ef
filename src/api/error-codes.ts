import { DISCOVERY_ERRORS } from '../model/discovery-errors.ts'
import { type ErrorCode, ERRORS, isErrorCode } from '../model/errors.ts'
import { RAM_ERRORS } from '../model/ram-errors.ts'
import type { AnyAction } from './action.ts'

/** Codes with a place for a name, by what they look like when they are answered; `(…)` is the name. */
const PATTERNS: readonly (readonly [code: ErrorCode, pattern: string])[] = [
  ...Object.keys(ERRORS).flatMap((code): readonly (readonly [ErrorCode, string])[] =>
    isErrorCode(code) && code.startsWith('InvalidParameter.{P}.') ? [[code, patternOf(code)]] : [],
  ),
  ['Missing{P}', '^Missing([A-Z]\\w*)$'],
  ['Invalid{P}', '^Invalid([A-Z]\\w*)$'],
]

function patternOf(code: ErrorCode): string {
  return `^${code.replaceAll('.', '\\.').replace('{P}', '([A-Z][A-Za-z]*)')}$`
}

/** The entry of the table that a code as it was answered comes from; undefined where there is none. */
export function entryOf(code: string): ErrorCode | undefined {
  if (isErrorCode(code)) return code
  return PATTERNS.find(([, pattern]) => new RegExp(pattern).test(code))?.[0]
}

/** `request`: it was not done. `access`: of users, keys and policies. `discovery`: a task ended without a list. */
type Group = 'request' | 'access' | 'discovery'

/** One code as `/errors.json` tells it. */
export interface ErrorCodeDescription {
  readonly code: string
  /** Regular expression of the code as it is answered, where it has a place for a name; the name is its group. */
  readonly pattern?: string
  readonly group: Group
  /** HTTP status. */
  readonly status: number
  readonly message: string
  /** What it means and where it comes from. */
  readonly meaning: string
  /** What to do. */
  readonly mend: string
  /** The actions that have it as their own; any action can answer those of a request that none has. */
  readonly actions: readonly string[]
}

/** The whole table, in its order. */
export function errorCodes(actions: readonly AnyAction[]): readonly ErrorCodeDescription[] {
  const patterns = new Map(PATTERNS)
  return Object.keys(ERRORS)
    .filter(isErrorCode)
    .map((code) => {
      const { status, message, meaning, mend } = ERRORS[code]
      const pattern = patterns.get(code)
      const own = actions.filter(({ errors }) => errors.includes(code)).map(({ name }) => name)
      const group = groupOf(code)
      return { code, ...(pattern !== undefined && { pattern }), group, status, message, meaning, mend, actions: own }
    })
}

function groupOf(code: ErrorCode): Group {
  if (Object.hasOwn(DISCOVERY_ERRORS, code)) return 'discovery'
  return Object.hasOwn(RAM_ERRORS, code) ? 'access' : 'request'
}
