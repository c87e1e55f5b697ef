import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import { ENGINES } from '../engines/list.ts'
import { dial, type SigningKey } from '../link/dial.ts'
import { type Route, withPin } from '../link/route.ts'
import type { KeyFingerprint } from '../model/ids.ts'
import { systemResolver } from './address-guard.ts'
import type { Engines } from './attempt.ts'
import type { ConfigurationSource } from './configuration-source.ts'
import { createConnection, type LinkState } from './connection.ts'
import { completeRotation, type Identity, identityFile, loadIdentity, saveIdentity, signingKeys } from './identity.ts'
import { createOutbox } from './outbox.ts'
import { createRunner } from './runner.ts'

/** How long a gateway that stops finishes and sends what it has. */
const STOP_MS = 5_000
const STOP_LOOK_MS = 20

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
  const connection = createConnection({
    dial: async (on) => {
      const { keys, next } = keyring.signingKeys()
      const common = { url, server, gateway: id, instance, version: VERSION, hostname: hostname().slice(0, 256) }
      const link = await dial({
        ...common,
        ...on,
        keys,
        clock,
        log,
        ...(next !== undefined && { nextKey: next }),
        route,
      })
      await keyring.proven(link.key)
      return link
    },
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
    stopped.abort()
    await maintained
    log.info({ unfinished: runner.holding.length, unsent: outbox.attempts.length }, 'gateway stops')
  } finally {
    stopped.abort()
    await runner[Symbol.asyncDispose]()
    clearInterval(alive)
  }
}

/** The keys of a gateway, and which of them the server knows now. */
function createKeyring(loaded: Identity, parts: { folder: string; clock: Clock; log: Log }) {
  const { folder, clock, log } = parts
  let identity = loaded
  let current: SigningKey = signingKeys(identity, clock.wall()).keys[0]
  return {
    identity,
    get current() {
      return current
    },
    signingKeys: () => signingKeys(identity, clock.wall()),
    /** Results are signed with the key that was accepted; a key that was offered along takes its place from the next connection. */
    async proven(fingerprint: KeyFingerprint): Promise<void> {
      const { keys, next } = signingKeys(identity, clock.wall())
      const used = keys.find((key) => key.fingerprint === fingerprint)
      if (used !== undefined) current = used
      if (used !== keys[0])
        log.warn({ key: fingerprint }, 'the server knows an older key of this gateway only; it was restored')
      if (next === undefined) return
      const rotated = completeRotation(identity, clock.wall())
      try {
        await saveIdentity(folder, rotated)
        identity = rotated
        log.info({ key: next.fingerprint }, 'the key was rotated')
      } catch (error) {
        log.error({ err: error }, 'the rotated key could not be saved; the old one stays')
      }
    },
  }
}
