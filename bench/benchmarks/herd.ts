import { setTimeout as sleep } from 'node:timers/promises'
import type { Benchmark, Sample } from '../benchmark.ts'
import { alternate, valuesOf } from '../alternate.ts'
import { callAllTheTime } from '../herd/call-all-the-time.ts'
import { processorMs, processTimes } from '../processor-time.ts'
import { enrolInStore, type LightFleet, startLightFleet } from '../../test/fixtures/light-fleet.ts'
import { startServer, UNTHROTTLED } from '../../test/fixtures/postern.ts'

const GATEWAYS = 10_000
const QUICK_GATEWAYS = 20
const PROCESSES = 2
const MOST_SECONDS = 60
const MOST_P99_MS = 250
/** For all that have to be there before it begins, or are never back. */
const DEADLINE_MS = 5 * 60_000
const LOOK_MS = 20
const OURS = 'ours'
const SECONDS = 'seconds until all are back'
const P50_MS = 'median ms'
const P99_MS = '99 % ms'
const SLOWEST_MS = 'slowest ms'

export const herd: Benchmark = {
  summary: `The server is killed and started again with ${GATEWAYS} gateways, while somebody goes on calling it.`,
  mustReach: `all back within ${MOST_SECONDS} s, 99 % of the calls meanwhile within ${MOST_P99_MS} ms`,
  inQuick: false,
  async run({ quick, runs, folder, say }) {
    const count = quick ? QUICK_GATEWAYS : GATEWAYS
    await using server = await startServer(folder, {
      config: `${UNTHROTTLED}connectionsPerAddress: ${2 * GATEWAYS}\n`,
      command: { env: { NODE_ENV: 'production' } },
    })
    await server.process().kill('SIGKILL')
    const fleet = await enrolInStore(server.data, count)
    await server.start()
    const processes = quick ? 1 : PROCESSES
    await using stack = new AsyncDisposableStack()
    const startFleet = async () => stack.use(await startLightFleet(folder, { ...fleet, url: server.url, processes }))
    let gateways: LightFleet | undefined
    // They wait seconds before they come back: a quick run has them come for the first time.
    if (!quick) {
      gateways = await startFleet()
      await until(() => gateways?.online === count)
      say('    all are there')
    }
    const once = async (): Promise<Sample> => {
      await server.process().kill('SIGKILL')
      await until(() => (gateways?.online ?? 0) === 0)
      await server.start()
      const began = performance.now()
      const { pid } = server.process()
      const before = processorMs(pid)
      const calls = callAllTheTime(
        server,
        fleet.members.map(({ id }) => id),
      )
      gateways ??= await startFleet()
      await until(() => gateways?.online === count)
      const seconds = (performance.now() - began) / 1000
      const used = processorMs(pid) - before
      const took = (await calls.stop()).toSorted((a, b) => a - b)
      const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN
      return {
        values: { [SECONDS]: seconds, [P50_MS]: at(0.5), [P99_MS]: at(0.99), [SLOWEST_MS]: at(1) },
        processorMs: { server: used },
        seconds,
      }
    }
    const samples = await alternate([{ name: OURS, run: once }], { runs, say })
    const of = (name: string) => valuesOf(samples.get(OURS), name)
    return {
      figures: [
        { name: SECONDS, unit: 's', ours: of(SECONDS), target: { of: 'ours', atMost: MOST_SECONDS } },
        { name: '99 % of the calls within', unit: 'ms', ours: of(P99_MS), target: { of: 'ours', atMost: MOST_P99_MS } },
        { name: 'half of the calls within', unit: 'ms', ours: of(P50_MS) },
        { name: 'the slowest call', unit: 'ms', ours: of(SLOWEST_MS) },
      ],
      processes: processTimes(samples),
      notes: [
        'A signed call each 20 ms from the moment the server listens until all are back, whether those before it were answered or not: nine reads and a create.',
        'Gateways spread themselves over the time that the server told them; two processes on this machine play them.',
      ],
      missing: [],
    }
  },
}

async function until(isSo: () => boolean): Promise<void> {
  const late = performance.now() + DEADLINE_MS
  while (!isSo()) {
    if (performance.now() > late) throw new Error('the gateways are not all there in time')
    await sleep(LOOK_MS)
  }
}
