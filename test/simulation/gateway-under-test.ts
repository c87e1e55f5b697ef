import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import type { ConfiguredEndpoint, GatewayConfiguration } from '../../src/gateway/configuration.ts'
import { createConnection } from '../../src/gateway/connection.ts'
import { createOutbox, type Outbox, type SealedOutcome } from '../../src/gateway/outbox.ts'
import { createRunner, type Runner } from '../../src/gateway/runner.ts'
import { dial, type SigningKey } from '../../src/link/dial.ts'
import { fingerprintOf, type GatewayId, type ServerId } from '../../src/model/ids.ts'
import type { Random } from '../fuzz/random.ts'
import { badEngines } from './bad-engines.ts'
import { QUIET } from './disk.ts'
import type { MachineProcess } from './machine.ts'
import type { Network } from './network.ts'

/** What DER says before the 32 bytes of an Ed25519 key. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** What was enrolled; several processes may have it at a time, which is a mistake of an operator. */
export interface GatewayIdentity {
  readonly id: GatewayId
  readonly server: ServerId
  readonly key: SigningKey
  readonly hosts: readonly string[]
  readonly limits: { readonly total: number; readonly perEndpoint: number }
}

export interface GatewayUnderTest {
  readonly process: MachineProcess
  readonly identity: GatewayIdentity
  readonly runner: Runner
  readonly outbox: Outbox
  readonly connected: boolean
  /** As SIGTERM: it says goodbye. */
  stop(): void
}

/** A signing key of the seed. */
export function seededKey(): SigningKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8, randomBytes(32)]),
    format: 'der',
    type: 'pkcs8',
  })
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { fingerprint: fingerprintOf(raw), publicKey: raw, sign: (payload) => sign(null, payload, privateKey) }
}

/** The real gateway but for its files: identity and configuration are handed over. */
export function startGateway(parts: {
  process: MachineProcess
  identity: GatewayIdentity
  network: Network
  random: Random
  badness: number
  listMs: number
  /** Told of every outcome that the gateway has signed. */
  onSealed: (outcome: SealedOutcome) => void
}): GatewayUnderTest {
  const { process, identity, network, random, badness, listMs, onSealed } = parts
  const { id, server, key } = identity
  const { clock } = process
  const instance = randomBytes(16).toString('hex')
  const configuration = configurationOf(identity)
  const engines = badEngines({ random, process, badness, listMs })
  const outbox = noting(createOutbox(), onSealed)
  const connection = createConnection({
    dial: (on) =>
      dial({
        ...on,
        url: 'http://simulated',
        server,
        gateway: id,
        instance,
        version: '0.0.0',
        hostname: 'simulated',
        keys: [key],
        clock,
        log: QUIET,
        connect: (signal) => network.dial(process, signal),
      }),
    instance,
    engines: Object.keys(engines),
    outbox,
    clock,
    log: QUIET,
  })
  const runner = createRunner({
    configuration: () => configuration,
    engines,
    resolver: () => Promise.reject(new Error('no names here')),
    server,
    gateway: id,
    signingKey: () => key,
    outbox,
    events: connection.events,
    clock,
    log: QUIET,
    // So small that a list has several.
    partLimits: { databases: 1_000, resultBytes: 100_000, partBytes: 200 },
  })
  const stopped = new AbortController()
  void connection.maintain(runner, stopped.signal)
  return {
    process,
    identity,
    runner,
    outbox,
    get connected() {
      return connection.connected
    },
    stop() {
      runner.refuse()
      stopped.abort()
    },
  }
}

const PORT = 3306

const configurationOf = ({ hosts, limits }: GatewayIdentity): GatewayConfiguration => ({
  file: '/gateway.yaml',
  endpoints: hosts.map(endpointAt),
  limits: { ...limits, connectMs: 10_000, queryMs: 30_000 },
  warnings: [],
})

const endpointAt = (address: string, line: number): ConfiguredEndpoint => ({
  name: `MySQL@${address}:${PORT}`,
  engine: 'MySQL',
  host: { kind: 'address', address },
  port: PORT,
  user: 'postern',
  password: async () => 'of the simulation',
  tls: { mode: 'off' },
  line,
})

function noting(outbox: Outbox, onSealed: (outcome: SealedOutcome) => void): Outbox {
  return {
    add(outcome) {
      const added = outbox.add(outcome)
      if (added) onSealed(outcome)
      return added
    },
    acknowledge: (attempt) => outbox.acknowledge(attempt),
    get: (attempt) => outbox.get(attempt),
    get attempts() {
      return outbox.attempts
    },
    get bytes() {
      return outbox.bytes
    },
    get full() {
      return outbox.full
    },
  }
}
