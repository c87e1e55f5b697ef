import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { measure } from '../fixtures/measure-process.ts'
import { DBS } from '../fixtures/postern.ts'
import type { Timing } from './callers.ts'
import type { FaultWorld } from './fault-world.ts'

/** The figures of one stretch of time; memory in MiB, times in milliseconds, medians where nothing else is said. */
export interface SoakWindow {
  readonly serverRss: number
  /** In use when its garbage is collected, at the end of the window: what a leak adds to. */
  readonly serverHeap: number
  readonly serverFiles: number
  /** Of the gateway that has most. */
  readonly gatewayRss: number
  readonly gatewayFiles: number
  /** A read past every fault: how long the server itself takes. */
  readonly probeP50: number
  readonly probeP99: number
  /** From the create to the end, with the faults between: to be compared only where there are none. */
  readonly taskP50: number
  readonly taskP99: number
  readonly tasks: number
}

export interface SoakMeter {
  readonly onTask: (timing: Timing) => void
  /** Measures until the signal aborts. */
  readonly beside: (world: FaultWorld, signal: AbortSignal) => Promise<void>
  /** Of the windows that are whole. */
  windows(): readonly SoakWindow[]
}

const SAMPLE_MS = 250
/** Before the end of a window, so that it is inside. */
const DUE_MS = 2 * SAMPLE_MS
const PROBE_DEADLINE_MS = 10_000
const MIB = 1024 * 1024
/** What a process may have more at the end: generous, because the collector of garbage decides when it gives back. */
const MORE_MEMORY = { factor: 1.4, mib: 80 }
const MORE_HEAP = { factor: 1.3, mib: 10 }
const MORE_FILES = { factor: 1.5, count: 20 }
const MORE_TIME = { factor: 3, ms: 100 }

interface Sample {
  readonly at: number
  readonly server: Usage | undefined
  readonly gateways: readonly Usage[]
  readonly probeMs: number | undefined
}
interface Usage {
  readonly rss: number
  readonly files: number
}

/** `steady`: no process ends. One that has just begun cannot be asked what it holds. */
export function createSoakMeter(windowMs: number, { steady }: { readonly steady: boolean }): SoakMeter {
  const samples: Sample[] = []
  const timings: Timing[] = []
  const heaps: { readonly at: number; readonly mib: number }[] = []
  let began = performance.now()
  let ended = began

  return {
    onTask: (timing) => void timings.push(timing),
    async beside(world, signal) {
      began = performance.now()
      while (!signal.aborted) {
        samples.push(await sample(world, signal))
        const due = began + (heaps.length + 1) * windowMs - DUE_MS
        if (steady && performance.now() >= due) {
          // The pause for it is no answer time: no sample is taken meanwhile.
          const { heap } = await measure(world.server.process())
          heaps.push({ at: due, mib: heap })
        }
        await sleep(SAMPLE_MS, undefined, { signal }).catch(() => {})
      }
      ended = performance.now()
    },
    windows() {
      const count = Math.floor((ended - began) / windowMs)
      return Array.from({ length: count }, (_, index) => {
        const from = began + index * windowMs
        const inside = ({ at }: { readonly at: number }) => at >= from && at < from + windowMs
        const serverHeap = heaps.find(inside)?.mib ?? 0
        return { ...windowOf(samples.filter(inside), timings.filter(inside)), serverHeap }
      })
    },
  }
}

async function sample(world: FaultWorld, signal: AbortSignal): Promise<Sample> {
  const gateways = world.accounts.flatMap((account) => account.gateways.map(({ gateway }) => gateway.process().pid))
  const at = performance.now()
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(PROBE_DEADLINE_MS)])
  // A server that stands still or is away is one of the faults.
  const answered = await world.server.api
    .call('DescribeBackupGatewayList', { version: DBS, params: {}, signal: deadline })
    .then(
      ({ ok }) => ok,
      () => false,
    )
  const probeMs = answered ? performance.now() - at : undefined
  const [server, ...others] = await Promise.all([world.server.process().pid, ...gateways].map(usageOf))
  return { at, server, gateways: others.filter((usage) => usage !== undefined), probeMs }
}

function windowOf(samples: readonly Sample[], timings: readonly Timing[]): Omit<SoakWindow, 'serverHeap'> {
  const servers = samples.flatMap(({ server }) => (server === undefined ? [] : [server]))
  const most = (of: (usage: Usage) => number) => samples.map(({ gateways }) => Math.max(0, ...gateways.map(of)))
  const probes = samples.flatMap(({ probeMs }) => (probeMs === undefined ? [] : [probeMs]))
  const tasks = timings.map(({ taskMs }) => taskMs)
  return {
    serverRss: quantile(
      servers.map(({ rss }) => rss),
      0.5,
    ),
    serverFiles: quantile(
      servers.map(({ files }) => files),
      0.5,
    ),
    gatewayRss: quantile(
      most(({ rss }) => rss),
      0.5,
    ),
    gatewayFiles: quantile(
      most(({ files }) => files),
      0.5,
    ),
    probeP50: quantile(probes, 0.5),
    probeP99: quantile(probes, 0.99),
    taskP50: quantile(tasks, 0.5),
    taskP99: quantile(tasks, 0.99),
    tasks: tasks.length,
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** Undefined where the process is away, or where the system does not tell (it is Linux that does). */
async function usageOf(pid: number): Promise<Usage | undefined> {
  try {
    const [status, files] = await Promise.all([readFile(`/proc/${pid}/status`, 'utf8'), readdir(`/proc/${pid}/fd`)])
    const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN)
    return Number.isNaN(rss) ? undefined : { rss: (rss * 1024) / MIB, files: files.length }
  } catch {
    return undefined
  }
}

const cell = (value: number, width: number) => value.toFixed(0).padStart(width)

/** One line for each window. */
export function formatWindows(windows: readonly SoakWindow[]): string {
  const head = 'window  tasks  server MiB   heap  files  gateway MiB  files  read p50  p99 ms  task p50   p99 ms'
  const rows = windows.map((window, index) => {
    return [
      cell(index + 1, 6),
      cell(window.tasks, 5),
      cell(window.serverRss, 10),
      cell(window.serverHeap, 5),
      cell(window.serverFiles, 5),
      cell(window.gatewayRss, 11),
      cell(window.gatewayFiles, 5),
      cell(window.probeP50, 8),
      cell(window.probeP99, 6),
      cell(window.taskP50, 8),
      cell(window.taskP99, 7),
    ].join('  ')
  })
  return [head, ...rows].join('\n')
}

/** What is worse in the last window than in the second, both without faults (in the first a process still warms up); empty where nothing is. */
export function judgeWindows(windows: readonly SoakWindow[]): readonly string[] {
  const [, early] = windows
  const late = windows.at(-1)
  if (early === undefined || late === undefined || windows.length < 3) return ['fewer than three whole windows']
  const worse = (name: keyof SoakWindow, most: number) =>
    late[name] <= most ? [] : [`${name}: ${early[name].toFixed(0)} at first, ${late[name].toFixed(0)} at the end`]
  const memory = (name: 'serverRss' | 'gatewayRss') =>
    worse(name, Math.max(early[name] * MORE_MEMORY.factor, early[name] + MORE_MEMORY.mib))
  const heap = (name: 'serverHeap') =>
    worse(name, Math.max(early[name] * MORE_HEAP.factor, early[name] + MORE_HEAP.mib))
  const files = (name: 'serverFiles' | 'gatewayFiles') =>
    worse(name, early[name] * MORE_FILES.factor + MORE_FILES.count)
  const time = (name: 'probeP50' | 'probeP99' | 'taskP50') => worse(name, early[name] * MORE_TIME.factor + MORE_TIME.ms)
  return [
    ...memory('serverRss'),
    ...memory('gatewayRss'),
    ...heap('serverHeap'),
    ...files('serverFiles'),
    ...files('gatewayFiles'),
    ...time('probeP50'),
    ...time('probeP99'),
    ...time('taskP50'),
  ]
}
