import { findNats, startNats } from '../../test/fixtures/nats.ts'
import { findPostgresql } from '../../test/fixtures/postgresql.ts'
import { alternate, valuesOf } from '../alternate.ts'
import type { Benchmark } from '../benchmark.ts'
import { startDurablePostgresql } from '../load/durable-postgresql.ts'
import { generatorNotes } from '../load/generator-note.ts'
import { MEDIAN_MS, measureLoad, P99_MS, PER_SECOND } from '../load/measure-load.ts'
import { startPosternWorld } from '../load/postern-world.ts'
import { startGraphileWorld } from '../peers/graphile-world.ts'
import { processTimes } from '../processor-time.ts'

const LANES = 64
const LEAST_RATIO = 3
const OURS = 'ours'
const PEER = 'graphile-worker'

export const cluster: Benchmark = {
  summary:
    'The same as tasks with two nodes, PostgreSQL and NATS: the callers ask the one, the gateway is on the other.',
  mustReach: '3 × graphile-worker doing job → result row → NOTIFY → its creator reads it',
  inQuick: false,
  async run({ runs, seconds, warmUpSeconds, folder, say, profile }) {
    const missing = [
      ...(findPostgresql() === undefined ? ['PostgreSQL is not on this machine'] : []),
      ...(findNats() ? [] : ['NATS is not on this machine']),
    ]
    if (missing.length > 0) return { figures: [], processes: [], notes: [], missing }
    const load = { seconds, lanes: LANES }
    await using stack = new AsyncDisposableStack()
    const database = stack.use(await startDurablePostgresql())
    const nats = stack.use(await startNats())
    const shared = { storeUrl: database.url, busUrl: `nats://127.0.0.1:${nats.port}` }
    const ours = stack.use(await startPosternWorld({ folder, shared, ...(profile !== undefined && { profile }) }))
    const generator = stack.use(await ours.taskCallers(LANES))
    const graphile = stack.use(await startGraphileWorld())
    const pids = {
      'server of the callers': ours.server.process().pid,
      'server of the gateway': ours.gatewayServer.process().pid,
      gateway: ours.gateway.pid,
      PostgreSQL: database.pid,
      NATS: nats.pid,
    }
    for (const each of [generator, graphile.generator]) await each.ask({ ...load, seconds: warmUpSeconds })
    const samples = await alternate(
      [
        { name: OURS, run: () => measureLoad(generator, load, pids) },
        { name: PEER, run: () => measureLoad(graphile.generator, load, graphile.pids) },
      ],
      { runs, say },
    )
    const figure = (name: string, unit: string, value: string) => ({
      name,
      unit,
      ours: valuesOf(samples.get(OURS), value),
      peer: { name: PEER, values: valuesOf(samples.get(PEER), value) },
    })
    return {
      figures: [
        { ...figure('tasks a second', '/s', PER_SECOND), target: { of: 'ratio', atLeast: LEAST_RATIO } },
        figure('median', 'ms', MEDIAN_MS),
        figure('99 % within', 'ms', P99_MS),
      ],
      processes: processTimes(samples),
      notes: [
        ...generatorNotes(samples),
        'Both PostgreSQL keep what they acknowledge: fsync and synchronous_commit are on.',
      ],
      missing,
    }
  },
}
