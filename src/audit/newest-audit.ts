import { type AuditLine, parseAuditLine } from './audit-event.ts'
import { listSegments, segmentFile, segmentOf } from './audit-folder.ts'
import { readLinesBackwards } from './read-lines-backwards.ts'

const DAY_MS = 24 * 3600_000
/** Looked at for one page, and read for it: whoever asks for what is rare must not keep a server busy. */
const MAX_LINES = 20_000
const MAX_BYTES = 8 * 1024 * 1024

/** Before a line: a page ends there, and the next one begins. */
export interface NewestPlace {
  readonly segment: string
  /** In bytes of the segment. */
  readonly before: number
}

export interface NewestQuery {
  readonly account: string
  readonly limit: number
  readonly action?: string | undefined
  readonly principal?: string | undefined
  /** `OK`, `Error` for all else, or the code of an error. */
  readonly outcome?: string | undefined
  /** In ms since 1970: not before, and before. */
  readonly from?: number | undefined
  readonly before?: number | undefined
  readonly place?: NewestPlace | undefined
}

export interface NewestAudit {
  readonly entries: readonly AuditLine[]
  /** Undefined where all was read. The page may have fewer entries than its limit, even none, and still a next one. */
  readonly next?: NewestPlace
}

/**
 * Entries about one account, newest first; those that no account has are in none. Checks no hash, and leaves out what
 * cannot be read. Rejects when the signal aborts.
 */
export async function readNewestAudit(folder: string, query: NewestQuery, signal: AbortSignal): Promise<NewestAudit> {
  const { place, from, before, limit } = query
  // A clock that was set back puts older entries into a later segment; more than a day it is not set back.
  const last = place?.segment ?? (before === undefined ? undefined : segmentOf(before + DAY_MS))
  const first = from === undefined ? undefined : segmentOf(from)
  const isCandidate = prefilter(query)
  const entries: AuditLine[] = []
  let looked = 0
  let bytesLooked = 0
  for (const segment of (await listSegments(folder)).toReversed()) {
    if (last !== undefined && segment > last) continue
    if (first !== undefined && segment < first) break
    const file = segmentFile(folder, segment)
    for await (const lines of readLinesBackwards(file, segment === place?.segment ? place.before : undefined)) {
      signal.throwIfAborted()
      for (const { bytes, start } of lines) {
        looked++
        bytesLooked += bytes.length
        const line = isCandidate(bytes) ? parseAuditLine(bytes) : undefined
        if (line !== undefined && isWanted(line, query)) entries.push(line)
        if (entries.length === limit || looked >= MAX_LINES || bytesLooked >= MAX_BYTES)
          return { entries, next: { segment, before: start } }
      }
    }
  }
  return { entries }
}

/** Most lines are told apart without being parsed. */
function prefilter({ account, action, principal }: NewestQuery): (bytes: Buffer) => boolean {
  const parts = Object.entries({ account, action, principal }).flatMap(([name, value]) =>
    value === undefined ? [] : [Buffer.from(JSON.stringify({ [name]: value }).slice(1, -1))],
  )
  return (bytes) => parts.every((part) => bytes.includes(part))
}

function isWanted(line: AuditLine, { account, action, principal, outcome, from = 0, before }: NewestQuery): boolean {
  if (line['account'] !== account) return false
  if (action !== undefined && line['action'] !== action) return false
  if (principal !== undefined && line['principal'] !== principal) return false
  const ended = line['outcome']
  if (outcome !== undefined && (outcome === 'Error' ? ended === 'OK' : ended !== outcome)) return false
  const time = Date.parse(line.time)
  return time >= from && (before === undefined || time < before)
}
