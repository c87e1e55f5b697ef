import type { KeyObject } from 'node:crypto'
import { truncate } from 'node:fs/promises'
import { ConfigurationError } from '../base/configuration-error.ts'
import { type AppendFile, openAppendFile } from './append-file.ts'
import { type AuditEvent, GENESIS, MAX_LINE_BYTES, parseAuditLine } from './audit-event.ts'
import { headsFile, listSegments, segmentFile, segmentOf } from './audit-folder.ts'
import { headLine, parseHead, sha256 } from './audit-head.ts'
import { lastLine } from './last-line.ts'

export interface ChainEnd {
  /** Of the last line; undefined before the first. */
  readonly segment: string | undefined
  readonly seq: number
  readonly hash: string
}

export interface TimedEvent {
  readonly time: number
  readonly event: AuditEvent
}

/** The files of one trail, open for writing. One call at a time. */
export interface Chain extends AsyncDisposable {
  readonly end: ChainEnd
  /** Of half a line that a crash left and that was cut off. */
  readonly torn: { readonly segment: string; readonly bytes: number } | undefined
  /** Whether a signed head is beyond the last line: somebody took lines away. */
  readonly isShort: boolean
  /** All of one day. Resolves when they are on disk; where it rejects, none of them is. Never goes back to an older segment. */
  append(events: readonly TimedEvent[]): Promise<void>
  /** Signs how far the chain goes; does nothing where that was signed already. */
  signHead(time: number): Promise<void>
}

/** Continues the chain in the folder. Throws ConfigurationError where its last line cannot be read. */
export async function openChain(options: { folder: string; server: string; key: KeyObject }): Promise<Chain> {
  const { folder, server, key } = options
  const heads = await mend(headsFile(folder))
  const lastHead = heads.bytes && parseHead(heads.bytes)
  if (heads.bytes !== undefined && lastHead === undefined) throw damaged(headsFile(folder))
  let headHash: string = heads.bytes === undefined ? GENESIS.hash : sha256(heads.bytes)
  let signedSeq = lastHead?.seq ?? 0

  const { found, torn } = await readEnd(folder)
  let end = found ?? {
    segment: lastHead?.segment,
    seq: lastHead?.seq ?? GENESIS.seq,
    hash: lastHead?.hash ?? GENESIS.hash,
  }
  const isShort = signedSeq > end.seq
  const headsOpen = await openAppendFile(headsFile(folder))
  let segmentOpen: { readonly name: string; readonly file: AppendFile } | undefined

  const fileOf = async (segment: string): Promise<AppendFile> => {
    if (segmentOpen?.name === segment) return segmentOpen.file
    const file = await openAppendFile(segmentFile(folder, segment))
    await segmentOpen?.file[Symbol.asyncDispose]()
    segmentOpen = { name: segment, file }
    return file
  }

  const signHead = async (time: number): Promise<void> => {
    const { segment, seq, hash } = end
    if (segment === undefined || seq === signedSeq) return
    const line = headLine({ server, segment, seq, hash, time: new Date(time).toISOString(), prev: headHash }, key)
    await headsOpen.append(`${line}\n`)
    headHash = sha256(line)
    signedSeq = seq
  }

  return {
    get end() {
      return end
    },
    torn,
    isShort,
    signHead,
    async append(events) {
      const [first] = events
      if (first === undefined) return
      const day = segmentOf(first.time)
      // A clock that was set back between two starts must not write into a segment that has ended.
      const segment = end.segment !== undefined && end.segment > day ? end.segment : day
      if (segment !== end.segment) await signHead(first.time)
      let { seq, hash } = end
      let text = ''
      for (const { time, event } of events) {
        const line = lineOf(event, { seq: ++seq, prev: hash, time: new Date(time).toISOString(), server })
        hash = sha256(line)
        text += `${line}\n`
      }
      await (await fileOf(segment)).append(text)
      end = { segment, seq, hash }
    },
    async [Symbol.asyncDispose]() {
      await segmentOpen?.file[Symbol.asyncDispose]()
      await headsOpen[Symbol.asyncDispose]()
    },
  }
}

function lineOf(event: AuditEvent, link: { seq: number; prev: string; time: string; server: string }): string {
  const line = JSON.stringify({ ...link, ...event })
  if (Buffer.byteLength(line) <= MAX_LINE_BYTES / 2 || event.kind !== 'call') return line
  const { target: _, ids: __, ...rest } = event
  return JSON.stringify({ ...link, ...rest, cut: true })
}

async function readEnd(folder: string): Promise<{ found: ChainEnd | undefined; torn: Chain['torn'] }> {
  const segments = await listSegments(folder)
  let torn: Chain['torn']
  for (const segment of segments.toReversed()) {
    const file = segmentFile(folder, segment)
    const isNewest = segment === segments.at(-1)
    const last = isNewest ? await mend(file) : await lastLine(file)
    if (isNewest && last.torn > 0) torn = { segment, bytes: last.torn }
    if (last.bytes === undefined) continue
    const line = parseAuditLine(last.bytes)
    if (line === undefined) throw damaged(file)
    return { found: { segment, seq: line.seq, hash: sha256(last.bytes) }, torn }
  }
  return { found: undefined, torn }
}

/** Cuts off half a line at the end. */
async function mend(file: string) {
  const last = await lastLine(file)
  if (last.torn > 0) await truncate(file, last.end)
  return last
}

function damaged(file: string): ConfigurationError {
  const mendIt = 'Run postern audit verify. To begin a new trail move the folder audit away, and keep it.'
  return new ConfigurationError(file, `its last line is not one that this server wrote. ${mendIt}`)
}
