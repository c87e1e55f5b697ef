import type { Benchmark } from './benchmark.ts'
import { growth } from './benchmarks/growth.ts'
import { herd } from './benchmarks/herd.ts'
import { idle } from './benchmarks/idle.ts'
import { large } from './benchmarks/large.ts'
import { real } from './benchmarks/real.ts'
import { start } from './benchmarks/start.ts'

/** The one list, in the order in which `npm run bench` takes them. */
export const BENCHMARKS: Readonly<Record<string, Benchmark>> = { growth, herd, idle, large, real, start }
