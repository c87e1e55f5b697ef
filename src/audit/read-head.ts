import { parseAuditLine } from './audit-event.ts'
import { listSegments, segmentFile } from './audit-folder.ts'
import { sha256 } from './audit-head.ts'
import { AuditProblem } from './audit-problem.ts'
import { lastLine } from './last-line.ts'

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
