import assert from 'node:assert/strict'
import { silentLog } from '../../src/base/log.ts'
import { systemClock } from '../../src/base/clock.ts'
import { ENGINES } from '../../src/engines/list.ts'
import type { ConfiguredEndpoint, ConfiguredTls, Limits } from '../../src/gateway/configuration.ts'
import { parseConfiguredHost } from '../../src/gateway/configured-host.ts'
import { createOutbox } from '../../src/gateway/outbox.ts'
import { createRunner } from '../../src/gateway/runner.ts'
import { createKey, signingKey } from '../../src/gateway/signing-key.ts'
import type { DatabaseType } from '../../src/model/database-type.ts'
import type { AttemptId } from '../../src/model/ids.ts'
import type { Outcome } from '../../src/model/listing.ts'
import { outcome } from '../../src/model/listing-schemas.ts'
import { GATEWAY, runMessage, SERVER } from '../gateway/runner-bench.ts'
import { PASSWORD, USER } from './engine-session.ts'

export interface HostileRunner extends AsyncDisposable {
  /** What a task at that port of 127.0.0.1 ends with, and after how long. */
  attempt(engine: DatabaseType, port: number, options: AttemptOptions): Promise<Ended>
}

export interface AttemptOptions {
  readonly tls: ConfiguredTls
  /** Of the task. */
  readonly executionMs?: number
  readonly limits: Pick<Limits, 'connectMs' | 'queryMs'>
}

export interface Ended {
  readonly outcome: Outcome
  /** All bytes of the list. */
  readonly list: string
  readonly ms: number
}

/** One runner of a gateway, on the real clock: what one task leaves behind, the next one meets. */
export function hostileRunner(): HostileRunner {
  const outbox = createOutbox()
  const key = signingKey(createKey())
  const waiting = new Map<AttemptId, () => void>()
  let endpoints: readonly ConfiguredEndpoint[] = []
  let limits: Limits = { total: 16, perEndpoint: 4, connectMs: 1000, queryMs: 1000 }
  const host = parseConfiguredHost('127.0.0.1')
  assert.ok(typeof host !== 'string')
  const runner = createRunner({
    configuration: () => ({ file: '/etc/gateway.yaml', endpoints, limits, warnings: [] }),
    engines: ENGINES,
    resolver: async () => ['127.0.0.1'],
    server: SERVER,
    gateway: GATEWAY,
    signingKey: () => key,
    outbox,
    events: {
      onAccepted: () => {},
      onStep: () => {},
      onOutcome: (attempt) => waiting.get(attempt)?.(),
    },
    clock: systemClock(),
    log: silentLog(),
  })
  return {
    async attempt(engine, port, options) {
      const name = `${engine}@${port}`
      const endpoint: ConfiguredEndpoint = {
        name,
        engine,
        host,
        port,
        user: USER,
        password: async () => PASSWORD,
        ...(engine === 'Oracle' && { serviceName: 'FREE' }),
        tls: options.tls,
        line: 1,
      }
      endpoints = [...endpoints.filter((other) => other.name !== name), endpoint]
      limits = { ...limits, ...options.limits }
      const message = runMessage({ engine, host: '127.0.0.1', port, executionMs: options.executionMs ?? 60_000 })
      const ended = new Promise<void>((resolve) => waiting.set(message.attempt, resolve))
      const started = performance.now()
      runner.run(message)
      await ended
      const sealed = outbox.get(message.attempt) ?? assert.fail('no outcome')
      outbox.acknowledge(message.attempt)
      waiting.delete(message.attempt)
      runner.wake()
      return {
        outcome: outcome.parse(JSON.parse(sealed.outcomeText)),
        list: Buffer.concat(sealed.parts).toString('utf8'),
        ms: performance.now() - started,
      }
    },
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  }
}
