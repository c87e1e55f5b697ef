import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { createRandom, type Random } from '../fuzz/random.ts'
import { type Callers, type CallersOptions, createCallers, type Made } from './callers.ts'
import { checkHistory, type Violation } from './check-history.ts'
import { type Lane, lanesOf, type Pace } from './fault-kinds.ts'
import { type CallersWorld, type FaultWorld, startFaultWorld, type WorldEndpoint } from './fault-world.ts'
import { type HistoryEvent, type HistoryFile, openHistory } from './history.ts'

export interface FaultRun {
  readonly seed: number
  /** As many tasks; without it callers come until `signal` aborts. */
  readonly tasks: number
  readonly perSecond: number
  readonly pace: Pace
  readonly gatewaysEach: readonly [number, number]
  readonly realDatabases: boolean
  readonly deliveryMs: number
  readonly executionMs: number
  /** Where the history is kept; without it in a folder that is removed. */
  readonly historyFile?: string
  readonly signal?: AbortSignal
  /** Milliseconds of the run in which things break; callers come before and after them too. Without it all the time. */
  readonly breaking?: { readonly afterMs: number; readonly forMs: number }
  readonly onTask?: NonNullable<CallersOptions['onTask']>
  /** Beside the work, until the signal aborts. */
  readonly beside?: (world: FaultWorld, signal: AbortSignal) => Promise<void>
}

/** The same for any world, which is there already. */
export interface WorldRun extends Omit<FaultRun, 'pace' | 'gatewaysEach' | 'realDatabases' | 'beside'> {
  readonly beside?: (signal: AbortSignal) => Promise<void>
}

export interface FaultReport {
  readonly acknowledged: number
  readonly seconds: number
  /** How often each fault happened, and each end of a task was seen; calls whose end nobody knows. */
  readonly faults: ReadonlyMap<string, number>
  readonly ends: ReadonlyMap<string, number>
  readonly calls: number
  readonly unanswered: number
  readonly violations: readonly Violation[]
  readonly missing: readonly string[]
}

/** Asked again at the end, so many at a time. */
const READERS = 16
/** Things go on breaking so long after the last caller came. */
const LAST_FAULTS_MS = 2_000
const MAX_CALLERS = 200
const CHANGE_TRIES = 10
/** A database is changed this often. */
const CHANGE_MS: readonly [number, number] = [400, 3_000]

/** One server in its world, with every fault of it. */
export async function runFaults(run: FaultRun): Promise<FaultReport> {
  await using folder = await tempFolder('faults')
  await using world = await startFaultWorld(folder.path, run)
  const { beside } = run
  // Awaited here: the world ends with this function.
  return await runWorld(
    { ...run, beside: (signal) => (beside === undefined ? Promise.resolve() : beside(world, signal)) },
    { folder: folder.path, world, lanes: lanesOf(world, run.pace) },
  )
}

/** Callers and faults in a world of real processes, and at the end what the checker says of the history. */
export async function runWorld(
  run: WorldRun,
  { folder, world, lanes }: { folder: string; world: CallersWorld; lanes: readonly Lane[] },
): Promise<FaultReport> {
  await using history = await openHistory(run.historyFile ?? join(folder, 'history.jsonl'))
  const began = performance.now()
  for (const endpoint of world.endpoints) await changeTo(endpoint, endpoint.choices[0], history)

  const stopping = new AbortController()
  const breakAll = async () => {
    await pause(run.breaking?.afterMs ?? 0, stopping.signal)
    const over = run.breaking === undefined ? [] : [AbortSignal.timeout(run.breaking.forMs)]
    const signal = AbortSignal.any([stopping.signal, ...over])
    await Promise.all(
      lanes.map((lane, index) => runLane(lane, { history, random: createRandom(run.seed, index), signal })),
    )
  }
  const works = [
    breakAll(),
    ...world.endpoints.map((endpoint, index) =>
      keepChanging(endpoint, { history, random: createRandom(run.seed, 500 + index), signal: stopping.signal }),
    ),
    ...(run.beside === undefined ? [] : [run.beside(stopping.signal)]),
  ]
  const failure = Promise.withResolvers<never>()
  for (const work of works) work.catch(failure.reject)

  const giveUp = new AbortController()
  failure.promise.catch(() => giveUp.abort())
  const callers = createCallers({ ...run, world, history, signal: giveUp.signal })
  const coming = await callersOf(callers, run, giveUp.signal)
  await pause(LAST_FAULTS_MS, giveUp.signal)
  stopping.abort()
  const made = (await Promise.all(coming)).filter((one) => one !== undefined)
  // A fault that could not be made or mended is a failure of the run.
  await Promise.all(works)
  // Every fault is over: whatever was acknowledged is there, and is what it was.
  const rest = [...made]
  await Promise.all(
    Array.from({ length: READERS }, async () => {
      for (let next = rest.pop(); next !== undefined; next = rest.pop()) await callers.readAgain(next)
    }),
  )
  for (const account of world.accounts) await callers.list(account)

  const events = await history.read()
  const violations = checkHistory(events)
  return {
    ...countsOf(events),
    acknowledged: made.length,
    seconds: (performance.now() - began) / 1000,
    violations,
    missing: world.missing,
  }
}

/** Callers come at a steady rate, but while too many are there: those of a server that stood still would drown this process. */
async function callersOf(
  callers: Callers,
  run: WorldRun,
  signal: AbortSignal,
): Promise<readonly Promise<Made | undefined>[]> {
  const present = new Set<Promise<unknown>>()
  const running: Promise<Made | undefined>[] = []
  const began = performance.now()
  for (let index = 0; index < run.tasks && !signal.aborted && run.signal?.aborted !== true; index++) {
    const wait = began + (index * 1000) / run.perSecond - performance.now()
    if (wait > 0) await sleep(wait)
    while (present.size >= MAX_CALLERS && !signal.aborted) await Promise.race(present)
    const caller = callers.run(index).finally(() => present.delete(caller))
    present.add(caller)
    running.push(caller)
  }
  return running
}

interface Beside {
  readonly history: Pick<HistoryFile, 'add'>
  readonly random: Random
  readonly signal: AbortSignal
}

/** What was begun is mended, also where the run ends in the middle of it. */
async function runLane(lane: Lane, { history, random, signal }: Beside): Promise<void> {
  const [least, most] = lane.gapMs
  for (let count = 0; ; count++) {
    await pause(least + random.below(most - least), signal)
    if (signal.aborted) return
    const { name, gateway, endpoint, explains, tailMs, deadlines, ...fault } = lane.first[count] ?? lane.next(random)
    const from = performance.now()
    await fault.begin()
    await pause(fault.forMs, signal)
    await fault.end()
    const reach = { ...(gateway !== undefined && { gateway }), ...(endpoint !== undefined && { endpoint }) }
    const to = performance.now()
    history.add({ kind: 'fault', name, from, to, ...reach, explains, tailMs, ...(deadlines && { deadlines }) })
  }
}

async function keepChanging(endpoint: WorldEndpoint, { history, random, signal }: Beside): Promise<void> {
  const [least, most] = CHANGE_MS
  for (;;) {
    await pause(least + random.below(most - least), signal)
    if (signal.aborted) return
    const [first, ...others] = endpoint.choices
    await changeTo(endpoint, random.pick([first, ...others]), history)
  }
}

async function changeTo(endpoint: WorldEndpoint, names: readonly string[], history: Pick<HistoryFile, 'add'>) {
  const from = performance.now()
  // A machine that is too busy to connect in time has made the change or not; the history says no more than that.
  for (let tries = 1; ; tries++) {
    try {
      await endpoint.change(names)
      break
    } catch (error) {
      if (tries === CHANGE_TRIES) throw error
    }
  }
  history.add({ kind: 'truth', from, to: performance.now(), endpoint: endpoint.name, names: [...names] })
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => {})

const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1)

function countsOf(events: readonly HistoryEvent[]) {
  const faults = new Map<string, number>()
  const ends = new Map<string, number>()
  const told = new Map<number, string>()
  const asked = new Map<number, number>()
  let unanswered = 0
  let calls = 0
  for (const event of events) {
    if (event.kind === 'fault') count(faults, event.name)
    if (event.kind === 'timeout') unanswered++
    if (event.kind === 'invoke') {
      calls++
      if ('task' in event.does) asked.set(event.call, event.does.task)
    }
    const task = event.kind === 'answer' ? asked.get(event.call) : undefined
    if (task !== undefined && event.kind === 'answer' && event.says.is === 'ended')
      told.set(task, event.says.code ?? 'Succeeded')
  }
  for (const end of told.values()) count(ends, end)
  return { faults, ends, calls, unanswered }
}

const table = (map: ReadonlyMap<string, number>) =>
  [...map].toSorted(([, a], [, b]) => b - a).map(([name, times]) => `  ${String(times).padStart(6)}  ${name}`)

/** For people: the seed, what happened, what is wrong. */
export function formatReport(seed: number, report: FaultReport): string {
  const { acknowledged, seconds, calls, unanswered, faults, ends, violations, missing } = report
  const happened = [...faults.values()].reduce((sum, times) => sum + times, 0)
  return [
    `Seed ${seed}: ${acknowledged} acknowledged tasks in ${seconds.toFixed(0)} s, ${calls} calls, ${unanswered} without an answer.`,
    `${happened} faults:`,
    ...table(faults),
    'How the tasks ended:',
    ...table(ends),
    ...missing.map((what) => `Not there: ${what}`),
    `${violations.length} violations of the promise.`,
    ...violations.slice(0, 20).map(({ rule, text }) => `  ${rule}: ${text}`),
  ].join('\n')
}
