import { PosternError } from '../model/errors.ts'
import type { AttemptId, KeyFingerprint } from '../model/ids.ts'
import { MAX_DATABASES, MAX_PART_BYTES, MAX_RESULT_BYTES, type Outcome } from '../model/listing.ts'
import { databaseRecord, outcome } from '../model/listing-schemas.ts'
import type { Message } from './messages.ts'
import { outcomeDigest } from '../model/outcome-digest.ts'

/** All that a node holds of results that are not complete yet; beyond it the connection ends and the gateway tries later. */
const MAX_ASSEMBLING_BYTES = 256 * 1024 * 1024

/** A complete outcome, parsed and its digest checked. */
export interface AssembledResult {
  readonly outcome: Outcome
  readonly outcomeText: string
  /** All that the chunks had, in as few as it takes; those of a long list lie in memory that threads can share. */
  readonly parts: readonly Uint8Array[]
  readonly digest: string
  readonly signature: string
  readonly key: KeyFingerprint
}

/** Shared by the connections of a node. */
export interface AssemblyBudget {
  usedBytes: number
}

/** Puts the chunks of one connection together. Throws PosternError where a gateway breaks the rules. */
export interface ResultAssembly {
  chunk(message: Message<'chunk'>): void
  finished(message: Message<'finished'>): AssembledResult
  /** Forgets everything: the connection has ended. */
  drop(): void
}

export const createResultAssembly = (budget: AssemblyBudget): ResultAssembly => new Assembly(budget)

interface Opened {
  readonly parts: Buffer[]
  chunks: number
  bytes: number
  count: number
  /** Bytes of memory, at least those above. */
  held: number
  /** Of the last part, where it is one that is filled chunk by chunk. */
  filled: number
}

const nothing = (): Opened => ({ parts: [], chunks: 0, bytes: 0, count: 0, held: 0, filled: 0 })

/** A class, and no closures: each idle connection has one. */
class Assembly implements ResultAssembly {
  readonly #budget: AssemblyBudget
  /** Made with the first chunk. */
  #open: Map<AttemptId, Opened> | undefined

  constructor(budget: AssemblyBudget) {
    this.#budget = budget
  }

  chunk({ attempt, index, data }: Message<'chunk'>): void {
    // Index 0 starts anew: the gateway may have begun to send and thought better of it.
    if (index === 0) this.#forget(attempt)
    const open = (this.#open ??= new Map<AttemptId, Opened>())
    const entry = open.get(attempt) ?? nothing()
    if (index !== entry.chunks) throw broken(`chunk ${index} came where ${entry.chunks} was due`)
    entry.count += countRecords(data)
    this.#budget.usedBytes -= entry.held
    append(entry, data)
    this.#budget.usedBytes += entry.held
    open.set(attempt, entry)
    if (entry.bytes > MAX_RESULT_BYTES || entry.count > MAX_DATABASES) {
      this.#forget(attempt)
      throw broken('a result may have 1,000,000 names and 64 MiB')
    }
    if (this.#budget.usedBytes > MAX_ASSEMBLING_BYTES) {
      this.#forget(attempt)
      throw new PosternError('ServiceUnavailable', { values: { why: 'Too many large results arrive at a time.' } })
    }
  }

  finished(message: Message<'finished'>): AssembledResult {
    const { attempt, chunks, outcome: outcomeText, digest, signature, key } = message
    const entry = this.#open?.get(attempt) ?? nothing()
    this.#forget(attempt)
    if (entry.chunks !== chunks) throw broken(`${chunks} chunks were announced, ${entry.chunks} came`)
    endPart(entry)
    if (outcomeDigest(outcomeText, entry.parts) !== digest) throw broken('the digest does not fit the outcome')
    const parsed = outcome.safeParse(parseJson(outcomeText))
    if (!parsed.success) throw broken('the outcome is not well formed')
    const count = parsed.data.kind === 'listing' ? parsed.data.count : 0
    if (count !== entry.count) throw broken(`${count} databases were announced, ${entry.count} came`)
    return { outcome: parsed.data, outcomeText, parts: entry.parts, digest, signature, key }
  }

  drop(): void {
    for (const attempt of this.#open?.keys() ?? []) this.#forget(attempt)
  }

  #forget(attempt: AttemptId): void {
    const entry = this.#open?.get(attempt)
    if (entry === undefined) return
    this.#budget.usedBytes -= entry.held
    this.#open?.delete(attempt)
  }
}

/** A list that goes on after its first chunk lies in parts that are as large as they may be. */
function append(entry: Opened, data: string): void {
  const bytes = Buffer.byteLength(data, 'utf8')
  entry.bytes += bytes
  if (entry.chunks++ === 0) {
    entry.parts.push(Buffer.from(data, 'utf8'))
    entry.held += bytes
    return
  }
  if (entry.filled === 0 || entry.filled + bytes > MAX_PART_BYTES) {
    endPart(entry)
    const size = Math.max(MAX_PART_BYTES, bytes)
    entry.parts.push(Buffer.from(new SharedArrayBuffer(size)))
    entry.held += size
  }
  entry.filled += entry.parts.at(-1)?.write(data, entry.filled, 'utf8') ?? 0
}

function endPart(entry: Opened): void {
  const last = entry.parts.at(-1)
  if (last !== undefined && entry.filled > 0) entry.parts[entry.parts.length - 1] = last.subarray(0, entry.filled)
  entry.filled = 0
}

function countRecords(data: string): number {
  let count = 0
  for (const line of data.split('\n')) {
    if (line === '') continue
    if (!databaseRecord.safeParse(parseJson(line)).success) throw broken('a line is not a database')
    count++
  }
  return count
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const broken = (why: string) => new PosternError('Internal', { message: `the gateway broke the protocol: ${why}` })
