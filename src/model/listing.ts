import type { z } from 'zod'
import type { databaseRecord, listingWarning, outcome, serverInfo, step } from './listing-schemas.ts'

/** Most names and bytes one answer may have; beyond them the outcome is Result.TooLarge. */
export const MAX_DATABASES = 1_000_000
export const MAX_RESULT_BYTES = 64 * 1024 * 1024
/** Most bytes of one part of a result, on the link and in the store. */
export const MAX_PART_BYTES = 256 * 1024

export type DatabaseRecord = z.infer<typeof databaseRecord>

export type ListingWarning = z.infer<typeof listingWarning>

export type ServerInfo = z.infer<typeof serverInfo>

export const VISIBILITIES = ['complete', 'partial', 'unknown'] as const
export type Visibility = (typeof VISIBILITIES)[number]

/** In order. Not a list of objects: a million of them take hundreds of MiB, so they are made one by one where one is needed. */
export interface Databases extends Iterable<DatabaseRecord> {
  readonly length: number
  /** The same as lines of JSON in UTF-8, where they are there already. */
  lines?(): Iterable<Uint8Array>
}

/** What an engine returns. */
export interface Listing {
  readonly databases: Databases
  readonly visibility: Visibility
  readonly warnings: readonly ListingWarning[]
}

export const STEP_NAMES = ['configuration', 'resolve', 'connect', 'tls', 'login', 'privilege', 'list'] as const
export type StepName = (typeof STEP_NAMES)[number]

export type Step = z.infer<typeof step>

export type Outcome = z.infer<typeof outcome>
export type ListingOutcome = Extract<Outcome, { kind: 'listing' }>
export type FailureOutcome = Extract<Outcome, { kind: 'failure' }>

/** Unicode code points, not UTF-16 units: U+FFxx sorts before an emoji. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // A surrogate stands for a code point above U+FFFF, so it is greater than any other unit.
    const surrogateX = x >= 0xd800 && x <= 0xdfff
    const surrogateY = y >= 0xd800 && y <= 0xdfff
    if (surrogateX !== surrogateY) return surrogateX ? 1 : -1
    return x - y
  }
  return a.length - b.length
}
