import { sleep } from '../../src/base/clock.ts'
import type { Engine } from '../../src/engines/engine.ts'
import type { Engines } from '../../src/gateway/attempt.ts'
import type { DatabaseType } from '../../src/model/database-type.ts'
import { type DiscoveryErrorCode, PosternError } from '../../src/model/errors.ts'
import type { Random } from '../fuzz/random.ts'
import type { MachineProcess } from './machine.ts'

const FAILURES: readonly [DiscoveryErrorCode, ...DiscoveryErrorCode[]] = [
  'Endpoint.ConnectionRefused',
  'Endpoint.ConnectionReset',
  'Database.TooManyConnections',
  'Database.PrivilegeMissing',
  'Database.AuthenticationFailed',
]

/** Database servers that mostly answer. Every listing has names of its own, so that two results are never the same. */
export function badEngines(parts: {
  random: Random
  process: MachineProcess
  badness: number
  listMs: number
}): Engines {
  const { random, process, badness, listMs } = parts
  const { clock } = process
  let listings = 0

  const connect: Engine['connect'] = async (endpoint, { signal, onStep }) => {
    const bad = random.chance(badness)
    const way = random.below(6)
    onStep('connect')
    await sleep(clock, 1 + random.below(40), signal)
    onStep('login')
    await endpoint.password()
    if (bad && way === 0) throw new PosternError(random.pick(FAILURES))
    if (bad && way === 1) throw new Error('a driver that breaks')
    // Nobody hears of this one again, whatever signal there is.
    if (bad && way === 2) await new Promise(() => undefined)
    return {
      async serverInfo() {
        await sleep(clock, 1 + random.below(10), signal)
        return { product: 'Simulated', version: '1', role: 'primary' }
      },
      async listDatabases() {
        if (bad && way === 3) await sleep(clock, 3_600_000, signal)
        await sleep(clock, bad && way === 4 ? 1_000 + random.below(30_000) : 1 + random.below(listMs))
        if (signal.aborted) throw new Error('it was stopped')
        const serial = `${process.name}-${++listings}`
        const databases = Array.from({ length: random.below(5) + 1 }, (_, i) => ({
          name: `${serial}-${i}`,
          kind: 'database' as const,
          system: false,
        }))
        return { databases, visibility: 'complete', warnings: [] }
      },
      async [Symbol.asyncDispose]() {
        if (bad && way === 5) await new Promise(() => undefined)
      },
    }
  }
  const load = (name: DatabaseType) => async (): Promise<Engine> => ({
    name,
    defaultPort: 1,
    grantsAre: 'SQL',
    maturity: 'stable',
    connect,
    grants: () => [],
  })
  return {
    MySQL: load('MySQL'),
    MariaDB: load('MariaDB'),
    DRDS: load('DRDS'),
    PostgreSQL: load('PostgreSQL'),
    MSSQL: load('MSSQL'),
    Oracle: load('Oracle'),
    MongoDB: load('MongoDB'),
    Redis: load('Redis'),
  }
}
