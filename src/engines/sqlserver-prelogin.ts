import { PosternError } from '../model/errors.ts'
import type { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

/** Types of packets and what PRELOGIN says of encryption, as in the vendor's [MS-TDS], sections 2.2.3.1.1 and 2.2.6.5. */
export const PRELOGIN = 0x12
export const TABULAR_RESULT = 0x04
export const HEADER_BYTES = 8
export const END_OF_MESSAGE = 1
export type Encryption = 'off' | 'on' | 'not supported' | 'required'
const ENCRYPTIONS: readonly Encryption[] = ['off', 'on', 'not supported', 'required']
const ENCRYPTION_OPTION = 1
const TERMINATOR = 0xff
const TLS_ALERT = 0x15
/** An answer has about 50 bytes. */
const MOST_ANSWER_BYTES = 4096
const ENCRYPT_OFF = 0
const ENCRYPT_ON = 1
const ENCRYPT_NOT_SUPPORTED = 2

/** VERSION 0.0.0.0, ENCRYPTION, INSTOPT empty, THREADID 0, MARS off. */
function request(encryption: number): Buffer {
  const values = [
    [0, Buffer.alloc(6)],
    [ENCRYPTION_OPTION, Buffer.from([encryption])],
    [2, Buffer.alloc(1)],
    [3, Buffer.alloc(4)],
    [4, Buffer.alloc(1)],
  ] as const
  let offset = values.length * 5 + 1
  const table = Buffer.alloc(offset, TERMINATOR)
  for (const [index, [option, value]] of values.entries()) {
    table[index * 5] = option
    table.writeUInt16BE(offset, index * 5 + 1)
    table.writeUInt16BE(value.length, index * 5 + 3)
    offset += value.length
  }
  return packet(PRELOGIN, Buffer.concat([table, ...values.map(([, value]) => value)]))
}

/** One whole message of one packet; `payload` fits into it. */
export function packet(type: number, payload: Uint8Array): Buffer {
  const header = Buffer.from([type, END_OF_MESSAGE, 0, 0, 0, 0, 1, 0])
  header.writeUInt16BE(HEADER_BYTES + payload.length, 2)
  return Buffer.concat([header, payload])
}

/** The answer to a PRELOGIN as the driver may see it: it believes in a plain connection. */
export const plainAnswer = (answer: Prelogin): Buffer => {
  const seen = Buffer.from(answer.bytes)
  seen[answer.encryptionAt] = ENCRYPT_NOT_SUPPORTED
  return seen
}

export interface Prelogin {
  readonly encryption: Encryption
  readonly bytes: Buffer
  /** Where in `bytes` it says so. */
  readonly encryptionAt: number
}

/** Asks what the server wants of encryption, before anything that it should not see is sent. */
export async function prelogin(wire: Wire, wanted: 'on' | 'off'): Promise<Prelogin> {
  wire.write(request(wanted === 'on' ? ENCRYPT_ON : ENCRYPT_OFF))
  const start = await wire.hear(1)
  if (start[0] === TLS_ALERT && !wire.probed && wanted === 'off')
    throw wire.fail(
      new PosternError('Endpoint.TlsRequired', { reason: 'It expects TLS from the first byte (TDS 8, "strict").' }),
    )
  if (start[0] !== TABULAR_RESULT) throw wire.failWrongProtocol(start)
  if (wire.probed) throw wire.timedOut()
  const length = (await wire.hear(HEADER_BYTES)).readUInt16BE(2)
  if (length <= HEADER_BYTES || length > MOST_ANSWER_BYTES) throw wire.failWrongProtocol(start)
  const heard = await wire.hear(length)
  const answer = parse(heard.subarray(0, length))
  // What follows in clear would count as said under TLS.
  if (answer === undefined || heard.length > length) throw wire.fail(wrongProtocol(heard))
  wire.take()
  return answer
}

function parse(bytes: Buffer): Prelogin | undefined {
  for (let at = HEADER_BYTES; at + 5 <= bytes.length && bytes[at] !== TERMINATOR; at += 5) {
    if (bytes[at] !== ENCRYPTION_OPTION) continue
    const encryptionAt = HEADER_BYTES + bytes.readUInt16BE(at + 1)
    const encryption = ENCRYPTIONS[bytes[encryptionAt] ?? -1]
    return encryption === undefined ? undefined : { encryption, bytes, encryptionAt }
  }
  return undefined
}
