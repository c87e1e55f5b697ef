import type { AttemptId } from '../../model/ids.ts'
import type { StepName } from '../../model/listing.ts'
import { integer, type Row, text } from '../row.ts'
import type { Adopted, ClaimKey, Finish, Result, SessionEpoch } from '../task-store.ts'
import { jsonRows, numbers } from './statements.ts'
import { loseAttempts, readTasks } from './task-ending.ts'
import type { Unit } from './unit.ts'
import type { BulkUnit } from './write-lane.ts'

/** Of what goes to the database in one statement; base64 makes it a third more. */
const MAX_RESULT_BYTES = 4 * 1024 * 1024
const NOTHING: Adopted = { current: [], superseded: [], ended: [] }

/** True: it runs. The first one of a task starts its execution deadline. */
export const ACCEPT_ATTEMPTS: BulkUnit<ClaimKey, boolean> = { run: acceptAttempts, keys: ({ attempt }) => [attempt] }

interface Finishing {
  readonly claim: ClaimKey
  readonly result: Result
}

/** One outcome per task. The attempt that gave it may say it again, since an acknowledgement can be lost. */
export const FINISH_TASKS: BulkUnit<Finishing, Finish> = {
  run: finishTasks,
  keys: ({ claim }) => [claim.attempt],
  bytes: ({ result }) => result.parts.reduce((sum, part) => sum + part.byteLength, 2 * result.outcomeText.length),
}

async function acceptAttempts(unit: Unit, claims: readonly ClaimKey[]): Promise<readonly boolean[]> {
  const { sql, now, floor } = unit
  const found = await lockClaims(unit, [...claims.entries()], floor)
  if (found.length === 0) return claims.map(() => false)
  const live = await sql.all('accept_attempts', { rows: jsonRows(found), now, floor })
  const accepted = new Set(live.map((row) => integer(row, 'ord')))
  return claims.map((_claim, ord) => accepted.has(ord))
}

async function finishTasks(unit: Unit, finishing: readonly Finishing[]): Promise<readonly Finish[]> {
  const { sql, ids, now, floor } = unit
  const claims = finishing.map(({ claim }, ord) => [ord, claim] as const)
  const found = await lockClaims(unit, claims, floor)
  // What is late, or is said again after a long time, can be of a task that ended long ago.
  const missing = claims.filter(([ord]) => !found.some((each) => each.ord === ord))
  if (floor > 0 && missing.length > 0) found.push(...(await lockClaims(unit, missing, 0)))
  if (found.length === 0) return finishing.map(() => ({ kind: 'unknown' }))

  const rows = found.flatMap((each) => {
    const one = finishing[each.ord]
    return one === undefined ? [] : [{ ...each, ...resultRow(one) }]
  })
  const ends = await sql.all('finish_tasks', { rows: jsonRows(rows), now })
  const ended = new Map(
    ends.map((row) => [integer(row, 'ord'), { ended: row['ended'] === true, said: row['said'] === true }]),
  )
  const parts = found.flatMap(({ ord, task }) => {
    const result = finishing[ord]?.result
    if (ended.get(ord)?.ended !== true || result?.outcome.kind !== 'listing') return []
    return result.parts.map((data, part) => ({ task, part, data }))
  })
  await insertResults(unit, parts)
  const told = found.filter(({ ord }) => ended.get(ord)?.ended === true || ended.get(ord)?.said === true)
  const tasks = new Map((await readTasks(unit, new Set(told.map(({ task }) => task)))).map((task) => [task.id, task]))
  const finished = new Map(told.map(({ ord, task }) => [ord, tasks.get(ids.taskId(task))]))
  return finishing.map((_one, ord): Finish => {
    const task = finished.get(ord)
    if (task !== undefined) return { kind: 'finished', task }
    return { kind: ended.has(ord) ? 'late' : 'unknown' }
  })
}

/** The attempts that these claims name; their tasks stay as they are until the end of the transaction. */
async function lockClaims(
  { sql, ids }: Unit,
  claims: readonly (readonly [number, ClaimKey])[],
  floor: number,
): Promise<{ ord: number; task: number; number: number }[]> {
  const rows = claims.map(([ord, { gateway, epoch, attempt }]) => ({
    ord,
    gateway: ids.gatewayNumber(gateway),
    epoch,
    attempt,
  }))
  const found = await sql.all('lock_claims', { rows: jsonRows(rows), floor })
  return found.map((row) => ({ ord: integer(row, 'ord'), task: integer(row, 'task'), number: integer(row, 'number') }))
}

function resultRow({ claim, result }: Finishing) {
  const { outcome, outcomeText, digest, signature, key, parts } = result
  const end =
    outcome.kind === 'listing'
      ? { state: 'Succeeded', code: null, message: null, count: outcome.count }
      : { state: 'Failed', code: outcome.code, message: outcome.message, count: null }
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  return { attempt: claim.attempt, ...end, outcome_text: outcomeText, digest, signature, key, bytes }
}

/** As text in pieces that neither side has to hold more than a few of. */
async function insertResults(
  { sql }: Unit,
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
    rows.push({ task, part, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') })
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
  const ended = await loseAttempts(unit, lost)
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
