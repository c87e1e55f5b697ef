import { PosternError } from '../model/errors.ts'
import type { AttemptId, KeyFingerprint } from '../model/ids.ts'
import { MAX_DATABASES, MAX_RESULT_BYTES, type Outcome } from '../model/listing.ts'
import { databaseRecord, outcome } from '../model/listing-schemas.ts'
import type { Message } from './messages.ts'
import { outcomeDigest } from '../model/outcome-digest.ts'

/** All that a node holds of results that are not complete yet; beyond it the connection ends and the gateway tries later. */
const MAX_ASSEMBLING_BYTES = 256 * 1024 * 1024

/** A complete outcome, parsed and its digest checked. */
export interface AssembledResult {
  readonly outcome: Outcome
  readonly outcomeText: string
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
  bytes: number
  count: number
}

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
    const entry = open.get(attempt) ?? { parts: [], bytes: 0, count: 0 }
    if (index !== entry.parts.length) throw broken(`chunk ${index} came where ${entry.parts.length} was due`)
    const part = Buffer.from(data, 'utf8')
    entry.count += countRecords(data)
    entry.bytes += part.length
    this.#budget.usedBytes += part.length
    entry.parts.push(part)
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
    const entry = this.#open?.get(attempt) ?? { parts: [], bytes: 0, count: 0 }
    this.#forget(attempt)
    if (entry.parts.length !== chunks) throw broken(`${chunks} chunks were announced, ${entry.parts.length} came`)
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
    this.#budget.usedBytes -= entry.bytes
    this.#open?.delete(attempt)
  }
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
