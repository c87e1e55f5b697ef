import { createRandom } from '../fuzz/random.ts'
import { createCallers } from './callers.ts'
import { breakSomething, mendEverything } from './chaos.ts'
import { watchIdleGateways } from './idle-gateways.ts'
import { seedBuiltins } from './seeded-builtins.ts'
import { createAccounts, createWorld, type World } from './world.ts'

/** After the last fault everything that was promised must come true within this. */
const SETTLE_MS = 20 * 60_000
/** Twice what the slowest mixes take: seed 3336 takes 63,152, with lists of a minute, deadlines of four and callers that wait. */
const MAX_STEPS_TO_SETTLE = 120_000
/** Of the numbers that the runtime is asked for; another stream than that of the world. */
const BUILTINS = 7

export interface SeedReport {
  readonly seed: number
  readonly steps: number
  readonly digest: string
  /** Simulated. */
  readonly seconds: number
  readonly failure: string | undefined
  readonly last: readonly string[]
}

/** The same for the same seed, on every machine. One at a time in a process. */
export async function runSeed(
  seed: number,
  options: { readonly steps: number; readonly print?: (line: string) => void },
): Promise<SeedReport> {
  let world: World | undefined
  using resources = new DisposableStack()
  const turn = () => new Promise<void>((resolve) => world?.timeline.plan(0, resolve))
  resources.use(seedBuiltins(createRandom(seed, BUILTINS), turn))
  using made = createWorld(seed, options.print)
  world = made
  const { timeline, checks, trace } = made
  let steps = 0
  const step = async () => {
    if (!timeline.step()) return checks.fail('nothing will happen any more')
    steps++
    await settle()
    checks.look(made.server !== undefined)
  }
  const stepUntil = async (done: () => boolean) => {
    while (!done() && checks.failure === undefined) await step()
  }

  let ready = false
  const setUp = async () => {
    try {
      await prepare(made)
      ready = true
    } catch (error) {
      checks.fail(`the set-up: ${String(error)}`)
    }
  }
  void setUp()
  await settle()
  await stepUntil(() => ready)

  const callers = createCallers(made)
  let loaded = true
  repeat(made, made.mix.taskEveryMs, () => loaded && callers.begin())
  repeat(made, made.mix.faultEveryMs, () => loaded && breakSomething(made))
  watchIdleGateways(made)
  await stepUntil(() => steps >= options.steps)
  loaded = false
  mendEverything(made)
  // What a fault had in store for later is mended once more.
  timeline.plan(SETTLE_MS / 4, () => mendEverything(made))
  const settledBy = timeline.now + SETTLE_MS
  const settled = () => callers.waiting === 0 && checks.live.size === 0 && outboxesAreEmpty(made)
  await stepUntil(() => settled() || timeline.now > settledBy || steps > options.steps + MAX_STEPS_TO_SETTLE)
  if (!settled()) checks.fail(`it does not settle: ${checks.live.size} tasks, ${callers.waiting} callers`)
  checks.rescan()
  return {
    seed,
    steps,
    digest: trace.digest,
    seconds: Math.round(timeline.now / 1000),
    failure: checks.failure,
    last: trace.last,
  }
}

/** What the promises of one event lead to ends before the next event. This `setImmediate` is the runtime's. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

async function prepare(world: World): Promise<void> {
  await world.startServer()
  await createAccounts(world)
  for (const account of world.accounts) {
    for (let i = 0; i < world.mix.gatewaysPerAccount; i++) await world.addSite(account)
  }
  for (const site of world.sites) world.startSite(site)
}

function repeat({ timeline, random }: World, everyMs: number, run: () => void): void {
  const next = () => {
    run()
    timeline.plan(1 + random.below(2 * everyMs), next)
  }
  timeline.plan(random.below(everyMs), next)
}

const outboxesAreEmpty = ({ sites }: World) =>
  sites.every(({ running }) => running === undefined || running.outbox.attempts.length === 0)
