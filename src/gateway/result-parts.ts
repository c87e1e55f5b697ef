import { setImmediate } from 'node:timers/promises'
import { PosternError } from '../model/errors.ts'
import { type Databases, MAX_DATABASES, MAX_PART_BYTES, MAX_RESULT_BYTES } from '../model/listing.ts'

/** So many lines are made before others get their turn: heartbeats must not wait for a million names. */
const LINES_PER_TURN = 2_000

/** Shorter than they may be: each becomes text, JSON and a frame, and what is large of these is not cleared away at once. */
export const USUAL_PART_BYTES = 32 * 1024

export interface PartLimits {
  readonly databases: number
  readonly resultBytes: number
  readonly partBytes: number
}

const LIMITS: PartLimits = { databases: MAX_DATABASES, resultBytes: MAX_RESULT_BYTES, partBytes: MAX_PART_BYTES }

/** One JSON line for each database, as UTF-8 in parts that end where a line ends. Throws Result.TooLarge with the counts. */
export async function toParts(
  databases: Databases,
  limits: PartLimits = LIMITS,
  signal?: AbortSignal,
): Promise<readonly Buffer[]> {
  if (databases.length > limits.databases) {
    throw tooLarge(`There are ${databases.length} databases, at most ${limits.databases} fit.`)
  }
  const usualBytes = Math.min(limits.partBytes, USUAL_PART_BYTES)
  const parts: Buffer[] = []
  let lines: Uint8Array[] = []
  let partBytes = 0
  let bytes = 0
  let count = 0
  const endPart = () => {
    if (partBytes > 0) parts.push(Buffer.concat(lines, partBytes))
    lines = []
    partBytes = 0
  }
  for (const line of databases.lines?.() ?? linesOf(databases)) {
    if (++count % LINES_PER_TURN === 0) {
      await setImmediate()
      signal?.throwIfAborted()
    }
    if (line.length > limits.partBytes) throw tooLarge(`One database takes ${line.length} bytes.`)
    if (partBytes + line.length > usualBytes) endPart()
    lines.push(line)
    partBytes += line.length
    bytes += line.length
    if (bytes > limits.resultBytes) {
      const said = `The first ${count} of ${databases.length} databases take more than ${limits.resultBytes} bytes.`
      throw tooLarge(said)
    }
  }
  endPart()
  return parts
}

function* linesOf(databases: Databases): Generator<Uint8Array> {
  for (const database of databases) yield Buffer.from(`${JSON.stringify(database)}\n`, 'utf8')
}

const tooLarge = (reason: string) => new PosternError('Result.TooLarge', { reason })
