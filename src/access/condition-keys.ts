import { DATABASE_TYPE_NAMES, parseDatabaseType } from '../model/database-type.ts'
import { canonicalName, hostAndPort, parseHost } from '../model/host.ts'
import type { WrongValue } from './policy-fault.ts'
import { matchesWildcard } from './wildcard.ts'

export type OperatorFamily = 'String' | 'Numeric' | 'Date' | 'Bool' | 'IpAddress'

/** A value of a policy in the one spelling that is compared, or why it has none. */
export type Spelled = { readonly value: string } | WrongValue

export interface ConditionKey {
  /** The operators that mean something for it. */
  readonly families: readonly OperatorFamily[]
  /** For the equality of strings: written otherwise, the value is still the same one. */
  spell(text: string): Spelled
  /** For StringLike. What can match nothing is refused: a deny that never applies protects nobody. */
  spellPattern(text: string): Spelled
}

const asItIs = { spell: (value: string) => ({ value }), spellPattern: (value: string) => ({ value }) }

/** The one list of keys; their values in a request are canonical. */
export const CONDITION_KEYS = {
  'acs:SourceIp': { families: ['IpAddress'], ...asItIs },
  'acs:CurrentTime': { families: ['Date'], ...asItIs },
  'acs:SecureTransport': { families: ['Bool'], ...asItIs },
  'postern:BackupGatewayId': {
    families: ['String', 'Numeric'],
    spell: (text) =>
      /^\d{1,15}$/.test(text)
        ? { value: String(Number(text)) }
        : wrong('GatewayId', 'must be the digits of a gateway id'),
    spellPattern: (value) =>
      /^[\d*?]+$/.test(value) ? { value } : wrong('GatewayIdPattern', 'must be digits with the wildcards * and ?'),
  },
  'postern:DatabaseType': { families: ['String'], spell: spellType, spellPattern: spellTypePattern },
  'postern:SourceEndpoint': { families: ['String'], spell: spellEndpoint, spellPattern: spellEndpointPattern },
} as const satisfies Readonly<Record<string, ConditionKey>>

export type ConditionKeyName = keyof typeof CONDITION_KEYS

/** What is known of a call. A key that is missing is unknown. */
export type Conditions = Readonly<Partial<Record<ConditionKeyName, string>>>

export const isConditionKey = (name: string): name is ConditionKeyName => Object.hasOwn(CONDITION_KEYS, name)

const wrong = (kind: WrongValue['kind'], reason: string): WrongValue => ({ kind, reason })

function spellType(text: string): Spelled {
  const value = parseDatabaseType(text)
  if (value !== undefined) return { value }
  return wrong('DatabaseType', `must be one of ${DATABASE_TYPE_NAMES.join(', ')}; wildcards need StringLike`)
}

function spellTypePattern(text: string): Spelled {
  const value = text.toLowerCase()
  return DATABASE_TYPE_NAMES.some((name) => matchesWildcard(value, name.toLowerCase()))
    ? { value }
    : wrong('DatabaseTypePattern', `matches none of ${DATABASE_TYPE_NAMES.join(', ')}`)
}

const ENDPOINT_FORM = 'must be host:port, an IPv6 address in brackets'

function spellEndpoint(text: string): Spelled {
  const { host, port } = splitEndpoint(text)
  const number = /^\d{1,5}$/.test(port ?? '') ? Number(port) : 0
  const parsed = parseHost(host)
  if (typeof parsed === 'string' || number < 1 || number > 65_535) {
    return wrong('SourceEndpoint', `${ENDPOINT_FORM}; for any port use StringLike with host:*`)
  }
  return { value: hostAndPort(parsed.kind === 'name' ? parsed.name : parsed.address, number) }
}

function spellEndpointPattern(text: string): Spelled {
  if (!/^[\w.:*?[\]-]+$/.test(text)) {
    return wrong('SourceEndpointPattern', `${ENDPOINT_FORM}, with the wildcards * and ?`)
  }
  const { host, port } = splitEndpoint(text)
  if (port === undefined) {
    return text.endsWith('*') && !text.startsWith('[')
      ? { value: text.toLowerCase() }
      : wrong('SourceEndpointAnyPort', `${ENDPOINT_FORM}; for any port end it with :*`)
  }
  if (!/^[\d*?]+$/.test(port)) return wrong('SourceEndpointPort', 'has a port that is no digits and wildcards')
  if (/[*?]/.test(host)) {
    return host.includes(':')
      ? wrong('SourceEndpointWildcard', 'has a wildcard inside an IPv6 address; write the address whole')
      : { value: `${canonicalName(host)}:${port}` }
  }
  const parsed = parseHost(host)
  if (typeof parsed === 'string') return wrong('SourceEndpointPattern', ENDPOINT_FORM)
  if (parsed.kind === 'name') return { value: `${parsed.name}:${port}` }
  return { value: parsed.address.includes(':') ? `[${parsed.address}]:${port}` : `${parsed.address}:${port}` }
}

/** The port is what follows the last colon; an IPv6 address without brackets is told from one with a port by nobody. */
function splitEndpoint(text: string): { host: string; port: string | undefined } {
  const colon = text.startsWith('[') ? text.indexOf(']:') + 1 : text.lastIndexOf(':')
  const host = text.slice(0, colon)
  if (colon <= 0 || (host.includes(':') && !host.startsWith('['))) return { host: '', port: undefined }
  return { host, port: text.slice(colon + 1) }
}
