import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Bus, BusState, SharedBus } from '../bus/bus.ts'
import { BUS_OPTION } from '../bus/bus-address.ts'
import { localBus } from '../bus/local-bus.ts'
import { readPostgresAddress } from '../model/postgres-address.ts'
import { usageError } from './exit-code.ts'
import type { ServerMetrics } from './server-metrics.ts'

export interface OpenBusOptions {
  /** URL of the store's database past any pooler, where the store is one. */
  readonly databaseUrl?: string | undefined
  /** What the nodes of one store share. */
  readonly installation: string
  readonly metrics: Pick<ServerMetrics, 'gauges' | 'counters'>
  readonly clock: Clock
  readonly log: Log
}

/** The bus that busSource() names. Resolves after one try to reach its server; rejects only where the settings are wrong. */
export async function openBus(source: string, options: OpenBusOptions): Promise<Bus> {
  if (source === 'local') {
    // The same metrics wherever one looks.
    measure(() => LOCAL, options.metrics)
    return localBus()
  }
  const bus = await (source.startsWith('postgres') ? openPostgres(source, options) : openNats(source, options))
  measure(() => bus.state, options.metrics)
  return bus
}

async function openNats(source: string, { installation, clock, log }: OpenBusOptions): Promise<SharedBus> {
  const { openNatsBus } = await import('../bus/nats-bus.ts')
  const { readNatsAddress } = await import('../bus/nats-address.ts')
  return openNatsBus({ address: readNatsAddress(source), installation, clock, log })
}

async function openPostgres(
  source: string,
  { databaseUrl, installation, clock, log }: OpenBusOptions,
): Promise<SharedBus> {
  const url = source === 'postgres' ? databaseUrl : source
  if (url === undefined) {
    throw usageError(
      '--bus postgres needs a store in PostgreSQL: it is the database of the store that wakes the nodes.\nLeave out --bus where this is the only server, or give the URL of NATS servers.',
    )
  }
  const { openPostgresBus } = await import('../bus/postgres-bus.ts')
  return openPostgresBus({ address: readPostgresAddress(url, BUS_OPTION), installation, clock, log })
}

const LOCAL: BusState = { connected: true, published: 0, received: 0, lost: 0, ignored: 0, reconnects: 0 }

function measure(state: () => BusState, metrics: OpenBusOptions['metrics']): void {
  metrics.gauges({
    postern_bus_connected: {
      help: 'Whether the bus to other nodes is there; without it they find out with their next look at the store.',
      read: () => (state().connected ? 1 : 0),
    },
  })
  metrics.counters({
    postern_bus_published_total: { help: 'Wakes sent to other nodes.', read: () => state().published },
    postern_bus_received_total: { help: 'Wakes that came from other nodes.', read: () => state().received },
    postern_bus_lost_total: { help: 'Wakes that could not be sent to other nodes.', read: () => state().lost },
    postern_bus_ignored_total: { help: 'Messages on the bus that were no wakes.', read: () => state().ignored },
    postern_bus_reconnects_total: { help: 'Connections to the bus after the first.', read: () => state().reconnects },
  })
}
