import assert from 'node:assert/strict'
import { silentLog } from '../../src/base/log.ts'
import type { Resolver } from '../../src/gateway/address-guard.ts'
import type { Engines } from '../../src/gateway/attempt.ts'
import type { ConfiguredEndpoint, GatewayConfiguration, Limits } from '../../src/gateway/configuration.ts'
import { parseConfiguredHost } from '../../src/gateway/configured-host.ts'
import { createOutbox, type Outbox, type SealedOutcome } from '../../src/gateway/outbox.ts'
import { createRunner, type Runner } from '../../src/gateway/runner.ts'
import type { PartLimits } from '../../src/gateway/result-parts.ts'
import { createKey, signingKey } from '../../src/gateway/signing-key.ts'
import type { SigningKey } from '../../src/link/dial.ts'
import type { Message } from '../../src/link/messages.ts'
import { newAttemptId, toEpoch, toGatewayId, toServerId, toTaskId } from '../../src/model/ids.ts'
import type { Outcome } from '../../src/model/listing.ts'
import { outcome } from '../../src/model/listing-schemas.ts'
import { eventually } from '../fixtures/eventually.ts'
import { type ManualClock, manualClock } from '../fixtures/manual-clock.ts'

export const SERVER = toServerId('5'.repeat(32))
export const GATEWAY = toGatewayId(123_456_789_012_345) ?? assert.fail()

const LIMITS: Limits = { total: 16, perEndpoint: 4, connectMs: 10_000, queryMs: 30_000 }

export interface Bench extends AsyncDisposable {
  readonly runner: Runner
  readonly outbox: Outbox
  readonly clock: ManualClock
  readonly key: SigningKey
  /** `accepted a`, `step a login`, `outcome a`; `a` is the beginning of the attempt. */
  readonly told: string[]
  /** From now on the gateway has this configuration. */
  configure(change: Partial<Change>): void
  /** The outcome of an attempt, when it is there. */
  outcomeOf(message: Message<'run'>): Promise<{ outcome: Outcome; sealed: SealedOutcome; names: string[] }>
}

interface Change {
  readonly hosts: readonly string[]
  readonly password: () => Promise<string>
  readonly limits: Partial<Limits>
}

export interface BenchOptions extends Partial<Change> {
  readonly engines: Engines
  readonly partLimits?: PartLimits
  readonly outbox?: Outbox
  readonly resolver?: Resolver
}

export function runnerBench(options: BenchOptions): Bench {
  const clock = manualClock()
  const outbox = options.outbox ?? createOutbox()
  const key = signingKey(createKey())
  const told: string[] = []
  let change: Partial<Change> = options
  let configuration = configurationOf(change)
  const runner = createRunner({
    configuration: () => configuration,
    engines: options.engines,
    resolver: options.resolver ?? (async () => ['10.0.0.1']),
    server: SERVER,
    gateway: GATEWAY,
    signingKey: () => key,
    outbox,
    events: {
      onAccepted: (attempt, epoch) => told.push(`accepted ${attempt.slice(0, 4)} ${epoch}`),
      onStep: (attempt, step) => told.push(`step ${attempt.slice(0, 4)} ${step}`),
      onOutcome: (attempt) => told.push(`outcome ${attempt.slice(0, 4)}`),
    },
    clock,
    log: silentLog(),
    ...(options.partLimits && { partLimits: options.partLimits }),
  })
  return {
    runner,
    outbox,
    clock,
    key,
    told,
    configure(more) {
      change = { ...change, ...more }
      configuration = configurationOf(change)
    },
    async outcomeOf({ attempt }) {
      await eventually(`an outcome of ${attempt}`, () => outbox.get(attempt) !== undefined)
      const sealed = outbox.get(attempt) ?? assert.fail()
      const lines = Buffer.concat(sealed.parts).toString('utf8').split('\n').slice(0, -1)
      const names = lines.map((line) => {
        const record: unknown = JSON.parse(line)
        assert.ok(typeof record === 'object' && record !== null && 'name' in record)
        return String(record.name)
      })
      return { outcome: outcome.parse(JSON.parse(sealed.outcomeText)), sealed, names }
    },
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]()
    },
  }
}

function configurationOf({ hosts = ['a', 'b'], password, limits }: Partial<Change>): GatewayConfiguration {
  const endpoints = hosts.map((text): ConfiguredEndpoint => {
    const host = parseConfiguredHost(text)
    assert.ok(typeof host !== 'string')
    return {
      name: text,
      engine: 'MySQL',
      host,
      port: 3306,
      user: 'postern',
      password: password ?? (async () => 'hunter22'),
      tls: { mode: 'verify' },
      line: 1,
    }
  })
  return { file: '/etc/gateway.yaml', endpoints, limits: { ...LIMITS, ...limits }, warnings: [] }
}

export const runMessage = (more: Partial<Message<'run'>> = {}): Message<'run'> => ({
  type: 'run',
  attempt: newAttemptId(),
  epoch: toEpoch(7),
  task: toTaskId(987_654_321_098_765) ?? assert.fail(),
  operation: 'list-databases',
  engine: 'MySQL',
  host: 'a',
  port: 3306,
  executionMs: 60_000,
  nonce: 'ab'.repeat(16),
  ...more,
})
