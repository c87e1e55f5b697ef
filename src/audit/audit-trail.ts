import { mkdir, rm } from 'node:fs/promises'
import { createBatcher, type Settled } from '../base/batch.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { type AuditEvent, parseAuditLine } from './audit-event.ts'
import { auditFolder, listSegments, segmentFile, segmentOf, syncFolder } from './audit-folder.ts'
import { openAuditKey } from './audit-key.ts'
import { openChain, type TimedEvent } from './chain.ts'
import { createFailureCounts } from './failure-counts.ts'
import { readLines } from './read-lines.ts'

const MINUTE_MS = 60_000
/** How often it is tried again after a failure. */
const RETRY_MS = 2_000
const MAX_BATCH = 1_000
const MAX_PENDING = 20_000

/** Who did what, in a chain of lines in which nothing can be changed unseen. One per server process. */
export interface AuditTrail extends AsyncDisposable {
  /** Resolves when the entry is on disk, and also when that failed: then it is counted and `problem` is set. Never rejects. */
  record(event: AuditEvent): Promise<void>
  /** A caller at this address could not say who it is; written as one line per address and minute. */
  failed(address: string, code: string): void
  /** Why nothing can be recorded now; undefined where all is well. It is tried again by itself. */
  readonly problem: string | undefined
}

/** Opens DIR/audit and the key that signs its heads, and makes both where they are missing. */
export async function openAuditTrail(options: {
  readonly data: string
  readonly server: string
  /** How long segments are kept; asked at each use. */
  readonly retentionMs: () => number
  readonly clock: Clock
  readonly log: Log
}): Promise<AuditTrail> {
  const { data, server, retentionMs, clock, log } = options
  const folder = auditFolder(data)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const chain = await openChain({ folder, server, key: await openAuditKey(data) })
  const failures = createFailureCounts()
  let problem: string | undefined
  let lost = 0
  let lostSince = 0
  let turn: Promise<unknown> = Promise.resolve()

  /** Whatever writes waits for what writes before it. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work)
    turn = next.catch(() => {})
    return next
  }
  const noteFailure = (count: number, error: unknown) => {
    if (lost === 0) lostSince = clock.now()
    lost += count
    if (problem === undefined) log.error({ err: error }, 'the audit trail cannot be written; changes are refused')
    problem = 'The audit trail cannot be written.'
  }
  const write = async (events: readonly TimedEvent[]): Promise<void> => {
    const since = new Date(lostSince).toISOString()
    const gap: readonly TimedEvent[] =
      lost === 0 ? [] : [{ time: events[0]?.time ?? clock.now(), event: { kind: 'lost', count: lost, since } }]
    await chain.append([...gap, ...events])
    if (lost > 0) log.warn({ lost }, 'the audit trail is written again; entries are missing')
    lost = 0
    problem = undefined
  }
  /** A failure is counted and told, and is none of an entry's: who records is told by `problem`. */
  const writeDays = async (events: readonly TimedEvent[]): Promise<readonly Settled<void>[]> => {
    for (const sameDay of byDay(events)) {
      await write(sameDay).catch((error: unknown) => noteFailure(sameDay.length, error))
    }
    return events.map(() => ({ ok: true, value: undefined }))
  }
  const batch = createBatcher<TimedEvent, void>({
    run: (events) => inTurn(() => writeDays(events)),
    maxItems: MAX_BATCH,
    maxWeight: MAX_BATCH,
    weigh: () => 1,
    maxPending: MAX_PENDING,
    full: () => new Error('too many audit entries wait for the disk'),
  })
  const record = (event: AuditEvent): Promise<void> =>
    batch.add({ time: clock.now(), event }).catch((error: unknown) => noteFailure(1, error))

  const removeOld = async (): Promise<void> => {
    const limit = segmentOf(clock.now() - retentionMs())
    const segments = await listSegments(folder)
    const old = segments.filter((segment) => segment < limit && segment < (chain.end.segment ?? ''))
    if (old.length === 0) return
    const first = await firstSeq(folder, segments.slice(old.length))
    await write([{ time: clock.now(), event: { kind: 'retention', through: first - 1, segments: old } }])
    // Oldest first: what a crash leaves is still one chain.
    for (const segment of old) await rm(segmentFile(folder, segment), { force: true })
    await syncFolder(folder)
    log.info({ segments: old.length }, 'removed old segments of the audit trail')
  }
  const headText = () => `${chain.end.seq}:${chain.end.hash}`
  let cleanedOn = ''
  const look = async (): Promise<void> => {
    const today = segmentOf(clock.now())
    await chain.signHead(clock.now())
    if (today === cleanedOn) return
    await removeOld()
    cleanedOn = today
    log.info({ head: headText() }, 'head of the audit trail; note it elsewhere')
  }
  const everyMinute = async (): Promise<void> => {
    await Promise.all(failures.take(clock.now()).map(record))
    await inTurn(look).catch((error: unknown) => noteFailure(0, error))
  }

  if (chain.isShort) log.error('the audit trail ends before its last signed head: lines are missing')
  if (chain.torn !== undefined) await record({ kind: 'recovered', ...chain.torn })
  await everyMinute()
  const timers = [
    clock.every(MINUTE_MS, () => void everyMinute()),
    clock.every(RETRY_MS, () => {
      if (problem === undefined) return
      inTurn(() => write([])).catch((error: unknown) => noteFailure(0, error))
    }),
  ]
  return {
    record,
    failed: (address, code) => failures.add(clock.now(), address, code),
    get problem() {
      return problem
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) timer.cancel()
      await Promise.all(failures.take(Infinity).map(record))
      await batch.idle()
      await inTurn(() => chain.signHead(clock.now())).catch((error: unknown) => noteFailure(0, error))
      await chain[Symbol.asyncDispose]()
    },
  }
}

function byDay(events: readonly TimedEvent[]): readonly (readonly TimedEvent[])[] {
  const days = new Map<string, TimedEvent[]>()
  for (const timed of events) {
    const day = segmentOf(timed.time)
    const same = days.get(day)
    if (same === undefined) days.set(day, [timed])
    else same.push(timed)
  }
  return [...days.values()]
}

/** Of the first line in these segments. */
async function firstSeq(folder: string, segments: readonly string[]): Promise<number> {
  for (const segment of segments) {
    for await (const lines of readLines(segmentFile(folder, segment))) {
      const line = lines[0] && parseAuditLine(lines[0].bytes)
      if (line !== undefined) return line.seq
      throw new Error(`the first line of the audit segment ${segment} cannot be read`)
    }
  }
  throw new Error('the audit trail has no line')
}
