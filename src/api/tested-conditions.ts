import { CONDITION_KEYS, type ConditionKeyName, type Conditions, isConditionKey } from '../access/condition-keys.ts'
import { canonicalAddress } from '../model/host.ts'
import { kind } from './parameter-kinds.ts'

const MAX_CHARS = 4_096

/** What is known of a call that was not made, in the spelling in which the server compares it. */
export const conditionsParameter = () =>
  kind<Conditions>({ type: 'string', maxLength: MAX_CHARS }, (text) => {
    if (text.length > MAX_CHARS) return { reason: `It must have at most ${MAX_CHARS} characters.` }
    const members = membersOf(text)
    if (members === undefined) return { reason: 'It must be a JSON object of texts: {"acs:SourceIp":"10.0.0.7"}.' }
    const value: Partial<Record<ConditionKeyName, string>> = {}
    for (const [key, each] of members) {
      if (!isConditionKey(key)) return { reason: `It must have no keys but ${Object.keys(CONDITION_KEYS).join(', ')}.` }
      const spelt = typeof each === 'string' ? spell(key, each) : { reason: 'must be a text in quotation marks' }
      if ('reason' in spelt) return { reason: `Its ${key} ${spelt.reason}.` }
      value[key] = spelt.value
    }
    return { value }
  })
    .prefault('{}')
    .meta({
      description: `What is known of the call, a JSON object of texts with the keys ${Object.keys(CONDITION_KEYS).join(', ')}. With a key that is left out, a Deny that asks for it applies, and an Allow does not.`,
      examples: ['{"acs:SourceIp":"10.0.0.7","acs:SecureTransport":"true"}'],
    })

function spell(key: ConditionKeyName, text: string): { readonly value: string } | { readonly reason: string } {
  if (key === 'acs:SourceIp') {
    const value = canonicalAddress(text)
    return value === undefined ? { reason: 'must be an address' } : { value }
  }
  if (key === 'acs:SecureTransport') {
    return /^(true|false)$/.test(text) ? { value: text } : { reason: 'must be "true" or "false"' }
  }
  if (key === 'acs:CurrentTime') {
    const time = Date.parse(text)
    return Number.isNaN(time)
      ? { reason: 'must be a time such as 2026-01-31T08:30:00Z' }
      : { value: new Date(time).toISOString() }
  }
  return CONDITION_KEYS[key].spell(text)
}

function membersOf(text: string): readonly (readonly [string, unknown])[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? Object.entries(parsed) : undefined
  } catch {
    return undefined
  }
}
