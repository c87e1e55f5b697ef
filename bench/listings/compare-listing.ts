import { ENGINES } from '../../src/engines/list.ts'
import { median } from '../median.ts'
import type { BareListing } from './bare-listings.ts'

/** Medians in milliseconds: of the bare driver, of our engine, and of the difference within a pair. */
export interface Comparison {
  readonly bareMs: number
  readonly oursMs: number
  /** Median of ours minus median of the bare driver's. */
  readonly differenceMs: number
  readonly ratio: number
  /** Databases that either listed, the same number each time. */
  readonly databases: number
}

/** Lists one at a time, taking turns, so that whatever else the machine does falls on both alike. */
export async function compareListing(bare: BareListing, rounds: number): Promise<Comparison> {
  const times = { bare: [] as number[], ours: [] as number[] }
  const ways = { bare: () => bare.list(), ours: () => listWithEngine(bare) }
  const databases = await ways.bare()
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes too.
    const order = round % 2 === 0 ? (['bare', 'ours'] as const) : (['ours', 'bare'] as const)
    for (const who of order) {
      const started = performance.now()
      const count = await ways[who]()
      times[who].push(performance.now() - started)
      if (count !== databases) throw new Error(`${bare.engine}: ${who} listed ${count} databases, not ${databases}`)
    }
  }
  const bareMs = median(times.bare)
  const oursMs = median(times.ours)
  return { bareMs, oursMs, differenceMs: oursMs - bareMs, ratio: oursMs / bareMs, databases }
}

async function listWithEngine({ engine: name, port, user, password }: BareListing): Promise<number> {
  const engine = await ENGINES[name]()
  await using session = await engine.connect(
    {
      engine: name,
      host: '127.0.0.1',
      address: '127.0.0.1',
      port,
      user,
      password: () => Promise.resolve(password),
      tls: { mode: 'off' },
      strictLogin: false,
    },
    { signal: new AbortController().signal, connectMs: 10_000, queryMs: 10_000, onStep: () => {} },
  )
  return (await session.listDatabases()).databases.length
}
