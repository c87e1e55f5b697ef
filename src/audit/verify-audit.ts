import type { KeyObject } from 'node:crypto'
import { type AuditLine, GENESIS, parseAuditLine } from './audit-event.ts'
import { headsFile, listSegments, segmentFile, segmentOf } from './audit-folder.ts'
import { type AuditHead, sha256 } from './audit-head.ts'
import { headReader } from './head-reader.ts'
import { AuditProblem } from './audit-problem.ts'
import { readLines } from './read-lines.ts'

/** A head that was noted elsewhere: `SEQ:HASH`, or the hash alone. */
export interface NotedHead {
  readonly seq: number | undefined
  readonly hash: string
}

export interface VerifiedAudit {
  readonly lines: number
  readonly segments: number
  readonly firstSeq: number
  readonly lastSeq: number
  /** Lines behind the last signed head: only the next head protects them. */
  readonly unsigned: number
  /** What a server that writes now, or that was killed, leaves: half a line at the end. */
  readonly torn: number
}

/**
 * Reads every line and every head once, in bounded memory, also while the server writes. Throws AuditProblem with the
 * first place where the trail is not as it was written.
 */
export async function verifyAudit(options: {
  readonly folder: string
  readonly publicKey: KeyObject
  readonly noted?: NotedHead
  /** Called after each piece of a segment; it goes on when this resolves. */
  readonly rest?: () => Promise<void>
}): Promise<VerifiedAudit> {
  const { folder, publicKey, noted, rest } = options
  // Opened before the segments, so that no head is ahead of the lines that are read here.
  await using heads = await headReader(headsFile(folder), publicKey)
  const segments = await listSegments(folder)
  const state = { segment: '', seq: 0, hash: '', server: heads.next?.server, lines: 0, firstSeq: 0, torn: 0, signed: 0 }
  let removedThrough = 0
  let isNoted = false
  const note = ({ seq, hash }: { seq: number; hash: string }, at: string) => {
    if (noted === undefined) return
    if (hash === noted.hash && (noted.seq ?? seq) === seq) isNoted = true
    else if (seq === noted.seq) throw new AuditProblem(at, `is not the entry ${seq} that was noted elsewhere`)
  }

  for (const segment of segments) {
    const file = segmentFile(folder, segment)
    for await (const lines of readLines(file)) {
      for (const { bytes, number, whole } of lines) {
        const at = `${file}:${number}`
        if (!whole) {
          if (segment !== segments.at(-1)) throw new AuditProblem(at, 'is only part of a line')
          state.torn = bytes.length
          continue
        }
        const line = parseAuditLine(bytes)
        if (line === undefined) throw new AuditProblem(at, 'is not a line of an audit trail')
        if (state.lines === 0) await begin(line, at)
        else follow(line, at)
        checkSegment({ line, segment, before: state.segment, at })
        state.server ??= line.server
        if (line.server !== state.server) throw new AuditProblem(at, 'is of another server')
        const hash = sha256(bytes)
        note({ seq: line.seq, hash }, at)
        if (heads.next?.seq === line.seq) {
          checkHead(heads.next, { hash, segment, at })
          state.signed = line.seq
          await heads.advance()
        }
        if (line.kind === 'retention') removedThrough = Math.max(removedThrough, line.through ?? 0)
        Object.assign(state, { segment, seq: line.seq, hash, lines: state.lines + 1 })
      }
      await rest?.()
    }
  }

  if (heads.next !== undefined) {
    const ends = state.lines === 0 ? 'there are no lines' : `the lines end with entry ${state.seq}`
    throw new AuditProblem(
      folder,
      `${ends}, but a signed head says that there were ${heads.next.seq}: the end was taken away`,
    )
  }
  if (state.firstSeq > 1 && removedThrough < state.firstSeq - 1) {
    throw new AuditProblem(
      segmentFile(folder, segments[0] ?? ''),
      `begins with entry ${state.firstSeq}, and no entry says that those before it were removed for their age`,
    )
  }
  if (noted !== undefined && !isNoted) {
    const where =
      noted.seq === undefined ? 'is nowhere in this trail' : `is not in this trail, which ends with entry ${state.seq}`
    throw new AuditProblem(
      folder,
      `the noted head ${noted.seq === undefined ? '' : `${noted.seq}:`}${noted.hash} ${where}`,
    )
  }
  const { lines, firstSeq, seq: lastSeq, torn } = state
  return { lines, segments: segments.length, firstSeq, lastSeq, unsigned: lastSeq - state.signed, torn }

  /** The first line that is kept continues what a signed head says of those that were removed. */
  async function begin(line: AuditLine, at: string): Promise<void> {
    state.firstSeq = line.seq
    let before: Pick<AuditHead, 'seq' | 'hash'> = GENESIS
    while (heads.next !== undefined && heads.next.seq < line.seq) {
      before = heads.next
      note(before, headsFile(folder))
      await heads.advance()
    }
    state.signed = before.seq
    if (before.seq !== line.seq - 1) {
      throw new AuditProblem(
        at,
        `is entry ${line.seq}, and no signed head says that those before it ended there: lines are missing`,
      )
    }
    if (before.hash !== line.prev) throw new AuditProblem(at, `does not follow the signed head of entry ${before.seq}`)
  }

  function follow(line: AuditLine, at: string): void {
    if (line.seq !== state.seq + 1) {
      throw new AuditProblem(
        at,
        `is entry ${line.seq} where ${state.seq + 1} belongs: lines were removed, added or moved`,
      )
    }
    if (line.prev !== state.hash) {
      throw new AuditProblem(at, `does not follow the line before it: entry ${state.seq} or this one was changed`)
    }
  }
}

/** The segment is the day of the entry, or a later one where the clock was set back. */
function checkSegment(place: { line: AuditLine; segment: string; before: string; at: string }): void {
  const { line, segment, before, at } = place
  const day = segmentOf(Date.parse(line.time))
  const belongs = before > day ? before : day
  // A clock that was set back before the first line that is kept cannot be known any more.
  if (segment === belongs || (before === '' && segment > day)) return
  throw new AuditProblem(at, `is an entry of ${belongs}: it was moved`)
}

function checkHead(head: AuditHead, line: { hash: string; segment: string; at: string }): void {
  if (head.hash !== line.hash)
    throw new AuditProblem(line.at, `is not the line that was signed as entry ${head.seq}: it was changed`)
  if (head.segment !== line.segment) throw new AuditProblem(line.at, `was signed as an entry of ${head.segment}`)
}
