import { freePort } from '../../test/fixtures/free-port.ts'
import { alternate, valuesOf } from '../alternate.ts'
import type { Benchmark } from '../benchmark.ts'
import { startChild } from '../child.ts'
import { generatorNotes } from '../load/generator-note.ts'
import { MEDIAN_MS, measureLoad, PER_SECOND, perProcessorSecond } from '../load/measure-load.ts'
import { startPosternWorld } from '../load/postern-world.ts'
import { processTimes } from '../processor-time.ts'

const LANES = 64
const LEAST_RATIO = 0.35
const OURS = 'ours'
const PEER = 'node:http'
const SERVER = 'server'

export const api: Benchmark = {
  summary: 'A signed GetDBListFromAgent of a finished task with a small list, over 64 connections that are kept open.',
  mustReach: '0.35 × bare node:http answering a fixed body of the same size, asked by the same generator',
  inQuick: false,
  async run({ runs, seconds, warmUpSeconds, folder, say, profile }) {
    const load = { seconds, lanes: LANES }
    await using stack = new AsyncDisposableStack()
    const ours = stack.use(await startPosternWorld({ folder, ...(profile !== undefined && { profile }) }))
    const port = await freePort()
    const body = await ours.answer()
    const bare = stack.use(await startChild('peers/bare-http-child.ts', { setup: { port, body } }))
    const generator = stack.use(await ours.readers(LANES))
    // Signed too, so that both generators do the same.
    const bareGenerator = stack.use(await ours.readers(LANES, port))
    const pid = ours.server.process().pid
    for (const each of [generator, bareGenerator]) await each.ask({ ...load, seconds: warmUpSeconds })
    const samples = await alternate(
      [
        { name: OURS, run: () => measureLoad(generator, load, { [SERVER]: pid }) },
        { name: PEER, run: () => measureLoad(bareGenerator, load, { [SERVER]: bare.pid }) },
      ],
      { runs, say },
    )
    const values = (side: string, name: string) => valuesOf(samples.get(side), name)
    return {
      figures: [
        {
          name: 'answers a second',
          unit: '/s',
          ours: values(OURS, PER_SECOND),
          peer: { name: PEER, values: values(PEER, PER_SECOND) },
          target: { of: 'ratio', atLeast: LEAST_RATIO },
        },
        {
          name: 'for each processor second of the server',
          unit: '',
          ours: perProcessorSecond(samples.get(OURS), [SERVER]),
          peer: { name: PEER, values: perProcessorSecond(samples.get(PEER), [SERVER]) },
        },
        {
          name: 'median',
          unit: 'ms',
          ours: values(OURS, MEDIAN_MS),
          peer: { name: PEER, values: values(PEER, MEDIAN_MS) },
        },
      ],
      processes: processTimes(samples),
      notes: generatorNotes(samples),
      missing: [],
    }
  },
}
