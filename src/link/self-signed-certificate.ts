import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { canonicalAddress } from '../model/host.ts'

export interface SelfSignedOptions {
  /** P-256. */
  readonly key: KeyObject
  readonly commonName: string
  /** DNS names and IP addresses. */
  readonly names: readonly string[]
  /** Milliseconds since 1970. */
  readonly from: number
  readonly until: number
}

/** A certificate of a server for its own key in PEM: X.509 version 3 (RFC 5280), ECDSA with SHA-256. docs/decisions/0006 has why it is written here. */
export function selfSignedCertificate({ key, commonName, names, from, until }: SelfSignedOptions): string {
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256))
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const name = nameOf(commonName)
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    // Positive and never 0, whatever the random bytes are.
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey,
    tagged(0xa3, extensions(publicKey, names)),
  )
  const der = sequence(body, algorithm, bits(sign('sha256', body, key)))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]
const SERVER_AUTHENTICATION = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]
const COMMON_NAME = [0x55, 0x04, 0x03]
/** Last arc below 2.5.29. */
const EXTENSION = { keyId: 14, usage: 15, alternatives: 17, constraints: 19, extendedUsage: 37 } as const
/** RFC 5280: a common name is no longer. */
const MAX_COMMON_NAME = 64

const extensions = (publicKey: Buffer, names: readonly string[]) =>
  sequence(
    // Not an authority: who trusts it trusts this server and nothing that it signs.
    extension(EXTENSION.constraints, sequence(), true),
    // digitalSignature: the first bit, seven are unused.
    extension(EXTENSION.usage, tagged(0x03, Buffer.from([7, 0x80])), true),
    extension(EXTENSION.extendedUsage, sequence(objectId(SERVER_AUTHENTICATION))),
    extension(EXTENSION.alternatives, sequence(...names.map(alternative))),
    extension(EXTENSION.keyId, octets(createHash('sha256').update(publicKey).digest().subarray(0, 20))),
  )

function extension(id: number, value: Buffer, critical = false): Buffer {
  const flag = critical ? [tagged(0x01, Buffer.from([0xff]))] : []
  return sequence(objectId([0x55, 0x1d, id]), ...flag, octets(value))
}

function alternative(name: string): Buffer {
  const address = canonicalAddress(name)
  return address === undefined ? tagged(0x82, Buffer.from(name, 'ascii')) : tagged(0x87, addressBytes(address))
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  // The canonical form has at most one `::`, and no IPv4 address inside but for the deprecated ::a.b.c.d.
  const dotted = address.replace(/\d+\.\d+\.\d+\.\d+$/, (tail) =>
    addressBytes(tail)
      .toString('hex')
      .replace(/(.{4})/, '$1:'),
  )
  const [head = [], tail = []] = dotted.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

const nameOf = (commonName: string) =>
  sequence(
    tagged(0x31, sequence(objectId(COMMON_NAME), tagged(0x0c, Buffer.from(commonName.slice(0, MAX_COMMON_NAME))))),
  )

/** UTCTime through 2049, GeneralizedTime from then on. */
function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  return text < '2050' ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text))
}

const objectId = (bytes: readonly number[]) => tagged(0x06, Buffer.from(bytes))
const integer = (value: Buffer) => tagged(0x02, value)
const bits = (value: Buffer) => tagged(0x03, Buffer.concat([Buffer.from([0]), value]))
const octets = (value: Buffer) => tagged(0x04, value)
const sequence = (...parts: readonly Buffer[]) => tagged(0x30, Buffer.concat(parts))

/** The shortest length, as DER wants it; two bytes of it are more than a certificate of ours needs. */
function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value
  if (length > 0xffff) throw new RangeError('too long for a certificate')
  const bytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...bytes]), value])
}
