import type { Benchmark } from './benchmark.ts'
import { api } from './benchmarks/api.ts'
import { cluster } from './benchmarks/cluster.ts'
import { consolePages } from './benchmarks/console.ts'
import { growth } from './benchmarks/growth.ts'
import { herd } from './benchmarks/herd.ts'
import { idle } from './benchmarks/idle.ts'
import { large } from './benchmarks/large.ts'
import { latency } from './benchmarks/latency.ts'
import { real } from './benchmarks/real.ts'
import { start } from './benchmarks/start.ts'
import { tasks } from './benchmarks/tasks.ts'

/** The one list, in the order in which `npm run bench` takes them. */
export const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  tasks,
  latency,
  cluster,
  api,
  real,
  idle,
  herd,
  growth,
  large,
  console: consolePages,
  start,
}
