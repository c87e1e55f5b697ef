import { z } from 'zod'
import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { ENGINES } from '../../src/engines/list.ts'
import { redisEngine } from '../../src/engines/redis.ts'
import { configurationSource } from '../../src/gateway/configuration-source.ts'
import { runGateway } from '../../src/gateway/gateway.ts'
import type { EngineSession } from '../../src/engines/engine.ts'
import { serveParent } from '../child.ts'
import { DATABASES } from './answers.ts'

const setup = z.object({ data: z.string(), config: z.string() })
const CONNECT_MS = 30_000

/** Answers at once, in this process: what is measured is everything but the database. */
const session: EngineSession = {
  serverInfo: () => Promise.resolve({ product: 'Redis', version: '7.0.15', role: 'primary' }),
  listDatabases: () =>
    Promise.resolve({
      databases: DATABASES.map((name) => ({ name, kind: 'database' as const, system: false })),
      visibility: 'complete',
      warnings: [],
    }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}
const quickEngine = { ...redisEngine, connect: () => Promise.resolve(session) }

/** What `postern gateway run` runs, with that engine. */
serveParent(async (given) => {
  const { data, config } = setup.parse(given)
  const log = createLog({ name: 'gateway' })
  const clock = systemClock()
  const stopped = new AbortController()
  process.once('SIGTERM', () => stopped.abort())
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>()
  const running = runGateway({
    folder: data,
    configuration: configurationSource(config, { log, clock }),
    log,
    clock,
    signal: stopped.signal,
    engines: { ...ENGINES, Redis: () => Promise.resolve(quickEngine) },
    onLinkState: (state) => state.connected && resolve(),
  })
  running.catch(reject)
  const late = setTimeout(() => reject(new Error('the gateway did not connect')), CONNECT_MS)
  await connected
  clearTimeout(late)
  return () => Promise.resolve()
})
