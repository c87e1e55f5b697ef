import { placesInOrder } from '../base/sort-in-slices.ts'
import { PosternError } from '../model/errors.ts'
import { type DatabaseRecord, type Databases, MAX_DATABASES, MAX_RESULT_BYTES } from '../model/listing.ts'

/** Of the first chunk; each next one is twice as large, up to the most. */
const FIRST_CHUNK_BYTES = 4 * 1024
const MOST_CHUNK_BYTES = 256 * 1024
const FIRST_PLACES = 64
/** A character takes at most so many bytes of UTF-8 for each unit of UTF-16. */
const MAX_BYTES_OF_A_UNIT = 3
/** What is kept of each: its chunk, where its name begins there, where its line begins, where that ends. */
const NUMBERS = 4

/**
 * Collects what a server streams, within the bounds of one answer. As bytes in few buffers, each name and its line of JSON: as
 * many objects would take several times the room, and keep the garbage collector busy.
 */
export class DatabaseList {
  readonly #most: number
  readonly #chunks: Buffer[] = []
  /** Bytes of the last chunk that are taken. */
  #taken = 0
  #places = new Uint32Array(FIRST_PLACES * NUMBERS)
  #count = 0
  #bytes = 0

  constructor(most = MAX_DATABASES) {
    this.#most = most
  }

  /** Throws Result.TooLarge for the first record that is too many; the server must not be read further then. */
  add(record: DatabaseRecord) {
    // Names dominate: the rest of a record, as JSON, stays below this allowance.
    this.#bytes += 2 * record.name.length + (record.nameBase64?.length ?? 0) + 256
    const count = this.#count + 1
    if (count > this.#most)
      throw new PosternError('Result.TooLarge', {
        reason: `The server has more than ${this.#most} databases; reading ended there.`,
      })
    if (this.#bytes > 8 * MAX_RESULT_BYTES)
      throw new PosternError('Result.TooLarge', {
        reason: `${count} databases came to ${this.#bytes} bytes; reading ended there.`,
      })
    this.#keep(record.name, `${JSON.stringify(record)}\n`)
  }

  /** By code point of the name. Nothing may be added any more. */
  async sorted(): Promise<Databases> {
    // In UTF-8 the order of the bytes is that of the code points.
    const order = await placesInOrder(this.#count, (a, b) => this.#compare(a, b))
    const lineAt = (place: number) => this.#lineAt(place)
    return {
      length: order.length,
      *lines() {
        for (const place of order) yield lineAt(place)
      },
      *[Symbol.iterator]() {
        for (const place of order) {
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was made of a record here
          yield JSON.parse(lineAt(place).toString('utf8')) as DatabaseRecord
        }
      },
    }
  }

  #keep(name: string, line: string) {
    const most = MAX_BYTES_OF_A_UNIT * (name.length + line.length)
    let chunk = this.#chunks.at(-1)
    if (chunk === undefined || this.#taken + most > chunk.length) {
      const usual = Math.min(FIRST_CHUNK_BYTES * 2 ** this.#chunks.length, MOST_CHUNK_BYTES)
      chunk = Buffer.allocUnsafeSlow(Math.max(usual, most))
      this.#chunks.push(chunk)
      this.#taken = 0
    }
    const lineFrom = this.#taken + chunk.write(name, this.#taken)
    const end = lineFrom + chunk.write(line, lineFrom)
    this.#places = withRoom(this.#places, (this.#count + 1) * NUMBERS)
    this.#places.set([this.#chunks.length - 1, this.#taken, lineFrom, end], this.#count * NUMBERS)
    this.#taken = end
    this.#count++
  }

  #lineAt(place: number): Buffer {
    const places = this.#places
    const at = place * NUMBERS
    return this.#chunkAt(places[at] ?? 0).subarray(places[at + 2], places[at + 3])
  }

  #compare(a: number, b: number): number {
    const places = this.#places
    const [atA, atB] = [a * NUMBERS, b * NUMBERS]
    const [ofA, ofB] = [this.#chunkAt(places[atA] ?? 0), this.#chunkAt(places[atB] ?? 0)]
    const [fromA = 0, endA = 0] = [places[atA + 1], places[atA + 2]]
    const [fromB = 0, endB = 0] = [places[atB + 1], places[atB + 2]]
    const length = Math.min(endA - fromA, endB - fromB)
    for (let i = 0; i < length; i++) {
      const difference = (ofA[fromA + i] ?? 0) - (ofB[fromB + i] ?? 0)
      if (difference !== 0) return difference
    }
    return endA - fromA - (endB - fromB)
  }

  #chunkAt(index: number): Buffer {
    const chunk = this.#chunks[index]
    if (chunk === undefined) throw new Error('there is no such place')
    return chunk
  }
}

function withRoom(places: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (places.length >= length) return places
  const longer = new Uint32Array(2 * places.length)
  longer.set(places)
  return longer
}
