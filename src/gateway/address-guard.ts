import { lookup } from 'node:dns/promises'
import { BlockList } from 'node:net'
import { type Clock, sleep } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import { canonicalAddress, familyOf } from '../model/host.ts'
import type { GatewayConfiguration } from './configuration.ts'
import { addressBytes } from './ip-address.ts'
import { isExactly, type Target } from './target.ts'

/** All addresses of a name, in the resolver's order. Rejects where there is none. */
export type Resolver = (name: string) => Promise<readonly string[]>

export const systemResolver: Resolver = async (name) => {
  const found = await lookup(name, { all: true, order: 'verbatim' })
  return found.map(({ address }) => address)
}

export interface GuardOptions {
  readonly configuration: GatewayConfiguration
  readonly resolver: Resolver
  readonly clock: Clock
  readonly signal: AbortSignal
  /** For the whole resolution. */
  readonly timeoutMs: number
}

/** Where no name and no range may lead: what listens there trusts its own machine. */
const SPECIAL = {
  loopback: ['127.0.0.0/8', '::1/128'],
  unspecified: ['0.0.0.0/8', '::/128'],
  metadata: [
    '169.254.169.254/32',
    '100.100.100.200/32',
    '168.63.129.16/32',
    '192.0.0.192/32',
    'fd00:ec2::254/128',
    'fd20:ce::254/128',
  ],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  'multicast or broadcast': ['224.0.0.0/4', '255.255.255.255/32', 'ff00::/8'],
}

const SPECIAL_LISTS = Object.entries(SPECIAL).map(([kind, networks]) => ({ kind, list: blockListOf(networks) }))

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    list.addSubnet(address, Number(prefix), familyOf(address))
  }
  return list
}

/** What is special about a canonical address, in words; undefined for an ordinary one. */
export function specialKind(address: string): string | undefined {
  const [bare = ''] = address.split('%')
  const kind = SPECIAL_LISTS.find(({ list }) => list.check(bare, familyOf(bare)))?.kind
  if (kind !== undefined) return kind
  const inner = embeddedIpv4(bare)
  return inner === undefined ? undefined : specialKind(inner)
}

/** A translator (64:ff9b::/96) or an old stack (::/96) dials the IPv4 address in the last four bytes. */
function embeddedIpv4(address: string): string | undefined {
  if (familyOf(address) === 'ipv4') return undefined
  const bytes = addressBytes(address)
  const head = Buffer.from(bytes.subarray(0, 12)).toString('hex')
  const translated = head === '0064ff9b'.padEnd(24, '0') || head === '0'.repeat(24)
  return translated ? bytes.subarray(12).join('.') : undefined
}

/**
 * The one address to dial: a name is resolved once and what it resolves to is checked, so that a second look-up cannot
 * lead elsewhere. Throws Endpoint.NotAllowed, Endpoint.NameNotResolved, or the signal's reason.
 */
export async function guardedAddress(target: Target, options: GuardOptions): Promise<string> {
  const literal = canonicalAddress(target.host)
  if (literal !== undefined) {
    if (isAllowed(literal, target)) return literal
    throw notAllowed(target, [literal], options.configuration)
  }
  const resolved = await resolveName(target.host, options)
  const addresses = resolved.flatMap((address) => canonicalAddress(address) ?? [])
  if (addresses.length === 0) throw notResolved(target.host, 'The answer has no address.')
  // Most database servers listen for IPv4 only when they listen on localhost.
  if (target.host === 'localhost') addresses.sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')))
  const allowed = addresses.find((address) => isAllowed(address, target))
  if (allowed === undefined) throw notAllowed(target, addresses, options.configuration)
  return allowed
}

/** The endpoint itself must be that address: one listed beside it has another user and password. */
function isAllowed(address: string, { endpoint, host }: Target): boolean {
  const kind = specialKind(address)
  if (kind === undefined || isExactly(endpoint, address)) return true
  return kind === 'loopback' && host === 'localhost' && isExactly(endpoint, 'localhost')
}

async function resolveName(name: string, { resolver, clock, signal, timeoutMs }: GuardOptions) {
  signal.throwIfAborted()
  const ended = new AbortController()
  const either = AbortSignal.any([signal, ended.signal])
  try {
    // A look-up cannot be cancelled; it is left to itself.
    const addresses = await Promise.race([resolver(name), sleep(clock, timeoutMs, either)])
    signal.throwIfAborted()
    if (addresses === undefined) throw notResolved(name, `No answer within ${timeoutMs} ms.`)
    return addresses
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof PosternError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw notResolved(name, `The resolver says ${code}.`, error)
  } finally {
    ended.abort()
  }
}

const notResolved = (name: string, reason: string, cause?: unknown) =>
  new PosternError('Endpoint.NameNotResolved', { reason: `${name}: ${reason}`, cause })

function notAllowed(target: Target, addresses: readonly string[], { file }: GatewayConfiguration): PosternError {
  const described = addresses.slice(0, 8).map((address) => `${address} (${specialKind(address)})`)
  const what =
    addresses[0] === target.host ? described.join() : `${target.host}, which resolves to ${described.join(', ')}`
  return new PosternError('Endpoint.NotAllowed', {
    reason: `${what}: such an address is dialled only for an endpoint whose \`host\` is that very address; the file to edit is ${file}.`,
  })
}
