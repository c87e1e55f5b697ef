import { SocketAddress } from 'node:net'
import { canonicalAddress, familyOf } from '../model/host.ts'

export interface IpNetwork {
  /** Canonical address of the network itself: no bit is set beyond the prefix. */
  readonly network: string
  readonly prefix: number
}

/** Four or sixteen bytes of a canonical address; its zone is not part of them. */
export function addressBytes(address: string): Uint8Array {
  if (familyOf(address) === 'ipv4') return Uint8Array.from(address.split('.'), Number)
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const before = groups(head)
  const after = groups(tail ?? '')
  const bytes = new Uint8Array(16)
  bytes.set(before, 0)
  bytes.set(after, 16 - after.length)
  return bytes
}

function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

/** The reason as text where it is no network. */
export function parseNetwork(text: string): IpNetwork | string {
  const [base = '', length = '', ...more] = text.split('/')
  const network = canonicalAddress(base)
  if (network === undefined || network.includes('%') || more.length > 0) return 'is not an address range'
  const bytes = addressBytes(network)
  const prefix = Number(length)
  if (!/^\d{1,3}$/.test(length) || prefix > bytes.length * 8) {
    return `needs a prefix length from 0 to ${bytes.length * 8} after the slash`
  }
  const masked = bytes.map((byte, index) => byte & maskOf(index, prefix))
  if (masked.some((byte, index) => byte !== bytes[index])) {
    return `has bits beyond its prefix; write ${addressText(masked)}/${prefix}`
  }
  return { network, prefix }
}

const maskOf = (index: number, prefix: number) => {
  const bits = Math.min(8, Math.max(0, prefix - index * 8))
  return (0xff << (8 - bits)) & 0xff
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const pairs = Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16))
  return new SocketAddress({ address: pairs.join(':'), family: 'ipv6' }).address
}

/** `address` is canonical. Never across the two families. */
export function networkContains({ network, prefix }: IpNetwork, address: string): boolean {
  const wanted = addressBytes(network)
  const bytes = addressBytes(address)
  if (wanted.length !== bytes.length) return false
  return bytes.every((byte, index) => (byte & maskOf(index, prefix)) === wanted[index])
}
