import { readFileSync, writeFileSync } from 'node:fs'
import type { Benchmark, Sample } from '../benchmark.ts'
import { alternate, valuesOf } from '../alternate.ts'
import { startLargeWorld } from '../large/large-world.ts'
import { processorMs, processTimes } from '../processor-time.ts'

const COUNT = 100_000
const QUICK_COUNT = 1_000
const MOST_MS = 2_000
const MOST_MIB = 64
const OURS = 'ours'
const MS = 'ms'
const PROCESSES = ['server', 'gateway', 'reader'] as const
const grownOf = (name: string) => `MiB more, ${name}`

export const large: Benchmark = {
  summary: `A list of ${COUNT} names: asked for, listed by the gateway, stored, read whole by the caller.`,
  mustReach: `at most ${MOST_MS / 1000} s end to end, at most ${MOST_MIB} MiB more memory on any process`,
  inQuick: false,
  async run({ quick, runs, folder, say }) {
    const count = quick ? QUICK_COUNT : COUNT
    // Each run has processes of its own: the most memory that one ever had does not go back.
    let run = 0
    const once = async (): Promise<Sample> => {
      await using world = await startLargeWorld({ folder: `${folder}/${run++}`, count })
      // What is loaded and compiled for a list is no part of a large one.
      for (let i = 0; i < (quick ? 1 : 5); i++) await world.list('small')
      for (const name of PROCESSES) forgetPeak(world.pids[name])
      const before = PROCESSES.map((name) => peakMib(world.pids[name]))
      const used: readonly number[] = PROCESSES.map((name) => processorMs(world.pids[name]))
      const began = performance.now()
      const found = await world.list('large')
      const ms = performance.now() - began
      if (found !== count) throw new Error(`${found} names came, and not ${count}`)
      const grown: Record<string, number> = {}
      for (const [i, name] of PROCESSES.entries()) grown[grownOf(name)] = peakMib(world.pids[name]) - (before[i] ?? 0)
      return {
        values: { [MS]: ms, ...grown },
        processorMs: Object.fromEntries(
          PROCESSES.map((name, i) => [name, processorMs(world.pids[name]) - (used[i] ?? 0)]),
        ),
        seconds: ms / 1000,
      }
    }
    const samples = await alternate([{ name: OURS, run: once }], { runs, say })
    const of = (name: string) => valuesOf(samples.get(OURS), name)
    return {
      figures: [
        { name: `${count} names`, unit: 'ms', ours: of(MS), target: { of: 'ours', atMost: MOST_MS } },
        // A list of a quick run fits into what is there.
        ...(quick ? [] : PROCESSES).map((name) => ({
          name: grownOf(name),
          unit: 'MiB',
          ours: of(grownOf(name)),
          target: { of: 'ours', atMost: MOST_MIB } as const,
        })),
      ],
      processes: processTimes(samples),
      notes: [
        'The database is a stand-in that answers in the protocol of MongoDB at once: a real one would take longer to make so many databases than to list them.',
        'Memory: the most that a process had during the large list (VmHWM) minus what it had after small ones.',
      ],
      missing: [],
    }
  },
}

/** From now on the most is counted anew, from what there is now. */
function forgetPeak(pid: number): void {
  // Written through /proc by whoever started the process.
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function peakMib(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}
