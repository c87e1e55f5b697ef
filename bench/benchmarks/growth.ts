import { join } from 'node:path'
import { alternate, valuesOf } from '../alternate.ts'
import type { Benchmark, Sample } from '../benchmark.ts'
import { type GrowthWorld, oneTask, startGrowthWorld } from '../growth/growth-world.ts'
import { driveAll } from '../growth/drive-all.ts'
import { processTimes, withProcessorTime } from '../processor-time.ts'

/** POSTERN_BENCH_TASKS makes the larger store smaller, to try this out. */
const MANY = Number(process.env['POSTERN_BENCH_TASKS'] ?? 10_000_000)
const FEW = 10_000
const QUICK = { few: 50, many: 500, load: 64, warmUp: 0 }
const FULL = { few: FEW, many: MANY, load: 3_000, warmUp: 1_000 }
const LANES = 64
const MOST_RATIO = 1.1
const MS_A_TASK = 'ms a task'
const USED = 'processor ms of the server a task'
const START = 'ms to start'
const LIST = 'ms of the first page'
const OWN_VERSION = '2026-12-01'
/** Kept between runs, some 1.5 KiB a task: filling ten million takes long. Remove it when it is in the way. */
const CACHE = new URL('../../.tools/cache/growth/', import.meta.url).pathname

export const growth: Benchmark = {
  summary: `Tasks at 64 at once with ${MANY} finished tasks in the store, beside the same with ${FEW}.`,
  mustReach: `at most ${MOST_RATIO} × the time with ten thousand`,
  inQuick: false,
  async run({ quick, runs, folder, say }) {
    const { few, many, load, warmUp } = quick ? QUICK : FULL
    await using stack = new AsyncDisposableStack()
    const open = async (name: string, count: number, at: string) => {
      say(`    a store with ${count} finished tasks`)
      const world = stack.use(await startGrowthWorld(at, { count, say }))
      if (warmUp > 0) await measure(world, warmUp)
      return { name, run: () => measure(world, load) }
    }
    const [ours, peer] = [`${many} tasks`, `${few} tasks`]
    const kept = join(quick ? folder : CACHE, `sqlite-${many}`)
    const samples = await alternate([await open(ours, many, kept), await open(peer, few, join(folder, 'few'))], {
      runs,
      say,
    })
    const figure = (name: string, value: string, target?: { readonly of: 'ratio'; readonly atMost: number }) => ({
      name,
      unit: 'ms',
      ours: valuesOf(samples.get(ours), value),
      peer: { name: peer, values: valuesOf(samples.get(peer), value) },
      ...(target !== undefined && { target }),
    })
    const target = { of: 'ratio', atMost: MOST_RATIO } as const
    return {
      figures: [
        figure('embedded store: time for each task', MS_A_TASK, target),
        figure('embedded store: processor time of the server for each', USED, target),
        figure('embedded store: start of the server', START),
        figure('embedded store: first page of ListTasks', LIST),
      ],
      processes: processTimes(samples),
      notes: ['The tasks in the store are copies of one that ended well, with rows and checksums of their own.'],
      missing: ['growth of the store in PostgreSQL: its partitions are not filled yet'],
    }
  },
}

async function measure(world: GrowthWorld, count: number): Promise<Sample> {
  const { server, gateway } = world
  const startMs = await world.restart()
  const began = performance.now()
  const page = await server.call('ListTasks', { MaxResults: '100' }, OWN_VERSION)
  const listMs = performance.now() - began
  if (page.status !== 200) throw new Error(JSON.stringify(page.body))
  const { result, processorMs } = await withProcessorTime({ server: server.process().pid }, () =>
    driveAll({ count, lanes: LANES }, () => oneTask(server, gateway)),
  )
  return {
    values: {
      [MS_A_TASK]: (result * 1000) / count,
      [USED]: (processorMs['server'] ?? Number.NaN) / count,
      [START]: startMs,
      [LIST]: listMs,
    },
    processorMs,
    seconds: result,
  }
}
