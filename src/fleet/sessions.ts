import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Bus } from '../bus/bus.ts'
import { type AssemblyBudget, createResultAssembly, type ResultAssembly } from '../link/result-assembly.ts'
import type { LinkHost, LinkOpened, ProvenGateway, ServerLink, WorkMessage } from '../link/doorkeeper.ts'
import { CLOSE, GATEWAY_STOPS, GATEWAY_UPGRADES } from '../link/messages.ts'
import type { LinkEnd } from '../link/peer.ts'
import { PosternError } from '../model/errors.ts'
import {
  type AccountId,
  type AttemptId,
  type Epoch,
  type GatewayId,
  type ServerId,
  toEpoch,
  toGatewayId,
} from '../model/ids.ts'
import type { StepName } from '../model/listing.ts'
import type { EndedSession, FleetStore } from '../store/fleet-store.ts'
import type { Claim, ClaimKey, Result, SessionEpoch } from '../store/task-store.ts'
import type { Presence } from './presence.ts'
import { watchSessions } from './watch-sessions.ts'

/** One live connection of one gateway to this node, in the words of tasks. */
export interface Session extends SessionEpoch {
  readonly account: AccountId
  /** What the gateway can take at a time. */
  readonly capacity: { readonly total: number; readonly perEndpoint: number }
  run(claim: Claim): boolean
  cancel(attempt: AttemptId): boolean
  /** Only after the commit. */
  received(attempt: AttemptId, kind: 'finished' | 'late' | 'unknown'): boolean
  /** Ends the connection; the gateway comes back after a while and sends what was not acknowledged again. */
  overloaded(): void
}

/** What a session tells; the dispatcher of tasks listens. Called in order, never throws. */
export interface SessionEvents {
  ready(session: Session, holding: readonly AttemptId[]): void
  accepted(session: Session, claim: ClaimKey): void
  step(session: Session, at: { attempt: AttemptId; step: StepName }): void
  finished(session: Session, claim: ClaimKey, result: Result): void
  lost(session: EndedSession): void
}

export interface Sessions extends LinkHost, AsyncDisposable {
  /** Tells every gateway to come back after `afterMs`, spread over `spreadMs`. */
  drain(options: { afterMs: number; spreadMs: number }): void
  readonly size: number
}

/** The audit trail; never throws. */
export interface SignInListener {
  /** A gateway proved its key, and was taken or refused. */
  proven(gateway: ProvenGateway, opened: LinkOpened): Promise<void>
  /** Somebody at this address could not prove to be a gateway. */
  unproven(address: string): void
}

export async function createSessions(parts: {
  store: FleetStore
  serverId: ServerId
  presence: Presence
  bus: Bus
  events: SessionEvents
  clock: Clock
  log: Log
  /** Told of every connection, before it is answered. */
  onSignIn?: SignInListener
}): Promise<Sessions> {
  const { store, serverId, presence, bus, events, clock, log, onSignIn } = parts
  const live = new Map<GatewayId, ServerLink>()
  const budget: AssemblyBudget = { usedBytes: 0 }

  const endOlder = (gateway: GatewayId, epoch: Epoch) => {
    const link = live.get(gateway)
    if (link !== undefined && link.epoch < epoch)
      link.close(CLOSE.replaced, 'a newer connection of this gateway took over')
  }
  const subscription = await bus.subscribe('session', (keys) => {
    for (const key of keys) {
      const [gateway, epoch] = key.split(':')
      const id = toGatewayId(Number(gateway))
      if (id !== undefined) endOlder(id, toEpoch(Number(epoch)))
    }
  })
  const deletions = await bus.subscribe('deleted', (keys) => {
    for (const key of keys) {
      const id = toGatewayId(Number(key))
      const link = id && live.get(id)
      if (link !== undefined) endDeleted(link)
    }
  })
  const watch = watchSessions({
    store,
    live: () => live.values(),
    onOver({ gateway, epoch, deleted }) {
      const link = live.get(gateway)
      if (deleted && link !== undefined) endDeleted(link)
      else endOlder(gateway, epoch)
    },
    clock,
    log,
  })

  return {
    server: serverId,
    get size() {
      return live.size
    },
    keys: (gateway) => store.keys(gateway),
    unproven: (address) => onSignIn?.unproven(address),

    async open(proven) {
      const opened = await store.open(proven)
      await onSignIn?.proven(proven, opened)
      if (opened.kind !== 'open') {
        log.warn(
          { gateway: proven.gateway, instance: proven.instance, kind: opened.kind },
          'a proven gateway is refused',
        )
        if (opened.kind === 'conflict') {
          live.get(proven.gateway)?.close(CLOSE.conflict, 'two gateways have one identity')
          // The open session may be on another node.
          bus.publish('session', [`${proven.gateway}:${opened.epoch}`])
        }
        return opened
      }
      endOlder(proven.gateway, opened.epoch)
      bus.publish('session', [`${proven.gateway}:${opened.epoch}`])
      return opened
    },

    connected(link) {
      const older = live.get(link.gateway)
      if (older !== undefined && older.epoch > link.epoch) {
        link.close(CLOSE.replaced, 'a newer connection of this gateway took over')
        events.lost({ gateway: link.gateway, epoch: link.epoch })
        return
      }
      live.set(link.gateway, link)
      // Where both were proven in one commit, the older one was not here yet when the newer one ended all that were.
      older?.close(CLOSE.replaced, 'a newer connection of this gateway took over')
      log.info({ gateway: link.gateway, epoch: link.epoch }, 'gateway connected')
      const assembly = createResultAssembly(budget)
      const session = new LinkSession(link)
      link.handle({
        onRoundTrip: (quality) => presence.seen(link.gateway, quality),
        onMessage: (message) => {
          try {
            deliver({ message, session, assembly, events })
          } catch (error) {
            log.error({ err: error, gateway: link.gateway }, 'a gateway broke the protocol')
            const busy = error instanceof PosternError && error.entry === 'ServiceUnavailable'
            if (busy) link.close(CLOSE.overloaded, error.message)
            else link.close(CLOSE.protocol, error instanceof PosternError ? error.message : 'not a valid message')
          }
        },
      })
      const onEnd = (reason: LinkEnd) => {
        assembly.drop()
        if (live.get(link.gateway) === link) {
          live.delete(link.gateway)
          presence.gone(link.gateway)
        }
        log.info({ gateway: link.gateway, epoch: link.epoch, ...reason }, 'gateway disconnected')
        const stopped = stopOf(reason)
        events.lost({ gateway: link.gateway, epoch: link.epoch, ...(stopped !== undefined && { stopped }) })
      }
      void link.closed.then(onEnd)
      // A deletion between its proof and now was told to nobody.
      store.keys(link.gateway).then(
        (keys) => keys.length === 0 && endDeleted(link),
        (error: unknown) => log.warn({ err: error, gateway: link.gateway }, 'could not read the keys of a gateway'),
      )
    },

    drain(options) {
      for (const link of live.values()) link.send({ type: 'drain', ...options })
    },

    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]()
      await subscription[Symbol.asyncDispose]()
      await deletions[Symbol.asyncDispose]()
      for (const link of live.values()) link.close(CLOSE.goingAway, 'the server stops')
    },
  }
}

const NO_CAPACITY: Session['capacity'] = { total: 0, perEndpoint: 0 }

const endDeleted = (link: ServerLink) => link.close(CLOSE.deleted, 'this gateway was deleted on the server')

/** A session that has said `ready` has a capacity; before that nothing is claimed for it. */
class LinkSession implements Session {
  readonly gateway: GatewayId
  readonly epoch: Epoch
  readonly account: AccountId
  capacity = NO_CAPACITY
  readonly #link: ServerLink

  constructor(link: ServerLink) {
    this.gateway = link.gateway
    this.epoch = link.epoch
    this.account = link.account
    this.#link = link
  }

  run({ task, attempt, epoch, engine, host, port, executionMs, nonce }: Claim): boolean {
    return this.#link.send({
      type: 'run',
      operation: 'list-databases',
      task,
      attempt,
      epoch,
      engine,
      executionMs,
      nonce,
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
    })
  }

  cancel(attempt: AttemptId): boolean {
    return this.#link.send({ type: 'cancel', attempt })
  }

  received(attempt: AttemptId, kind: 'finished' | 'late' | 'unknown'): boolean {
    return this.#link.send({ type: 'received', attempt, kind })
  }

  overloaded(): void {
    this.#link.close(CLOSE.overloaded, 'the server cannot store the result now')
  }
}

function deliver(parts: {
  message: WorkMessage
  session: LinkSession
  assembly: ResultAssembly
  events: SessionEvents
}): void {
  const { message, session, assembly, events } = parts
  switch (message.type) {
    case 'ready':
      session.capacity = message.capacity
      return events.ready(session, message.holding)
    case 'accepted':
      // The gateway of the session, never of the message.
      return events.accepted(session, { gateway: session.gateway, epoch: message.epoch, attempt: message.attempt })
    case 'step': {
      const { attempt, step } = message
      return step === undefined ? undefined : events.step(session, { attempt, step })
    }
    case 'chunk':
      return assembly.chunk(message)
    case 'finished': {
      const claim = { gateway: session.gateway, epoch: message.epoch, attempt: message.attempt }
      return events.finished(session, claim, assembly.finished(message))
    }
  }
}

function stopOf({ code, reason }: LinkEnd): EndedSession['stopped'] {
  if (code !== CLOSE.goingAway) return undefined
  if (reason === GATEWAY_STOPS) return 'stopped'
  return reason === GATEWAY_UPGRADES ? 'upgrading' : undefined
}
