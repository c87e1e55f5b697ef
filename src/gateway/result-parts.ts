import { setImmediate } from 'node:timers/promises'
import { PosternError } from '../model/errors.ts'
import { type DatabaseRecord, MAX_DATABASES, MAX_PART_BYTES, MAX_RESULT_BYTES } from '../model/listing.ts'

/** So many lines are made before others get their turn: heartbeats must not wait for a million names. */
const LINES_PER_TURN = 2_000

export interface PartLimits {
  readonly databases: number
  readonly resultBytes: number
  readonly partBytes: number
}

const LIMITS: PartLimits = { databases: MAX_DATABASES, resultBytes: MAX_RESULT_BYTES, partBytes: MAX_PART_BYTES }

/** One JSON line for each database, as UTF-8 in parts that end where a line ends. Throws Result.TooLarge with the counts. */
export async function toParts(
  databases: readonly DatabaseRecord[],
  limits: PartLimits = LIMITS,
  signal?: AbortSignal,
): Promise<readonly Buffer[]> {
  if (databases.length > limits.databases) {
    throw tooLarge(`There are ${databases.length} databases, at most ${limits.databases} fit.`)
  }
  const parts: Buffer[] = []
  let lines: Buffer[] = []
  let partBytes = 0
  let bytes = 0
  for (const [index, database] of databases.entries()) {
    if (index % LINES_PER_TURN === LINES_PER_TURN - 1) {
      await setImmediate()
      signal?.throwIfAborted()
    }
    const line = Buffer.from(`${JSON.stringify(database)}\n`, 'utf8')
    if (line.length > limits.partBytes) throw tooLarge(`One database takes ${line.length} bytes.`)
    if (partBytes + line.length > limits.partBytes) {
      parts.push(Buffer.concat(lines, partBytes))
      lines = []
      partBytes = 0
    }
    lines.push(line)
    partBytes += line.length
    bytes += line.length
    if (bytes > limits.resultBytes) {
      const said = `The first ${index + 1} of ${databases.length} databases take more than ${limits.resultBytes} bytes.`
      throw tooLarge(said)
    }
  }
  if (partBytes > 0) parts.push(Buffer.concat(lines, partBytes))
  return parts
}

const tooLarge = (reason: string) => new PosternError('Result.TooLarge', { reason })
