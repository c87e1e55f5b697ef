import { RESTART_GRACE_MS } from '../../src/model/task.ts'
import type { Does, FaultEvent, HistoryEvent, Says, TruthEvent } from './history.ts'

/** The promise, one word for each of its parts. */
export const RULES = [
  'an acknowledged task is found until the end',
  'an acknowledged task ends by its deadline',
  'an ended task never changes',
  'a list was true at some time in the life of its task',
  'one token makes one task',
  'two tokens make two tasks',
  'no account sees the tasks of another',
  'a cancelled task does not succeed',
  'nothing is there that was never created',
  'a task fails only with what a fault explains',
  'a call is refused only with what a fault explains',
] as const
export type Rule = (typeof RULES)[number]

export interface Violation {
  readonly rule: Rule
  readonly text: string
}

/** Every task ends by create + delivery + execution + this (row 24). */
const SLACK_MS = 5_000
const CANCELLED = 'Task.Cancelled'

interface Call<D extends Does = Does> {
  readonly account: string
  readonly does: D
  readonly invokedAt: number
  answeredAt: number
  says: Says | undefined
}
type Create = Extract<Does, { action: 'create' }>
type Ended = Extract<Says, { is: 'ended' }>

/** An acknowledged task and all that was said about it. */
interface Told {
  readonly task: number
  readonly account: string
  readonly token: string
  readonly does: Create
  /** Of the first call with its token, and of the first answer with its id. */
  readonly askedAt: number
  readonly madeAt: number
  readonly calls: Call[]
  /** The earliest answer that it has ended. */
  firstEnd: (Call & { says: Ended }) | undefined
}

/** Empty where the history keeps the promise. Nothing is looked at but the history. */
export function checkHistory(events: readonly HistoryEvent[]): readonly Violation[] {
  const found: Violation[] = []
  const broken = (rule: Rule, text: string) => void found.push({ rule, text })
  const calls = callsOf(events)
  const faults = events.filter((event) => event.kind === 'fault')
  const truths = Map.groupBy(
    events.filter((event) => event.kind === 'truth'),
    ({ endpoint }) => endpoint,
  )
  const tasks = tasksOf(calls, broken)

  for (const told of tasks.values()) {
    checkFound(told, broken)
    checkEnd(told, faults, broken)
    checkFinal(told, broken)
    checkOutcome(told, { faults, truths: truths.get(told.does.endpoint) ?? [], broken })
  }
  checkForeign(calls, tasks, broken)
  checkLists(calls, tasks, broken)
  for (const { does, says, invokedAt, answeredAt } of calls) {
    if (says?.is !== 'refused') continue
    const explained = faults.some(
      (fault) => fault.explains.includes(says.code) && overlaps(fault, invokedAt, answeredAt),
    )
    if (!explained)
      broken('a call is refused only with what a fault explains', `${does.action} at ${invokedAt}: ${says.code}`)
  }
  return found
}

type Broken = (rule: Rule, text: string) => void

function callsOf(events: readonly HistoryEvent[]): readonly Call[] {
  const calls = new Map<number, Call>()
  for (const event of events) {
    if (event.kind === 'invoke') {
      const { account, does, at } = event
      calls.set(event.call, { account, does, invokedAt: at, answeredAt: Number.POSITIVE_INFINITY, says: undefined })
    }
    if (event.kind !== 'answer') continue
    const call = calls.get(event.call)
    if (call === undefined) throw new Error(`the history has an answer to call ${event.call}, which was never made`)
    call.answeredAt = event.at
    call.says = event.says
  }
  return [...calls.values()]
}

const isCreate = (call: Call): call is Call<Create> => call.does.action === 'create'
const tokenOf = (call: Call<Create>) => `${call.account} ${call.does.token}`

function tasksOf(calls: readonly Call[], broken: Broken): ReadonlyMap<number, Told> {
  const tasks = new Map<number, Told>()
  for (const [token, tries] of Map.groupBy(calls.filter(isCreate), tokenOf)) {
    const made = tries.filter((call) => call.says?.is === 'created').toSorted((a, b) => a.answeredAt - b.answeredAt)
    const [first] = made
    if (first?.says?.is !== 'created') continue
    const { task } = first.says
    for (const { says } of made)
      if (says?.is === 'created' && says.task !== task)
        broken('one token makes one task', `${token}: ${task} and ${says.task}`)
    const other = tasks.get(task)
    if (other !== undefined) broken('two tokens make two tasks', `${token} and ${other.token}: ${task}`)
    const askedAt = Math.min(...tries.map(({ invokedAt }) => invokedAt))
    const { account, does, answeredAt: madeAt } = first
    tasks.set(task, { task, account, token, does, askedAt, madeAt, calls: [], firstEnd: undefined })
  }
  for (const call of calls) {
    const told = 'task' in call.does ? tasks.get(call.does.task) : undefined
    if (told === undefined || told.account !== call.account) continue
    told.calls.push(call)
    if (isEnd(call) && call.answeredAt < (told.firstEnd?.answeredAt ?? Number.POSITIVE_INFINITY)) told.firstEnd = call
  }
  return tasks
}

const isEnd = (call: Call): call is Call & { says: Ended } => call.says?.is === 'ended'

function checkFound({ task, calls }: Told, broken: Broken): void {
  const lost = calls.find(({ says }) => says?.is === 'not found')
  if (lost !== undefined)
    broken('an acknowledged task is found until the end', `${task} is not found at ${lost.invokedAt}`)
}

/** What moves deadlines: a server that starts gives its grace, one that stands still ends nothing meanwhile. */
function checkEnd(told: Told, faults: readonly FaultEvent[], broken: Broken): void {
  const { task, does, madeAt, calls, firstEnd } = told
  let bound = madeAt + does.deliveryMs + does.executionMs + SLACK_MS
  for (const { from, to, deadlines } of faults.toSorted((a, b) => a.from - b.from)) {
    if (deadlines === undefined || from > bound || to < told.askedAt) continue
    const more = deadlines === 'restart' ? RESTART_GRACE_MS + does.executionMs : 0
    bound = Math.max(bound, to + more + SLACK_MS)
  }
  const rule = 'an acknowledged task ends by its deadline'
  if (firstEnd === undefined) broken(rule, `${task} (made at ${madeAt}) is never seen at its end`)
  const late = calls.find(({ says, invokedAt }) => says?.is === 'open' && invokedAt > bound)
  if (late !== undefined) broken(rule, `${task} should have ended by ${bound} and is open at ${late.invokedAt}`)
}

function checkFinal({ task, calls, firstEnd }: Told, broken: Broken): void {
  if (firstEnd === undefined) return
  const rule = 'an ended task never changes'
  for (const { says, invokedAt } of calls) {
    if (says?.is === 'open' && invokedAt > firstEnd.answeredAt)
      broken(rule, `${task} has ended at ${firstEnd.answeredAt} and is open at ${invokedAt}`)
  }
  const names = calls.find((call) => isEnd(call) && call.says.names !== undefined)
  for (const call of calls) {
    if (!isEnd(call)) continue
    const sameNames =
      call.says.names === undefined ||
      names === undefined ||
      (isEnd(names) && equal(call.says.names, names.says.names ?? []))
    if (call.says.code !== firstEnd.says.code || !sameNames)
      broken(rule, `${task} is ${shown(firstEnd.says)} and, asked at ${call.invokedAt}, ${shown(call.says)}`)
  }
}

function checkOutcome(
  told: Told,
  { faults, truths, broken }: { faults: readonly FaultEvent[]; truths: readonly TruthEvent[]; broken: Broken },
): void {
  const { task, does, askedAt, calls, firstEnd } = told
  if (firstEnd === undefined) return
  const acknowledged = calls.find(
    (call) => call.does.action === 'cancel' && isEnd(call) && call.says.code === CANCELLED,
  )
  for (const call of calls) {
    if (isEnd(call) && call.says.code === undefined && acknowledged !== undefined)
      broken('a cancelled task does not succeed', `${task} was cancelled by ${acknowledged.answeredAt} and succeeded`)
  }
  const end = firstEnd.answeredAt
  const names = calls.filter(isEnd).find(({ says }) => says.names !== undefined)?.says.names
  if (names !== undefined && !wasTrue(names, { truths, from: askedAt, to: end }))
    broken('a list was true at some time in the life of its task', `${task} on ${does.endpoint}: ${names.join(' ')}`)

  const { code } = firstEnd.says
  if (code === undefined) return
  const explained =
    code === CANCELLED
      ? calls.some((call) => call.does.action === 'cancel' && call.invokedAt < end)
      : faults.some(
          (fault) =>
            fault.explains.includes(code) &&
            (fault.gateway ?? does.gateway) === does.gateway &&
            (fault.endpoint ?? does.endpoint) === does.endpoint &&
            overlaps(fault, askedAt, end),
        )
  if (!explained)
    broken(
      'a task fails only with what a fault explains',
      `${task} of ${does.gateway} on ${does.endpoint}, from ${askedAt} to ${end}: ${code}`,
    )
}

/** A change may have happened at any moment between its two times, so around it both lists are true. */
function wasTrue(names: readonly string[], life: { truths: readonly TruthEvent[]; from: number; to: number }): boolean {
  const ordered = life.truths.toSorted((a, b) => a.from - b.from)
  return ordered.some((truth, index) => {
    const until = ordered[index + 1]?.to ?? Number.POSITIVE_INFINITY
    return truth.from <= life.to && until >= life.from && equal(truth.names, names)
  })
}

/** Whoever reads what was not made for her is told the same as of what was never made. */
function checkForeign(calls: readonly Call[], tasks: ReadonlyMap<number, Told>, broken: Broken): void {
  for (const { account, does, says, invokedAt } of calls) {
    if (!('task' in does) || says === undefined || says.is === 'not found' || says.is === 'refused') continue
    const told = tasks.get(does.task)
    const text = `${account} asked at ${invokedAt} for ${does.task} and was told ${says.is}`
    if (told === undefined) broken('nothing is there that was never created', text)
    else if (told.account !== account) broken('no account sees the tasks of another', text)
  }
}

function checkLists(calls: readonly Call[], tasks: ReadonlyMap<number, Told>, broken: Broken): void {
  for (const { account, says, invokedAt, answeredAt } of calls) {
    if (says?.is !== 'listed') continue
    const listed = new Set(says.tasks)
    for (const { task, account: owner, madeAt } of tasks.values()) {
      if (owner === account && madeAt < invokedAt && !listed.has(task))
        broken('an acknowledged task is found until the end', `${task} is not in the list of ${invokedAt}`)
      if (owner !== account && listed.has(task))
        broken('no account sees the tasks of another', `${task} is in a list of ${account}`)
    }
    // A create whose answer was lost may have made one task, and no more.
    const asked = calls.filter(isCreate).filter((call) => call.account === account && call.invokedAt < answeredAt)
    const most = new Set(asked.map(tokenOf)).size
    const unknown = [...listed].filter((task) => !tasks.has(task))
    const acknowledged = [...tasks.values()].filter(({ account: owner }) => owner === account).length
    if (unknown.length > most - acknowledged)
      broken('nothing is there that was never created', `the list of ${invokedAt} has ${unknown.join(' ')}`)
  }
}

const overlaps = ({ from, to, tailMs }: FaultEvent, start: number, end: number) => from <= end && to + tailMs >= start
const equal = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name, index) => name === b[index])
const shown = ({ code, names }: Ended) => code ?? `Succeeded (${names?.join(' ') ?? 'names not asked for'})`
