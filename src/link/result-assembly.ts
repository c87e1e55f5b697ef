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

export function createResultAssembly(budget: AssemblyBudget): ResultAssembly {
  const open = new Map<AttemptId, { parts: Buffer[]; bytes: number; count: number }>()

  const forget = (attempt: AttemptId) => {
    const entry = open.get(attempt)
    if (entry === undefined) return
    budget.usedBytes -= entry.bytes
    open.delete(attempt)
  }

  return {
    chunk({ attempt, index, data }) {
      // Index 0 starts anew: the gateway may have begun to send and thought better of it.
      if (index === 0) forget(attempt)
      const entry = open.get(attempt) ?? { parts: [], bytes: 0, count: 0 }
      if (index !== entry.parts.length) throw broken(`chunk ${index} came where ${entry.parts.length} was due`)
      const part = Buffer.from(data, 'utf8')
      entry.count += countRecords(data)
      entry.bytes += part.length
      budget.usedBytes += part.length
      entry.parts.push(part)
      open.set(attempt, entry)
      if (entry.bytes > MAX_RESULT_BYTES || entry.count > MAX_DATABASES) {
        forget(attempt)
        throw broken('a result may have 1,000,000 names and 64 MiB')
      }
      if (budget.usedBytes > MAX_ASSEMBLING_BYTES) {
        forget(attempt)
        throw new PosternError('ServiceUnavailable', { values: { why: 'Too many large results arrive at a time.' } })
      }
    },
    finished(message) {
      const { attempt, chunks, outcome: outcomeText, digest, signature, key } = message
      const entry = open.get(attempt) ?? { parts: [], bytes: 0, count: 0 }
      forget(attempt)
      if (entry.parts.length !== chunks) throw broken(`${chunks} chunks were announced, ${entry.parts.length} came`)
      if (outcomeDigest(outcomeText, entry.parts) !== digest) throw broken('the digest does not fit the outcome')
      const parsed = outcome.safeParse(parseJson(outcomeText))
      if (!parsed.success) throw broken('the outcome is not well formed')
      const count = parsed.data.kind === 'listing' ? parsed.data.count : 0
      if (count !== entry.count) throw broken(`${count} databases were announced, ${entry.count} came`)
      return { outcome: parsed.data, outcomeText, parts: entry.parts, digest, signature, key }
    },
    drop() {
      for (const attempt of open.keys()) forget(attempt)
    },
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
