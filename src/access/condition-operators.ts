import { BlockList } from 'node:net'
import { canonicalAddress, familyOf } from '../model/host.ts'
import type { ConditionKey, OperatorFamily, Spelled } from './condition-keys.ts'
import type { WrongValue } from './policy-fault.ts'
import { matchesWildcard } from './wildcard.ts'

/** Whether the value of a call is what one value of a policy means. */
export type ValueTest = (actual: string) => boolean
type Read = { readonly test: ValueTest } | WrongValue

export interface ConditionOperator {
  readonly family: OperatorFamily
  /** Holds where none of the values does. */
  readonly negated: boolean
  /** One value of a policy. */
  read(value: string, key: ConditionKey): Read
}

const equals = (fold: (text: string) => string, negated: boolean): ConditionOperator => ({
  family: 'String',
  negated,
  read: (value, key) => spelled(key.spell(value), (wanted) => (actual) => fold(actual) === fold(wanted)),
})

/** Without regard to case: the values of all keys have one spelling, and a pattern may be written in another. */
const like = (negated: boolean): ConditionOperator => ({
  family: 'String',
  negated,
  read: (value, key) =>
    spelled(key.spellPattern(value), (wanted) => {
      const pattern = wanted.toLowerCase()
      return (actual) => matchesWildcard(pattern, actual.toLowerCase())
    }),
})

const spelled = (value: Spelled, toTest: (wanted: string) => ValueTest): Read =>
  'reason' in value ? value : { test: toTest(value.value) }

type Compare = (actual: number, wanted: number) => boolean

const numeric = (compare: Compare, negated = false): ConditionOperator => ({
  family: 'Numeric',
  negated,
  read: (value) =>
    /^-?\d{1,15}(\.\d{1,6})?$/.test(value)
      ? { test: (actual) => compare(Number(actual), Number(value)) }
      : { kind: 'Number', reason: 'must be a number of at most 15 digits' },
})

const date = (compare: Compare, negated = false): ConditionOperator => ({
  family: 'Date',
  negated,
  read(value) {
    const wanted = secondOf(value)
    return wanted === undefined
      ? { kind: 'Time', reason: 'must be a time such as 2026-01-31T23:59:59Z or 2026-01-31T23:59:59+08:00' }
      : { test: (actual) => compare(Math.floor(Date.parse(actual) / 1000), wanted) }
  },
})

const ipAddress = (negated: boolean): ConditionOperator => ({
  family: 'IpAddress',
  negated,
  read(value) {
    const test = networkTest(value)
    return test === undefined
      ? { kind: 'IpAddress', reason: 'must be an IP address or a range such as 10.0.0.0/8 or 2001:db8::/32' }
      : { test }
  },
})

const bool: ConditionOperator = {
  family: 'Bool',
  negated: false,
  read(value) {
    const wanted = value.toLowerCase()
    return wanted === 'true' || wanted === 'false'
      ? { test: (actual) => actual === wanted }
      : { kind: 'TrueOrFalse', reason: 'must be "true" or "false"' }
  },
}

const asItIs = (text: string) => text
const folded = (text: string) => text.toLowerCase()
const same: Compare = (actual, wanted) => actual === wanted
const less: Compare = (actual, wanted) => actual < wanted
const atMost: Compare = (actual, wanted) => actual <= wanted
const greater: Compare = (actual, wanted) => actual > wanted
const atLeast: Compare = (actual, wanted) => actual >= wanted

/** The one list of operators. */
export const CONDITION_OPERATORS: ReadonlyMap<string, ConditionOperator> = new Map([
  ['StringEquals', equals(asItIs, false)],
  ['StringNotEquals', equals(asItIs, true)],
  ['StringEqualsIgnoreCase', equals(folded, false)],
  ['StringNotEqualsIgnoreCase', equals(folded, true)],
  ['StringLike', like(false)],
  ['StringNotLike', like(true)],
  ['NumericEquals', numeric(same)],
  ['NumericNotEquals', numeric(same, true)],
  ['NumericLessThan', numeric(less)],
  ['NumericLessThanEquals', numeric(atMost)],
  ['NumericGreaterThan', numeric(greater)],
  ['NumericGreaterThanEquals', numeric(atLeast)],
  ['DateEquals', date(same)],
  ['DateNotEquals', date(same, true)],
  ['DateLessThan', date(less)],
  ['DateLessThanEquals', date(atMost)],
  ['DateGreaterThan', date(greater)],
  ['DateGreaterThanEquals', date(atLeast)],
  ['Bool', bool],
  ['IpAddress', ipAddress(false)],
  ['NotIpAddress', ipAddress(true)],
])

const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}):?(\d{2})?(Z|[+-]\d{2}:\d{2})$/

/** Seconds since 1970; undefined for what no calendar has. */
function secondOf(text: string): number | undefined {
  const [, minutes, seconds = '00', zone = 'Z'] = TIME.exec(text) ?? []
  const local = Date.parse(`${minutes}:${seconds}Z`)
  if (Number.isNaN(local) || !new Date(local).toISOString().startsWith(`${minutes}:${seconds}`)) return undefined
  const time = Date.parse(`${minutes}:${seconds}${zone}`)
  return Number.isNaN(time) ? undefined : time / 1000
}

/** One address or a range, never across the two families; an IPv4-mapped IPv6 address is IPv4. */
function networkTest(text: string): ValueTest | undefined {
  const [base = '', length, ...more] = text.split('/')
  const network = canonicalAddress(base)
  if (network === undefined || base.includes('%') || base.startsWith('[') || more.length > 0) return undefined
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined
  const family = familyOf(network)
  const bits = family === 'ipv4' ? 32 : 128
  const mapped = family === 'ipv4' && base.includes(':') ? 96 : 0
  const prefix = length === undefined ? bits : Number(length) - mapped
  if (prefix < 0 || prefix > bits) return undefined
  const range = new BlockList()
  range.addSubnet(network, prefix, family)
  return (actual) => familyOf(actual) === family && range.check(actual, family)
}
