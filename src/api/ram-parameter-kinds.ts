import { POLICY_TYPES, type PolicyType } from '../model/access-limits.ts'
import type { ErrorCode } from '../model/errors.ts'
import { integer, kind } from './parameter-kinds.ts'

const MAX_USER_NAME = 64
const MAX_POLICY_NAME = 128
const MAX_PERSONAL = 128
const MAX_DESCRIPTION = 1_024
export const MAX_DOCUMENT = 6_144

interface Pattern {
  readonly max: number
  readonly pattern: RegExp
  readonly entry: ErrorCode
  readonly reason: string
}

/** Too long and wrong characters have codes of their own in RAM. */
const matching = ({ max, pattern, entry, reason }: Pattern) =>
  // Not every reader of JSON Schema knows the classes of Unicode.
  kind({ type: 'string', maxLength: max, ...(!pattern.unicode && { pattern: pattern.source }) }, (text) => {
    if (text.length > max) return tooLong(max)
    return pattern.test(text) ? { value: text } : { reason, entry }
  })

const tooLong = (max: number) =>
  ({ reason: `It must have at most ${max} characters.`, entry: 'InvalidParameter.{P}.Length' }) as const

const USER_NAME = /^[a-zA-Z0-9.@\-_]+$/
const ACCESS_KEY_ID = /^[\x21-\x7e]{1,128}$/
const POLICY_NAME = /^[a-zA-Z0-9-]+$/

export const userName = () =>
  matching({
    max: MAX_USER_NAME,
    pattern: USER_NAME,
    entry: 'InvalidParameter.{P}.InvalidChars',
    reason: 'It must have letters, digits, and the characters . @ - _ only.',
  })

export const policyName = () =>
  matching({
    max: MAX_POLICY_NAME,
    pattern: POLICY_NAME,
    entry: 'InvalidParameter.{P}.InvalidChars',
    reason: 'It must have letters, digits and hyphens only.',
  })

export const userDisplayName = () =>
  matching({
    max: MAX_PERSONAL,
    pattern: /^[\p{L}\p{N}.@\-_ ]+$/u,
    entry: 'InvalidParameter.{P}.InvalidChars',
    reason: 'It must have letters, digits, spaces, and the characters . @ - _ only.',
  })

export const mobilePhone = () =>
  matching({
    max: MAX_PERSONAL,
    pattern: /^\d{1,4}-\d{4,15}$/,
    entry: 'InvalidParameter.{P}.Format',
    reason: 'It must be the code of a country, a hyphen and a number, for example 86-18600008888.',
  })

export const email = () =>
  matching({
    max: MAX_PERSONAL,
    pattern: /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u,
    entry: 'InvalidParameter.{P}.Format',
    reason: 'It must be an address such as somebody@example.com.',
  })

const atMost = (max: number) =>
  kind({ type: 'string', maxLength: max }, (text) => (text.length <= max ? { value: text } : tooLong(max)))
export const comments = () => atMost(MAX_PERSONAL)
export const policyDescription = () => atMost(MAX_DESCRIPTION)
export const policyDocument = () => atMost(MAX_DOCUMENT)

const policyTypeOf = (text: string) => POLICY_TYPES.find((type) => type === text)

export const policyType = () =>
  kind<PolicyType>({ type: 'string', enum: POLICY_TYPES }, (text) => {
    const value = policyTypeOf(text)
    return value === undefined
      ? { reason: 'It must be System or Custom.', entry: 'InvalidParameter.PolicyType' }
      : { value }
  })

/** An id of ours is far shorter; what cannot be one is simply not found. */
export const accessKeyId = () =>
  kind({ type: 'string', pattern: ACCESS_KEY_ID.source }, (text) =>
    ACCESS_KEY_ID.test(text) ? { value: text } : { reason: 'It must have 1 to 128 ASCII characters.' },
  )

export const keyStatus = () =>
  kind<'Active' | 'Inactive'>({ type: 'string', enum: ['Active', 'Inactive'] }, (text) =>
    text === 'Active' || text === 'Inactive' ? { value: text } : { reason: 'It must be Active or Inactive.' },
  )

/** Of a list of users: the last name of the page before. */
export const userMarker = () =>
  kind({ type: 'string', pattern: USER_NAME.source, maxLength: MAX_USER_NAME }, (text) =>
    text.length <= MAX_USER_NAME && USER_NAME.test(text)
      ? { value: text }
      : { reason: 'It must be the Marker of the page before.' },
  )

/** Of a list of policies: type and name of the last one of the page before. */
export const policyMarker = () =>
  kind({ type: 'string' }, (text) => {
    const [type = '', name = '', ...rest] = text.split('/')
    const known = policyTypeOf(type)
    return known !== undefined && rest.length === 0 && name.length <= MAX_POLICY_NAME && POLICY_NAME.test(name)
      ? { value: { type: known, name } }
      : { reason: 'It must be the Marker of the page before.' }
  })

export const maxItems = (max: number) =>
  integer(1, max)
    .prefault('100')
    .meta({ description: `Entries on a page, 1 to ${max}.`, examples: ['100'] })
