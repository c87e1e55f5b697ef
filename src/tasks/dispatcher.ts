import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Bus } from '../bus/bus.ts'
import type { Session, SessionEvents } from '../fleet/sessions.ts'
import { PosternError } from '../model/errors.ts'
import { type AttemptId, type GatewayId, toAttemptId, toGatewayId } from '../model/ids.ts'
import type { StepName } from '../model/listing.ts'
import type { Instant } from '../model/task.ts'
import type { EndedSession } from '../store/fleet-store.ts'
import type { Store } from '../store/store.ts'
import type { ClaimKey, Result, SessionEpoch } from '../store/task-store.ts'
import { createPendingAccepts } from './pending-accepts.ts'
import { persistence } from './persistence.ts'
import type { RecentTasks } from './recent-tasks.ts'

/** Most claims in one go, so that one gateway's backlog does not fill the store's batch. */
const MAX_CLAIMS = 64
/** Steps of attempts that take long are stored this often; short ones never are. */
const STEP_FLUSH_MS = 1_000
/** Gives the tasks of the gateways on this node to them, and takes the outcomes. */
export interface Dispatcher extends AsyncDisposable {
  readonly events: SessionEvents
  /** Looks for work for these gateways, where their sessions are here. */
  wake(gateways: Iterable<GatewayId>): void
  readonly running: number
  /** Attempts that this gateway has of this node. */
  runningOn(gateway: GatewayId): number
}

interface Live {
  readonly session: Session
  /** Attempts that use credit: claimed, and no outcome yet. With the time at which their tasks fail unless they are accepted by then; undefined where it is not known. */
  readonly running: Map<AttemptId, Instant | undefined>
  claiming: boolean
  again: boolean
  /** The last claim used all credit, so tasks may still wait: the end of an attempt makes it look again. */
  full: boolean
  /** It is not known whether a claim was committed, so attempts may be nobody's. Nothing more is claimed until the gateway comes back and says what it holds. */
  doubted: boolean
  /** Outcomes that came while the store was still asked which held attempts are current: they use no credit. */
  endedEarly?: Set<AttemptId> | undefined
  adopting: boolean
  /** Attempts that have ended, and whose outcome is not committed yet. */
  ending: number
}

export async function createDispatcher(parts: {
  store: Pick<Store, 'tasks' | 'fleet'>
  bus: Bus
  recent: RecentTasks
  clock: Clock
  log: Log
}): Promise<Dispatcher> {
  const { bus, recent, clock, log } = parts
  const { tasks: store, fleet } = parts.store
  const live = new Map<GatewayId, Live>()
  const steps = new Map<AttemptId, StepName>()
  const accepting = createPendingAccepts(clock)
  const stopped = new AbortController()
  const persist = persistence({ clock, log, signal: stopped.signal })

  const isLive = (session: SessionEpoch) => live.get(session.gateway)?.session.epoch === session.epoch

  /** Never a walk through all of them: there may be ten thousand, and this is asked for every task. */
  const liveOf = (gateway: string | undefined) => {
    const id = toGatewayId(Number(gateway))
    return id && live.get(id)
  }

  /** One claim at a time for a gateway: what asks meanwhile makes it look once more. */
  const dispatch = async (entry: Live): Promise<void> => {
    // Before it is known what the gateway still holds, its credit is not known either.
    if (entry.adopting || entry.doubted) return
    if (entry.claiming) {
      entry.again = true
      return
    }
    entry.claiming = true
    try {
      do {
        entry.again = false
        await claimAll(entry)
      } while (entry.again && isLive(entry.session))
    } catch (error) {
      // The re-scan tries again.
      log.warn({ err: error, gateway: entry.session.gateway }, 'could not claim')
      if (!(error instanceof PosternError) || !error.inDoubt) return
      entry.doubted = true
      background('could not end a session', entry.session, renew(entry.session))
    } finally {
      entry.claiming = false
    }
  }

  /** Ends the session when the store answers again: without it the gateway could not come back. */
  const renew = async (session: Session): Promise<void> => {
    await persist({ what: 'the store is still away', about: { gateway: session.gateway } }, async () => {
      await fleet.keys(session.gateway)
    })
    session.overloaded()
  }

  const claimAll = async (entry: Live): Promise<void> => {
    const { session, running } = entry
    for (;;) {
      const { total, perEndpoint } = session.capacity
      const credit = Math.min(total - running.size, MAX_CLAIMS)
      if (credit <= 0) entry.full = true
      if (credit <= 0 || !isLive(session)) return
      // What the store takes for open: where it does not work in order, also what has ended and is not committed yet.
      const open = running.size + (store.inOrder ? 0 : entry.ending)
      const claims = await store.claim(session, { total: credit, perEndpoint })
      for (const claim of claims) {
        running.set(claim.attempt, claim.acceptWithinMs && clock.now() + claim.acceptWithinMs)
        // A send that fails means that the session is ending: its claims run out by themselves.
        session.run(claim)
      }
      entry.full = open + claims.length >= Math.min(total, perEndpoint)
      if (claims.length < credit) return
    }
  }

  const adopt = async (entry: Live, holding: readonly AttemptId[]): Promise<void> => {
    const adopted = await store.adopt(entry.session, holding)
    for (const attempt of adopted.current) if (!entry.endedEarly?.has(attempt)) entry.running.set(attempt, undefined)
    entry.endedEarly = undefined
    // Not a moment before: who looks for work in between would take all places for free.
    entry.adopting = false
    for (const attempt of adopted.superseded) entry.session.cancel(attempt)
    publishTasks(adopted.ended)
    await dispatch(entry)
  }

  const publishTasks = (tasks: readonly { id: number }[]) => {
    bus.publish(
      'task',
      tasks.map(({ id }) => String(id)),
    )
  }

  const finish = async (session: Session, claim: ClaimKey, result: Result): Promise<void> => {
    const about = { gateway: session.gateway, attempt: claim.attempt }
    const stored = await persist({ what: 'could not store an outcome', about }, async () => {
      const finished = await store.finish(claim, result)
      if (finished.kind === 'finished') {
        recent.remember(finished.task, result.parts)
        publishTasks([finished.task])
      } else log.info({ ...about, kind: finished.kind }, 'an outcome changed nothing')
      session.received(claim.attempt, finished.kind)
    })
    // Not acknowledged, so the gateway keeps it and sends it again over its next connection.
    if (!stored) return session.overloaded()
  }

  const endAttempt = async (entry: Live | undefined, commit: () => Promise<void>): Promise<void> => {
    if (entry === undefined) return commit()
    entry.ending++
    await commit().finally(() => {
      entry.ending--
    })
    // Until then the store counted it with those that run at its endpoint.
    if (entry.full && !store.inOrder) await dispatch(entry)
  }

  const accept = async (session: Session, claim: ClaimKey): Promise<void> => {
    const about = { gateway: session.gateway, attempt: claim.attempt }
    // Without it the delivery deadline would end what runs; a new connection says it again.
    const stored = await persist({ what: 'could not store that an attempt was accepted', about }, async () => {
      if (!(await store.accepted(claim))) session.cancel(claim.attempt)
    })
    if (!stored) session.overloaded()
  }

  const closeSession = async (session: EndedSession): Promise<void> => {
    const about = { gateway: session.gateway }
    // A store that comes back would take it for open, and its attempts for running, until somebody says so.
    const patient = { what: 'could not store the end of a session', about, awayMs: Infinity }
    await persist(patient, () => fleet.close(session))
  }

  const flushSteps = () => {
    if (steps.size === 0) return
    const batch = [...steps].map(([attempt, step]) => ({ attempt, step }))
    steps.clear()
    store.steps(batch).catch((error: unknown) => log.warn({ err: error }, 'could not store steps'))
  }
  const stepTimer = clock.every(STEP_FLUSH_MS, flushSteps)

  /** Runs in the background; what goes wrong is logged with what it was about. */
  const background = (what: string, session: SessionEpoch, work: Promise<void>) => {
    work.catch((error: unknown) => log.error({ err: error, gateway: session.gateway }, what))
  }

  const wake = (gateways: Iterable<GatewayId>) => {
    for (const gateway of gateways) {
      const entry = live.get(gateway)
      if (entry !== undefined) background('dispatch failed', entry.session, dispatch(entry))
    }
  }
  const cancels = await bus.subscribe('cancel', (keys) => {
    for (const key of keys) {
      const [gateway, text = ''] = key.split(':')
      const entry = liveOf(gateway)
      const attempt = toAttemptId(text)
      if (entry?.running.has(attempt)) entry.session.cancel(attempt)
    }
  })
  const subscription = await bus.subscribe('gateway', (keys) => {
    wake(keys.flatMap((key) => liveOf(key)?.session.gateway ?? []))
  })

  const events: SessionEvents = {
    ready(session, holding) {
      const entry: Live = {
        session,
        running: new Map(),
        claiming: false,
        again: false,
        full: true,
        doubted: false,
        adopting: true,
        ending: 0,
      }
      live.set(session.gateway, entry)
      const work = adopt(entry, holding).catch((error: unknown) => {
        // What it holds is not known, so nothing can be given to it: it comes back and says it again.
        session.overloaded()
        throw error
      })
      background('could not take a gateway over', session, work)
    },
    accepted(session, claim) {
      accepting.add(claim, live.get(session.gateway)?.running.get(claim.attempt), () => {
        background('could not store that an attempt was accepted', session, accept(session, claim))
      })
    },
    step(session, { attempt, step }) {
      // Only of its own attempts: a step of a foreign one would be shown to the wrong people.
      if (live.get(session.gateway)?.running.has(attempt)) steps.set(attempt, step)
    },
    finished(session, claim, result) {
      steps.delete(claim.attempt)
      accepting.drop(claim)
      const entry = live.get(session.gateway)
      entry?.running.delete(claim.attempt)
      if (entry?.adopting) (entry.endedEarly ??= new Set()).add(claim.attempt)
      background(
        'could not finish',
        session,
        endAttempt(entry, () => finish(session, claim, result)),
      )
      // The place is free at once; the next task need not wait for the commit of this one.
      if (entry?.full === true) background('dispatch failed', session, dispatch(entry))
    },
    lost(session) {
      const entry = live.get(session.gateway)
      if (entry?.session.epoch === session.epoch) {
        live.delete(session.gateway)
        for (const attempt of entry.running.keys()) steps.delete(attempt)
      }
      background('could not end a session', session, closeSession(session))
    },
  }

  return {
    events,
    wake,
    runningOn: (gateway) => live.get(gateway)?.running.size ?? 0,
    get running() {
      let sum = 0
      for (const { running } of live.values()) sum += running.size
      return sum
    },
    async [Symbol.asyncDispose]() {
      stopped.abort()
      stepTimer.cancel()
      // Their gateways say it again to whoever has them next.
      accepting.clear()
      await cancels[Symbol.asyncDispose]()
      await subscription[Symbol.asyncDispose]()
    },
  }
}
