import { type Document, deserialize, onDemand, serialize } from 'bson'
import { PosternError } from '../model/errors.ts'
import { wrongProtocol } from './wrong-protocol.ts'

const LENGTH_BYTES = 4
/** Header of every message: length, id, id of what it answers, operation; all little-endian, four bytes each. */
const HEADER_BYTES = 16
/** Then the flags and the kind of the one section. */
const BODY_AT = HEADER_BYTES + 5
const OP_MSG = 2013
const CHECKSUM_PRESENT = 1
/** Flags below this one must be understood. */
const FIRST_OPTIONAL_FLAG = 0x10000
const SMALLEST_DOCUMENT = 5

/** One command (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#op_msg). */
export function mongodbMessage(command: Document, id: number): Buffer {
  const body = serialize(command)
  const head = Buffer.alloc(BODY_AT)
  head.writeInt32LE(BODY_AT + body.length, 0)
  head.writeInt32LE(id, 4)
  head.writeInt32LE(OP_MSG, 12)
  return Buffer.concat([head, body])
}

/**
 * Reads the answer to one command as the bytes of its document. What does not answer that command, or has more than `most`
 * bytes, throws Endpoint.WrongProtocol as soon as the header is there.
 */
export class MongodbReplyReader {
  readonly #id: number
  readonly #most: number
  #chunks: Buffer[] = []
  #size = 0
  /** Bytes without which there is nothing to decide: what comes in pieces is not put together for each of them. */
  #needed = LENGTH_BYTES

  constructor(id: number, most: number) {
    this.#id = id
    this.#most = most
  }

  /** Undefined until the answer is there whole. */
  feed(chunk: Buffer): Buffer | undefined {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#needed) return undefined
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    this.#chunks = [bytes]
    return this.#read(bytes)
  }

  #read(bytes: Buffer): Buffer | undefined {
    const length = bytes.readInt32LE(0)
    if (!this.#fits(length)) throw wrongProtocol(bytes)
    this.#needed = HEADER_BYTES
    if (bytes.length < HEADER_BYTES) return undefined
    if (bytes.readInt32LE(8) !== this.#id || bytes.readInt32LE(12) !== OP_MSG) throw wrongProtocol(bytes)
    this.#needed = length
    if (bytes.length < length) return undefined
    if (bytes.length > length) throw unasked(bytes.subarray(length))
    return documentOf(bytes)
  }

  #fits(length: number): boolean {
    return length >= BODY_AT + SMALLEST_DOCUMENT && length <= this.#most
  }
}

/** One section of kind 0 is all that a server answers with. */
function documentOf(message: Buffer): Buffer {
  const flags = message.readUInt32LE(HEADER_BYTES)
  const end = message.length - (flags % 2 === CHECKSUM_PRESENT ? 4 : 0)
  const rest = flags % FIRST_OPTIONAL_FLAG
  const body = message.subarray(BODY_AT, end)
  if (rest > CHECKSUM_PRESENT || message[BODY_AT - 1] !== 0 || body.length < SMALLEST_DOCUMENT)
    throw wrongProtocol(message)
  if (body.readInt32LE(0) !== body.length) throw wrongProtocol(message)
  return body
}

export const unasked = (bytes: Buffer): PosternError => wrongProtocol(bytes, 'without being asked')

/** Text that is not UTF-8 gets U+FFFD: words of a server may not fail the answer. */
export function readDocument(bytes: Buffer): Document {
  try {
    return deserialize(bytes, { validation: { utf8: false }, promoteBuffers: true })
  } catch {
    throw wrongProtocol(bytes, 'in place of BSON')
  }
}

/** The same without one field, which may be far too large to be made into objects. */
export function readDocumentWithout(key: string, bytes: Buffer): Document {
  try {
    for (const [, nameAt, nameLength, at, length] of onDemand.parseToElements(bytes)) {
      if (bytes.toString('latin1', nameAt, nameAt + nameLength) !== key) continue
      const rest = Buffer.concat([bytes.subarray(0, nameAt - 1), bytes.subarray(at + length)])
      rest.writeInt32LE(rest.length, 0)
      return readDocument(rest)
    }
  } catch (error) {
    throw error instanceof PosternError ? error : wrongProtocol(bytes, 'in place of BSON')
  }
  return readDocument(bytes)
}
