import { type AuditLine, parseAuditLine } from './audit-event.ts'
import { listSegments, segmentFile, segmentOf } from './audit-folder.ts'
import { sha256 } from './audit-head.ts'
import { AuditProblem } from './audit-problem.ts'
import { lastLine } from './last-line.ts'
import { readLines } from './read-lines.ts'

/** All entries from a time on, oldest first, in bounded memory. Checks no hash. Throws AuditProblem. */
export async function* readAudit(folder: string, since: number): AsyncGenerator<AuditLine> {
  // A clock that was set back puts older entries into a later segment, never the other way round.
  const from = segmentOf(since)
  for (const segment of await listSegments(folder)) {
    if (segment < from) continue
    const file = segmentFile(folder, segment)
    for await (const lines of readLines(file)) {
      for (const { bytes, number, whole } of lines) {
        if (!whole) continue
        const line = parseAuditLine(bytes)
        if (line === undefined) throw new AuditProblem(`${file}:${number}`, 'is not a line of an audit trail')
        if (Date.parse(line.time) >= since) yield line
      }
    }
  }
}

/** How far the chain goes: `SEQ:HASH` of the last line; undefined where there is none. Throws AuditProblem. */
export async function readHead(folder: string): Promise<string | undefined> {
  for (const segment of (await listSegments(folder)).toReversed()) {
    const file = segmentFile(folder, segment)
    const { bytes } = await lastLine(file)
    if (bytes === undefined) continue
    const line = parseAuditLine(bytes)
    if (line === undefined) throw new AuditProblem(file, 'has a last line that is not one of an audit trail')
    return `${line.seq}:${sha256(bytes)}`
  }
  return undefined
}
