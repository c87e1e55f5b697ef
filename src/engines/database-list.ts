import { sortInSlices } from '../base/sort-in-slices.ts'
import { PosternError } from '../model/errors.ts'
import { compareCodePoints, type DatabaseRecord, MAX_DATABASES, MAX_RESULT_BYTES } from '../model/listing.ts'

/** Collects what a server streams, within the bounds of one answer. */
export class DatabaseList {
  readonly #records: DatabaseRecord[] = []
  readonly #most: number
  #bytes = 0

  constructor(most = MAX_DATABASES) {
    this.#most = most
  }

  /** Throws Result.TooLarge for the first record that is too many; the server must not be read further then. */
  add(record: DatabaseRecord) {
    this.#records.push(record)
    // Names dominate: the rest of a record, as JSON, stays below this allowance.
    this.#bytes += 2 * record.name.length + (record.nameBase64?.length ?? 0) + 256
    const count = this.#records.length
    if (count > this.#most)
      throw new PosternError('Result.TooLarge', {
        reason: `The server has more than ${this.#most} databases; reading ended there.`,
      })
    if (this.#bytes > 8 * MAX_RESULT_BYTES)
      throw new PosternError('Result.TooLarge', {
        reason: `${count} databases came to ${this.#bytes} bytes; reading ended there.`,
      })
  }

  /** By code point of the name. */
  sorted(): Promise<readonly DatabaseRecord[]> {
    return sortInSlices(this.#records, (a, b) => compareCodePoints(a.name, b.name))
  }
}
