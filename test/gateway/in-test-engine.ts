import type { ConnectOptions, Endpoint, Engine, EngineSession } from '../../src/engines/engine.ts'
import type { Engines } from '../../src/gateway/attempt.ts'
import type { Listing } from '../../src/model/listing.ts'

export interface InTestEngine {
  readonly engines: Engines
  /** What was dialled, in order. */
  readonly dialled: Endpoint[]
  /** Sessions that are open, and those that ever were. */
  readonly open: number
  readonly opened: number
}

export interface Behaviour {
  /** The login; what it throws is how it fails. */
  readonly login?: (endpoint: Endpoint, options: ConnectOptions) => Promise<void>
  readonly list?: (endpoint: Endpoint) => Promise<Listing>
  readonly dispose?: () => Promise<void>
  readonly maturity?: Engine['maturity']
}

export const listingOf = (...names: readonly string[]): Listing => ({
  databases: names.map((name) => ({ name, kind: 'database', system: false })),
  visibility: 'complete',
  warnings: [],
})

/** An engine without a server: what the runner does with one is under test, not the engine. */
export function inTestEngine({ login, list, dispose, maturity = 'stable' }: Behaviour = {}): InTestEngine {
  const dialled: Endpoint[] = []
  let open = 0
  let opened = 0
  const connect = async (endpoint: Endpoint, options: ConnectOptions): Promise<EngineSession> => {
    dialled.push(endpoint)
    options.onStep('connect')
    options.onStep('login')
    await endpoint.password()
    await login?.(endpoint, options)
    open++
    opened++
    return {
      serverInfo: async () => ({ product: 'In-test', version: '1', role: 'primary' }),
      listDatabases: async () => (await list?.(endpoint)) ?? listingOf('crm_中文', 'we`ird"name'),
      [Symbol.asyncDispose]: async () => {
        open--
        await dispose?.()
      },
    }
  }
  const engine = (name: Engine['name']) => async (): Promise<Engine> => ({
    name,
    defaultPort: 1,
    grantsAre: 'SQL',
    maturity,
    connect,
    grants: () => [],
  })
  return {
    engines: {
      MySQL: engine('MySQL'),
      MariaDB: engine('MariaDB'),
      DRDS: engine('DRDS'),
      PostgreSQL: engine('PostgreSQL'),
      MongoDB: engine('MongoDB'),
      MSSQL: engine('MSSQL'),
      Oracle: engine('Oracle'),
      Redis: engine('Redis'),
    },
    dialled,
    get open() {
      return open
    },
    get opened() {
      return opened
    },
  }
}
