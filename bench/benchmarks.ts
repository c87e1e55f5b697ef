import type { Benchmark } from './benchmark.ts'
import { real } from './benchmarks/real.ts'
import { start } from './benchmarks/start.ts'

/** The one list, in the order in which `npm run bench` takes them. */
export const BENCHMARKS: Readonly<Record<string, Benchmark>> = { real, start }
