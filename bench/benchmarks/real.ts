import { findMariadb } from '../../test/fixtures/mariadb.ts'
import { findPostgresql } from '../../test/fixtures/postgresql.ts'
import { findRedis } from '../../test/fixtures/redis.ts'
import type { Benchmark, Figure, RunOptions } from '../benchmark.ts'
import { startBareMariadb, startBarePostgresql, startBareRedis } from '../listings/bare-listings.ts'
import { compareListing } from '../listings/compare-listing.ts'

const ROUNDS = 20
const QUICK_ROUNDS = 3
const MOST_MS = 2

const SERVERS = [
  { name: 'MariaDB', there: () => findMariadb() !== undefined, start: startBareMariadb },
  { name: 'PostgreSQL', there: () => findPostgresql() !== undefined, start: startBarePostgresql },
  { name: 'Redis', there: findRedis, start: startBareRedis },
]

export const real: Benchmark = {
  summary: 'A whole discovery of a real MariaDB, PostgreSQL and Redis: connect, list, close, one at a time.',
  mustReach: "at most the bare driver's connect + query + close, plus 2 ms",
  inQuick: false,
  async run(options) {
    const figures: Figure[] = []
    const missing: string[] = []
    for (const server of SERVERS) {
      if (server.there()) figures.push(await compare(server, options))
      else missing.push(`${server.name} is not on this machine`)
    }
    // Both sides are in this one process: there is nothing to tell apart.
    return { figures, missing, processes: [], notes: [] }
  },
}

/** One run is the median of some rounds, in which the two take turns. */
async function compare({ name, start }: (typeof SERVERS)[number], { quick, runs, say }: RunOptions): Promise<Figure> {
  const rounds = quick ? QUICK_ROUNDS : ROUNDS
  await using bare = await start()
  // The first connections load code and warm the server's caches.
  await compareListing(bare, rounds)
  const ours: number[] = []
  const values: number[] = []
  for (let run = 0; run < runs; run++) {
    const { oursMs, bareMs } = await compareListing(bare, rounds)
    ours.push(oursMs)
    values.push(bareMs)
    say(`  run ${run + 1}, ${name}: ours ${oursMs.toFixed(2)} ms, bare driver ${bareMs.toFixed(2)} ms`)
  }
  return {
    name,
    unit: 'ms',
    ours,
    peer: { name: 'bare driver', values },
    target: { of: 'difference', atMost: MOST_MS },
  }
}
