import { setTimeout as sleep } from 'node:timers/promises'
import { alternate, valuesOf } from '../alternate.ts'
import type { Benchmark, Figure, Sample } from '../benchmark.ts'
import { type Heartbeats, type IdleWorld, startIdleBare, startIdlePostern } from '../idle/idle-world.ts'
import { median } from '../median.ts'
import { processorMs, processTimes } from '../processor-time.ts'

const SIZES = [1_000, 5_000, 15_000]
const QUICK_SIZES = [20]
const AS_ARITHMETIC = 50_000
const MOST_RATIO = 3
/** How much more a connection may cost among many than among few, and less: a cost that grows shows as more. */
const SAME = 1.25
/** Connected and ended before the first look: code, caches and the young part of the heap have their size then. */
const WARM_UP = 1_000
/** Every client pings each 15 s: in this time each does it twice. */
const HOLD_MS = 31_000
const QUICK_HOLD_MS = 300
const PINGS_IN_HOLD = 2
/** A gateway pings each 15 s and is offline after 45 s: a round trip of a second is late. */
const LATE_MS = 1_000
/** After connections ended, and after they were made. */
const SETTLE_MS = 2_000
const KIB = 1024
const OURS = 'ours'
const BARE = 'bare ws'

export const idle: Benchmark = {
  summary: 'Connected gateways that do nothing but ping each 15 s, from other processes and several addresses.',
  mustReach: `at most ${MOST_RATIO} × the memory of a bare ws server that answers the same pings, every heartbeat within ${LATE_MS} ms, the same for each connection at every size`,
  inQuick: false,
  async run({ quick, runs, folder, say }) {
    const sizes = quick ? QUICK_SIZES : SIZES
    const most = Math.max(...sizes)
    let run = 0
    const sides = [
      { name: OURS, run: () => measure(() => startIdlePostern(`${folder}/${run++}`, most), { sizes, quick, say }) },
      { name: BARE, run: () => measure(() => startIdleBare(most), { sizes, quick, say }) },
    ]
    const samples = await alternate(sides, { runs, say })
    const of = (name: string) => valuesOf(samples.get(OURS), name)
    const beside = (name: string) => ({ name: BARE, values: valuesOf(samples.get(BARE), name) })
    const largest = rssOf(most)
    const all = sizes.flatMap((size): Figure[] => [
      {
        name: `memory of each of ${size}`,
        unit: 'KiB',
        ours: of(rssOf(size)),
        peer: beside(rssOf(size)),
        // With few, pages that were taken before and pages that are half empty are as much as what is measured.
        ...(size === most && { target: { of: 'ratio', atMost: MOST_RATIO } as const }),
      },
      {
        name: `in use of the heap for each of ${size}`,
        unit: 'KiB',
        ours: of(heapOf(size)),
        peer: beside(heapOf(size)),
        target: { of: 'ratio', atMost: MOST_RATIO },
      },
      {
        name: `heartbeats in time with ${size}`,
        unit: '%',
        ours: of(inTimeOf(size)),
        target: { of: 'ours', atLeast: 100 },
      },
      { name: `slowest heartbeat with ${size}`, unit: 'ms', ours: of(slowestOf(size)), peer: beside(slowestOf(size)) },
    ])
    // Twenty connections weigh less than what the process does by itself meanwhile.
    const figures = quick ? all.filter(({ unit }) => unit === '%') : all
    const smallest = Math.min(...sizes)
    if (smallest !== most) {
      figures.push({
        name: `heap of each of ${most} beside each of ${smallest}`,
        unit: 'KiB',
        ours: of(heapOf(most)),
        peer: { name: `with ${smallest}`, values: of(heapOf(smallest)) },
        target: { of: 'ratio', atLeast: 1 / SAME, atMost: SAME },
      })
    }
    const gibibytes = (median(of(largest)) * AS_ARITHMETIC) / KIB / KIB
    const notes = [
      `ARITHMETIC, not measured: ${AS_ARITHMETIC} connections × ${median(of(largest)).toFixed(1)} KiB = ${gibibytes.toFixed(2)} GiB. A process may open 20,000 files here.`,
      'Memory: the resident memory of the whole server after a forced collection, minus that before the connections, divided by them.',
    ]
    return { figures, processes: processTimes(samples), notes, missing: [] }
  },
}

const rssOf = (size: number) => `KiB each of ${size}`
const heapOf = (size: number) => `heap KiB each of ${size}`
const inTimeOf = (size: number) => `% in time of ${size}`
const slowestOf = (size: number) => `slowest ms of ${size}`

async function measure(
  start: () => Promise<IdleWorld>,
  { sizes, quick, say }: { sizes: readonly number[]; quick: boolean; say: (text: string) => void },
): Promise<Sample> {
  await using world = await start()
  const { pid } = world.server.running
  await world.connect(Math.min(WARM_UP, ...sizes))
  await world.disconnect()
  await sleep(quick ? 0 : SETTLE_MS)
  const empty = await world.server.memory()
  const values: Record<string, number> = {}
  const before = processorMs(pid)
  const began = performance.now()
  for (const size of sizes) {
    const connecting = performance.now()
    await world.connect(size)
    say(`    ${size} connected after ${Math.round(performance.now() - connecting)} ms`)
    await sleep(quick ? 0 : SETTLE_MS)
    await world.heartbeats()
    await sleep(quick ? QUICK_HOLD_MS : HOLD_MS)
    const beats = await world.heartbeats()
    // Only now: collecting by force is no part of serving.
    const { rssBytes, heapBytes } = await world.server.memory()
    values[rssOf(size)] = (rssBytes - empty.rssBytes) / size / KIB
    values[heapOf(size)] = (heapBytes - empty.heapBytes) / size / KIB
    values[inTimeOf(size)] = percentInTime(beats, quick ? 0 : size * PINGS_IN_HOLD)
    values[slowestOf(size)] = largestOf(beats.roundTrips)
    if (beats.open !== size || beats.lost > 0)
      throw new Error(`${beats.open} of ${size} are connected, ${beats.lost} were lost`)
  }
  return {
    values,
    processorMs: { server: processorMs(pid) - before },
    seconds: (performance.now() - began) / 1000,
  }
}

/** Of those that were due, also where one was not sent or not answered. */
function percentInTime({ roundTrips }: Heartbeats, due: number): number {
  const inTime = roundTrips.filter((ms) => ms <= LATE_MS).length
  const all = Math.max(due, roundTrips.length)
  return all === 0 ? 100 : (100 * inTime) / all
}

/** Tens of thousands are more than a call takes. */
const largestOf = (numbers: readonly number[]) => numbers.reduce((most, number) => Math.max(most, number), 0)
