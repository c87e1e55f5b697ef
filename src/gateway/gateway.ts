import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import { ENGINES } from '../engines/list.ts'
import { type DialOptions, dial, type GatewayLink } from '../link/dial.ts'
import { GATEWAY_UPGRADES } from '../link/messages.ts'
import { type Route, withPin } from '../link/route.ts'
import { systemResolver } from './address-guard.ts'
import type { Engines } from './attempt.ts'
import type { ConfigurationSource } from './configuration-source.ts'
import { createConnection, type LinkState } from './connection.ts'
import { identityFile, loadIdentity } from './identity.ts'
import { startKeyRotation } from './key-rotation.ts'
import { createKeyring } from './keyring.ts'
import { createOutbox } from './outbox.ts'
import { createRunner } from './runner.ts'

/** How long a gateway that stops finishes and sends what it has. */
const STOP_MS = 5_000
const STOP_LOOK_MS = 20
/** A key that was made while one connects, one that is taken, one that is proven. */
const MAX_DIALS = 3

export interface GatewayOptions {
  /** Holds `gateway.json`. */
  readonly folder: string
  readonly configuration: ConfigurationSource
  readonly log: Log
  readonly clock: Clock
  /** Ends the process politely. */
  readonly signal: AbortSignal
  /** To the server. */
  readonly route?: Route
  readonly engines?: Engines
  readonly onLinkState?: (state: LinkState) => void
  /** Asked when the process ends: whether another version was put in the place of this one, to come back as. */
  readonly isUpgraded?: () => boolean
}

/** The process beside the databases. Throws ConfigurationError where it has no identity; resolves after the signal. */
export async function runGateway(options: GatewayOptions): Promise<void> {
  const { folder, log, clock, signal, engines = ENGINES, configuration } = options
  const keyring = createKeyring(await loadIdentity(folder), { folder, clock, log })
  const { id, server, url, name, pin } = keyring.identity
  const route = withPin(options.route ?? {}, pin, identityFile(folder))
  log.info(
    { gateway: id, name, server: url, endpoints: configuration.current().endpoints.length, version: VERSION },
    'gateway starts',
  )

  const instance = randomBytes(16).toString('hex')
  const outbox = createOutbox()
  const dialOnce = (on: Pick<DialOptions, 'onMessage' | 'signal'>) => {
    const { keys, next } = keyring.signingKeys()
    const about = { url, server, gateway: id, instance, version: VERSION, hostname: hostname().slice(0, 256) }
    return dial({ ...about, ...on, keys, clock, log, route, ...(next !== undefined && { nextKey: next }) })
  }
  /** A key that was just taken is proven at once: only then the old one is worth nothing any more. */
  const proveNewest = async (on: Pick<DialOptions, 'onMessage' | 'signal'>): Promise<GatewayLink> => {
    for (let dials = 1; ; dials++) {
      const link = await dialOnce(on)
      if (!(await keyring.proven(link.key, link.offered)) || dials === MAX_DIALS) return link
      link.close()
    }
  }
  const connection = createConnection({
    dial: proveNewest,
    instance,
    engines: Object.keys(engines),
    outbox,
    clock,
    log,
    ...(options.onLinkState && { onState: options.onLinkState }),
  })
  const runner = createRunner({
    configuration: () => configuration.current(),
    engines,
    resolver: systemResolver,
    server,
    gateway: id,
    signingKey: () => keyring.current,
    outbox,
    events: connection.events,
    clock,
    log,
  })

  await using rotation = startKeyRotation({
    folder,
    keyring,
    maxAgeDays: () => configuration.current().rotateKeyDays,
    reconnect: () => connection.reconnect(),
    clock,
    log,
  })
  await rotation.look()

  // Timers of the clock keep no process alive: without this one it would end while it waits for the server.
  const alive = setInterval(() => undefined, 2 ** 30)
  const stopped = new AbortController()
  try {
    const maintained = connection.maintain(runner, stopped.signal)
    await new Promise<void>((resolve) => {
      if (signal.aborted) return resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    runner.refuse()
    const busy = () => runner.holding.length > 0 || outbox.attempts.length > 0
    const until = clock.now() + STOP_MS
    while (busy() && connection.connected && clock.now() < until) await sleep(clock, STOP_LOOK_MS)
    stopped.abort(options.isUpgraded?.() === true ? GATEWAY_UPGRADES : undefined)
    await maintained
    log.info({ unfinished: runner.holding.length, unsent: outbox.attempts.length }, 'gateway stops')
  } finally {
    stopped.abort()
    await runner[Symbol.asyncDispose]()
    clearInterval(alive)
  }
}
