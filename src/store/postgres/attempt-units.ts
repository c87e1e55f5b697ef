import type { AttemptId } from '../../model/ids.ts'
import type { Outcome, StepName } from '../../model/listing.ts'
import type { PublicIds } from '../public-id.ts'
import { integer, oneOf, type Row, text } from '../row.ts'
import { taskOfRow } from '../task-row.ts'
import type { Adopted, ClaimKey, Finish, Result, SessionEpoch, Task } from '../task-store.ts'
import { jsonRows, numbers } from './statements.ts'
import { loseAttempts, readTasks } from './task-ending.ts'
import type { BatchUnit, Unit } from './unit.ts'
import type { BulkUnit } from './write-lane.ts'

/** Of what goes to the database in one statement; base64 makes it a third more. */
const MAX_RESULT_BYTES = 4 * 1024 * 1024
/** What `finish_tasks` says of an attempt that it found. */
const VERDICTS = ['ended', 'said', 'late'] as const
const UNKNOWN: Finish = { kind: 'unknown' }
const NOTHING: Adopted = { current: [], superseded: [], ended: [] }

/** An attempt that was accepted, or that has a result. */
interface Attempting {
  readonly claim: ClaimKey
  readonly result?: Result
}

interface Finishing extends Attempting {
  readonly result: Result
}

interface AttemptState {
  /** Of one that was accepted: whether it is not superseded. */
  readonly runs: boolean
  /** Of one with a result. */
  readonly finish: Finish
}

/**
 * The first accept of a task starts its execution deadline, and there is one outcome per task. The attempt that gave it
 * may say it again, since an acknowledgement can be lost. Both together, because they wait for the same rows.
 */
export const RECORD_ATTEMPTS: BulkUnit<Attempting, AttemptState> = {
  run: recordAttempts,
  keys: ({ claim, result }) => (result === undefined ? [] : [claim.attempt]),
  bytes: ({ result }) => (result === undefined ? 0 : sizeOf(result) + 2 * result.outcomeText.length),
}

async function recordAttempts(unit: BatchUnit, all: readonly Attempting[]): Promise<readonly AttemptState[]> {
  const finishing = all.filter(hasResult)
  const ended = new Set(finishing.map(({ claim }) => claim.attempt))
  // What ends in the same moment was accepted, which its end says too.
  const accepted = all.filter((one) => !hasResult(one) && !ended.has(one.claim.attempt)).map(({ claim }) => claim)
  const running = await acceptAttempts(unit, accepted)
  const finishes = new Map<Attempting, Finish>()
  const ends = finishing.length === 0 ? [] : await finishTasks(unit, finishing)
  for (const [index, one] of finishing.entries()) {
    const finish = ends[index] ?? UNKNOWN
    finishes.set(one, finish)
    if (finish.kind === 'finished') running.add(one.claim.attempt)
  }
  return all.map((one) => ({ runs: running.has(one.claim.attempt), finish: finishes.get(one) ?? UNKNOWN }))
}

const hasResult = (one: Attempting): one is Finishing => one.result !== undefined

/** Those that run. */
async function acceptAttempts(unit: BatchUnit, claims: readonly ClaimKey[]): Promise<Set<AttemptId>> {
  if (claims.length === 0) return new Set()
  const { sql, ids, time, floor } = unit
  const rows = claims.map((claim, ord) => ({ ord, ...claimRow(claim, ids) }))
  const live = await sql.all('accept_attempts', { rows: jsonRows(rows), floor, now: time })
  return new Set(live.flatMap((row) => claims[integer(row, 'ord')]?.attempt ?? []))
}

async function finishTasks(unit: BatchUnit, finishing: readonly Finishing[]): Promise<readonly Finish[]> {
  const { floor } = unit
  const ends = await finishThose(unit, finishing, floor)
  if (floor === 0) return ends
  // What is late, or is said again after a long time, can be of a task that ended long ago.
  const missing = [...ends.entries()].filter(([, { kind }]) => kind === 'unknown').map(([index]) => index)
  if (missing.length === 0) return ends
  const again = await finishThose(
    unit,
    missing.flatMap((index) => finishing[index] ?? []),
    0,
  )
  return ends.map((end, index) => again[missing.indexOf(index)] ?? end)
}

async function finishThose(unit: BatchUnit, finishing: readonly Finishing[], floor: number): Promise<Finish[]> {
  const { sql, ids, time } = unit
  const bytes = finishing.reduce((sum, { result }) => sum + sizeOf(result), 0)
  // Long results only where they are wanted, and in pieces.
  const inline = bytes <= MAX_RESULT_BYTES
  const rows = finishing.map((one, ord) => ({ ord, ...claimRow(one.claim, ids), ...resultRow(one.result, inline) }))
  const answers = await sql.all('finish_tasks', { rows: jsonRows(rows), floor, now: time })
  const found = answers.flatMap((row) => {
    const one = finishing[integer(row, 'ord')]
    return one === undefined ? [] : [{ ...one, row, verdict: oneOf(row, 'verdict', VERDICTS) }]
  })
  if (!inline) {
    const parts = found.flatMap(({ verdict, row, result }) => {
      if (verdict !== 'ended' || result.outcome.kind !== 'listing') return []
      return result.parts.map((data, part) => ({ task: integer(row, 'number'), part, data }))
    })
    await insertResults(unit, parts)
  }
  const said = found.filter(({ verdict }) => verdict === 'said').map(({ row }) => integer(row, 'number'))
  const known = new Map((await readTasks(unit, new Set(said))).map((task) => [task.id, task]))
  const ends: Finish[] = finishing.map(() => UNKNOWN)
  for (const { verdict, row, result } of found) {
    const task =
      verdict === 'ended'
        ? endedTaskOf(row, result.outcome, ids)
        : verdict === 'said'
          ? known.get(ids.taskId(integer(row, 'number')))
          : undefined
    ends[integer(row, 'ord')] = task === undefined ? { kind: 'late' } : { kind: 'finished', task }
  }
  return ends
}

const endedTaskOf = (row: Row, outcome: Outcome, ids: PublicIds): Task => ({
  ...taskOfRow(row, ids),
  ...(outcome.kind === 'listing' && { listing: outcome }),
})

const claimRow = ({ gateway, epoch, attempt }: ClaimKey, ids: PublicIds) => ({
  gateway: ids.gatewayNumber(gateway),
  epoch,
  attempt,
})

function resultRow({ outcome, outcomeText, digest, signature, key, parts }: Result, inline: boolean) {
  const end =
    outcome.kind === 'listing'
      ? { state: 'Succeeded', code: null, message: null, count: outcome.count }
      : { state: 'Failed', code: outcome.code, message: outcome.message, count: null }
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  const list = inline && outcome.kind === 'listing' ? parts.map(base64) : null
  return { ...end, outcome_text: outcomeText, digest, signature, key, bytes, parts: list }
}

const sizeOf = ({ parts }: Result) => parts.reduce((sum, part) => sum + part.byteLength, 0)
const base64 = (data: Uint8Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')

/** As text in pieces that neither side has to hold more than a few of. */
async function insertResults(
  { sql }: BatchUnit,
  parts: readonly { readonly task: number; readonly part: number; readonly data: Uint8Array }[],
): Promise<void> {
  let rows: object[] = []
  let size = 0
  const flush = async () => {
    if (rows.length > 0) await sql.run('insert_results', { rows: jsonRows(rows) })
    rows = []
    size = 0
  }
  for (const { task, part, data } of parts) {
    if (size + data.length > MAX_RESULT_BYTES) await flush()
    rows.push({ task, part, data: base64(data) })
    size += data.length
  }
  await flush()
}

export async function recordSteps(
  { sql, floor }: Unit,
  at: readonly { readonly attempt: AttemptId; readonly step: StepName }[],
): Promise<void> {
  // The last step of each.
  const steps = new Map(at.map(({ attempt, step }) => [attempt, step]))
  if (steps.size === 0) return
  await sql.run('set_steps', { rows: jsonRows([...steps].map(([attempt, step]) => ({ attempt, step }))), floor })
}

/** Claims of this very session are left alone: what was sent a moment ago cannot be among what the gateway holds. */
export async function adoptAttempts(
  unit: Unit,
  session: SessionEpoch,
  holding: readonly AttemptId[],
): Promise<Adopted> {
  const { sql, ids, floor } = unit
  const gateway = ids.gatewayNumber(session.gateway)
  const live = await sql.all('lock_sessions', { rows: jsonRows([{ gateway, epoch: session.epoch }]) })
  if (live.length === 0) return NOTHING

  const older = () => sql.all('open_attempts_of_older_sessions', { gateway, epoch: session.epoch, floor })
  const held = () => sql.all('live_attempts_of_gateway', { gateway, attempts: JSON.stringify(holding), floor })
  const concerned = [...(await older()), ...(await held())].map((row) => integer(row, 'task'))
  if (concerned.length > 0) await sql.run('lock_tasks', { numbers: numbers(new Set(concerned)) })

  const wanted = new Set<string>(holding)
  const lost = (await older()).filter((row) => !wanted.has(text(row, 'id'))).map(attemptOf)
  const ended = await loseAttempts(unit, lost, null)
  const current = await held()
  if (current.length > 0) {
    await sql.run('reopen_attempts', { rows: jsonRows(current.map(attemptOf)), floor })
    await sql.run('withdraw_tasks', { numbers: numbers(current.map((row) => integer(row, 'task'))) })
  }
  const kept = new Set(current.map((row) => text(row, 'id')))
  const unique = [...new Set(holding)]
  return {
    current: unique.filter((attempt) => kept.has(attempt)),
    superseded: unique.filter((attempt) => !kept.has(attempt)),
    ended: await readTasks(unit, ended),
  }
}

const attemptOf = (row: Row) => ({ task: integer(row, 'task'), number: integer(row, 'number') })
