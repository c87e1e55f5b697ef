import { type AuditLine, parseAuditLine } from './audit-event.ts'
import { listSegments, segmentFile, segmentOf } from './audit-folder.ts'
import { readLines } from './read-lines.ts'

/** Behind a line: a page ends there, and the next one begins. */
export interface AuditPlace {
  readonly segment: string
  /** Number and end of the line, as `readLines` tells them. */
  readonly number: number
  readonly end: number
}

export interface AuditQuery {
  /** In ms since 1970. */
  readonly since: number
  readonly action?: string | undefined
  readonly principal?: string | undefined
  /** Behind the page before. */
  readonly from?: AuditPlace | undefined
}

export interface AuditPage {
  readonly entries: readonly AuditLine[]
  /** Undefined where all was read. */
  readonly next?: AuditPlace
  /** The place where the trail cannot be read further, and why. */
  readonly problem?: string
}

/** Of an answer; a line has at most 64 KiB. */
const MAX_BYTES = 4 * 1024 * 1024
/** Looked at for one page: whoever asks for what is rare must not keep a server busy. */
const MAX_LINES = 20_000

/** Entries from a time on, oldest first, as many as a page holds. Checks no hash. Rejects when the signal aborts. */
export async function readAuditPage(folder: string, query: AuditQuery, signal: AbortSignal): Promise<AuditPage> {
  const { from } = query
  // A clock that was set back puts older entries into a later segment, never the other way round.
  const first = from?.segment ?? segmentOf(query.since)
  const entries: AuditLine[] = []
  let bytesTaken = 0
  let looked = 0
  for (const segment of await listSegments(folder)) {
    if (segment < first) continue
    const file = segmentFile(folder, segment)
    for await (const lines of readLines(file, segment === from?.segment ? from : undefined)) {
      signal.throwIfAborted()
      for (const { bytes, number, whole, end } of lines) {
        if (!whole) continue
        const line = parseAuditLine(bytes)
        if (line === undefined) return { entries, problem: `${file}:${number}: is not a line of an audit trail.` }
        looked++
        if (isWanted(line, query)) {
          entries.push(line)
          bytesTaken += bytes.length
        }
        if (looked >= MAX_LINES || bytesTaken >= MAX_BYTES) return { entries, next: { segment, number, end } }
      }
    }
  }
  return { entries }
}

function isWanted(line: AuditLine, { since, action, principal }: AuditQuery): boolean {
  if (Date.parse(line.time) < since) return false
  return (
    (action === undefined || line['action'] === action) && (principal === undefined || line['principal'] === principal)
  )
}
