import { join } from 'node:path'
import { findPostgresql } from '../../test/fixtures/postgresql.ts'
import { alternate, valuesOf } from '../alternate.ts'
import type { Benchmark, Figure, Measured, RunOptions, Sample, Target } from '../benchmark.ts'
import { driveAll } from '../growth/drive-all.ts'
import { type GrowthStore, postgresGrowth, sqliteGrowth } from '../growth/growth-stores.ts'
import { type GrowthWorld, oneTask, startGrowthWorld } from '../growth/growth-world.ts'
import { processTimes, withProcessorTime } from '../processor-time.ts'

/** POSTERN_BENCH_TASKS makes the larger store smaller, to try this out. */
const MANY = Number(process.env['POSTERN_BENCH_TASKS'] ?? 10_000_000)
const FEW = 10_000
const QUICK = { few: 50, many: 500, load: 64, warmUp: 0 }
const FULL = { few: FEW, many: MANY, load: 3_000, warmUp: 1_000 }
const LANES = 64
const MOST_RATIO = 1.1
const AT_MOST: Target = { of: 'ratio', atMost: MOST_RATIO }
const MS_A_TASK = 'ms a task'
const USED = 'processor ms a task'
const START = 'ms to start'
const LIST = 'ms of the first page'
const OWN_VERSION = '2026-12-01'
/** An embedded store is kept between runs, some 1.5 KiB a task: filling ten million takes long. Remove it when it is in the way. */
const CACHE = new URL('../../.tools/cache/growth/', import.meta.url).pathname

export const growth: Benchmark = {
  summary: `Tasks at 64 at once with ${MANY} finished tasks in the store, beside the same with ${FEW}.`,
  mustReach: `at most ${MOST_RATIO} × the time with ten thousand`,
  inQuick: false,
  async run(options) {
    const { folder, quick } = options
    const embedded = await besideFew('embedded store', {
      ...options,
      places: { many: join(quick ? folder : CACHE, `sqlite-${MANY}-over-days`), few: join(folder, 'sqlite-few') },
      open: () => Promise.resolve(sqliteGrowth()),
    })
    const shared =
      findPostgresql() === undefined
        ? undefined
        : await besideFew('PostgreSQL', {
            ...options,
            places: { many: join(folder, 'postgres-many'), few: join(folder, 'postgres-few') },
            open: postgresGrowth,
          })
    return {
      figures: [...embedded.figures, ...(shared?.figures ?? [])],
      processes: [...embedded.processes, ...(shared?.processes ?? [])],
      notes: [
        'The tasks in the store are copies of one that ended well, each with rows and times of its own, over 300 days.',
      ],
      missing: shared === undefined ? ['the same with PostgreSQL: it is not on this machine'] : [],
    }
  },
}

interface Kind extends RunOptions {
  readonly open: (folder: string) => Promise<GrowthStore>
  /** The folders of both sides. */
  readonly places: { readonly many: string; readonly few: string }
}

/** Many finished tasks beside few, in one kind of store. */
async function besideFew(
  name: string,
  { quick, runs, places, open, say }: Kind,
): Promise<Pick<Measured, 'figures' | 'processes'>> {
  const { few, many, load, warmUp } = quick ? QUICK : FULL
  await using stack = new AsyncDisposableStack()
  const side = async (count: number, at: string) => {
    say(`    ${name} with ${count} finished tasks`)
    const world = stack.use(await startGrowthWorld(at, { count, say, open }))
    if (!quick) await world.settled()
    return { name: `${name}, ${count} tasks`, run: () => measure(world, { load, warmUp }) }
  }
  const ours = await side(many, places.many)
  const peer = await side(few, places.few)
  const samples = await alternate([ours, peer], { runs, say })
  const figure = (what: string, value: string, target?: Target): Figure => ({
    name: `${name}: ${what}`,
    unit: 'ms',
    ours: valuesOf(samples.get(ours.name), value),
    peer: { name: `${few} tasks`, values: valuesOf(samples.get(peer.name), value) },
    ...(target !== undefined && { target }),
  })
  return {
    figures: [
      figure('time for each task', MS_A_TASK, AT_MOST),
      figure('processor time for each', USED, AT_MOST),
      figure('start of the server', START),
      figure('first page of ListTasks', LIST),
    ],
    processes: processTimes(samples),
  }
}

/** `load` tasks of a server that was started anew, after `warmUp` others: a program that is not compiled yet says nothing of the store. */
async function measure(
  world: GrowthWorld,
  { load: count, warmUp }: { readonly load: number; readonly warmUp: number },
): Promise<Sample> {
  const { server, gateway } = world
  const startMs = await world.restart()
  const began = performance.now()
  const page = await server.call('ListTasks', { MaxResults: '100' }, OWN_VERSION)
  const listMs = performance.now() - began
  if (page.status !== 200) throw new Error(JSON.stringify(page.body))
  const drive = (tasks: number) => driveAll({ count: tasks, lanes: LANES }, () => oneTask(server, gateway))
  if (warmUp > 0) await drive(warmUp)
  const { result, processorMs } = await withProcessorTime(world.pids(), () => drive(count))
  return {
    values: {
      [MS_A_TASK]: (result * 1000) / count,
      [USED]: Object.values(processorMs).reduce((sum, ms) => sum + ms, 0) / count,
      [START]: startMs,
      [LIST]: listMs,
    },
    processorMs,
    seconds: result,
  }
}
