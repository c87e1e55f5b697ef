import { BlockList } from 'node:net'
import { canonicalAddress, canonicalName, familyOf, hostAndPort, isLoopbackHost } from '../model/host.ts'

/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, also in lower case, which wins. */
export type ProxyVariables = Readonly<Record<string, string | undefined>>

export interface Proxy {
  readonly secure: boolean
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** Value of Proxy-Authorization. Never in logs or errors. */
  readonly authorization?: string
  /** For people: `host:port`. */
  readonly name: string
}

/**
 * The proxy to a server, undefined where it is dialled directly. Throws where the variable is not the address of a proxy.
 * Loopback is never proxied, other than with curl: http is allowed there because nobody else can read it.
 */
export function proxyFor(server: URL, variables: ProxyVariables): Proxy | undefined {
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const address = valueOf(variables, name)
  if (address === undefined || isLoopbackHost(server.hostname)) return undefined
  if (isExcepted(server, valueOf(variables, 'NO_PROXY') ?? '')) return undefined
  return parseProxy(address, name)
}

function valueOf(variables: ProxyVariables, name: string): string | undefined {
  const value = variables[name.toLowerCase()] ?? variables[name]
  return value === undefined || value.trim() === '' ? undefined : value.trim()
}

/** The value may hold a password: it is not repeated. */
function parseProxy(address: string, name: string): Proxy {
  const url = URL.parse(address.includes('://') ? address : `http://${address}`)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new Error(`${name} is not the address of a proxy; write http://HOST:PORT or https://HOST:PORT`)
  }
  const secure = url.protocol === 'https:'
  const host = bare(url.hostname)
  const port = portOf(url)
  const authorization = basic(url, name)
  return { secure, host, port, name: hostAndPort(host, port), ...(authorization !== undefined && { authorization }) }
}

function basic({ username, password }: URL, name: string): string | undefined {
  if (username === '' && password === '') return undefined
  try {
    const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return `Basic ${Buffer.from(login, 'utf8').toString('base64')}`
  } catch {
    throw new Error(`${name} has a user or password that is not percent-encoded; write % as %25`)
  }
}

/** Entries of NO_PROXY: `*`, a host, `.suffix`, an address, a range of addresses, and each but a range with `:port`. */
function isExcepted(server: URL, list: string): boolean {
  const host = canonicalAddress(server.hostname) ?? canonicalName(server.hostname)
  const port = portOf(server)
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry, host, port))
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return isInRange(entry, host)
  const address = canonicalAddress(entry)
  if (address !== undefined) return address === host
  const [, name = entry, wantedPort] = /^(.*):(\d+)$/.exec(entry) ?? []
  if (wantedPort !== undefined && Number(wantedPort) !== port) return false
  const wanted = canonicalAddress(name) ?? canonicalName(name.replace(/^\*\./, '.'))
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted
}

/** A name is never in a range: it would have to be resolved, which the proxy does. */
function isInRange(entry: string, host: string): boolean {
  const [base = '', length = ''] = entry.split('/')
  const network = canonicalAddress(base)
  const address = canonicalAddress(host)
  if (network === undefined || address === undefined || !/^\d{1,3}$/.test(length)) return false
  const family = familyOf(network)
  if (family !== familyOf(address) || Number(length) > (family === 'ipv4' ? 32 : 128)) return false
  const list = new BlockList()
  list.addSubnet(network, Number(length), family)
  return list.check(address, family)
}

/** Of a URL; an IPv6 address without its brackets. */
export const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')
export const portOf = ({ port, protocol }: URL) => Number(port) || (protocol === 'https:' ? 443 : 80)
