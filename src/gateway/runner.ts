import type { Clock, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { SigningKey } from '../link/dial.ts'
import type { Message } from '../link/messages.ts'
import { resultPayload } from '../link/payloads.ts'
import { outcomeDigest } from '../model/outcome-digest.ts'
import { PosternError } from '../model/errors.ts'
import type { AttemptId, Epoch, GatewayId, ServerId, TaskId } from '../model/ids.ts'
import type { Outcome, StepName } from '../model/listing.ts'
import type { Resolver } from './address-guard.ts'
import { type Engines, listDatabases } from './attempt.ts'
import type { GatewayConfiguration } from './configuration.ts'
import { createLoginMemory } from './login-memory.ts'
import { failureOutcome, isFaultOfOurs, listingOutcome, whyItEnded } from './outcome.ts'
import type { Outbox, SealedOutcome } from './outbox.ts'
import { type PartLimits, toParts } from './result-parts.ts'
import { createRunQueue } from './run-queue.ts'
import { createScrubber, errorText } from './scrub.ts'
import { createStepTimer, type StepTimer } from './step-timer.ts'
import { findTarget } from './target.ts'

/** Beyond the limits the server sends nothing, but what it sent before a reconnect may still be running. */
const MAX_QUEUED = 1_000
/** The longest that a timer of the runtime can wait; longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What happens to attempts. Called in order, never throws. */
export interface RunnerEvents {
  /** The attempt has started. */
  onAccepted(attempt: AttemptId, epoch: Epoch): void
  onStep(attempt: AttemptId, step: StepName): void
  /** The outcome is in the outbox. */
  onOutcome(attempt: AttemptId): void
}

export interface RunnerParts {
  /** Looked at for every attempt, so that an edited file counts at once. Never throws. */
  readonly configuration: () => GatewayConfiguration
  readonly engines: Engines
  readonly resolver: Resolver
  readonly server: ServerId
  readonly gateway: GatewayId
  /** The key that the server knows now. */
  readonly signingKey: () => SigningKey
  readonly outbox: Outbox
  readonly events: RunnerEvents
  readonly clock: Clock
  readonly log: Log
  readonly partLimits?: PartLimits
}

export interface Runner extends AsyncDisposable {
  /** What `ready` offers. */
  readonly capacity: { readonly total: number; readonly perEndpoint: number }
  /** Attempts that wait or run; those in the outbox are not among them. */
  readonly holding: readonly AttemptId[]
  /** Those that have started, to be told again on a new connection. */
  readonly started: readonly {
    readonly attempt: AttemptId
    readonly epoch: Epoch
    readonly step: StepName | undefined
  }[]
  /** Idempotent by attempt. Ends with exactly one outcome unless the process stops. */
  run(message: Message<'run'>): void
  /** Best effort; the outcome says so. */
  cancel(attempt: AttemptId): void
  /** There may be room again. */
  wake(): void
  /** From now on `run` is ignored: the server finds out when the connection ends. */
  refuse(): void
}

interface Job {
  readonly message: Message<'run'>
  readonly controller: AbortController
  readonly deadline: Timer
  readonly endsAt: number
  /** The server that it will use; undefined where the configuration has none, and then it fails at once. */
  readonly server: string | undefined
  steps?: StepTimer
}

export function createRunner(parts: RunnerParts): Runner {
  const { outbox, events, clock, log } = parts
  const logins = createLoginMemory(clock)
  const jobs = new Map<AttemptId, Job>()
  const queue = createRunQueue<Job>()
  const ending = new Set<Promise<void>>()
  let lastConfiguration: GatewayConfiguration | undefined
  let refusing = false
  let disposed = false

  const configuration = () => {
    const current = parts.configuration()
    if (current !== lastConfiguration) logins.clear()
    lastConfiguration = current
    return current
  }

  const wake = () => {
    if (queue.waiting > 0) startWaiting(configuration())
  }

  const startWaiting = (current: GatewayConfiguration) => {
    if (disposed || outbox.full) return
    for (const job of queue.take(current.limits)) start(job, current)
  }

  const start = (job: Job, current: GatewayConfiguration) => {
    const { attempt, epoch } = job.message
    job.steps = createStepTimer(clock, (step) => events.onStep(attempt, step))
    events.onAccepted(attempt, epoch)
    const running = run(job, { steps: job.steps, current }).finally(() => ending.delete(running))
    ending.add(running)
  }

  /** Never rejects. */
  const run = async (
    { message, controller, endsAt }: Job,
    { steps, current }: { steps: StepTimer; current: GatewayConfiguration },
  ): Promise<void> => {
    const { task, attempt } = message
    const secrets = createScrubber()
    const attemptLog = log.child({ task, attempt })
    try {
      const found = await listDatabases(message, {
        ...parts,
        configuration: current,
        logins,
        steps,
        log: attemptLog,
        signal: controller.signal,
        endsAt,
        secrets,
      })
      const collectedAt = clock.wall()
      const resultParts = await toParts(found.listing.databases, parts.partLimits, controller.signal)
      const outcome = listingOutcome(found, { steps: steps.finish(true), collectedAt, secrets })
      finish(message, outcome, resultParts)
    } catch (error) {
      const step = steps.current
      const reason = whyItEnded(error, { signal: controller.signal, step })
      if (isFaultOfOurs(reason))
        attemptLog.error({ cause: errorText(reason, secrets) }, 'an attempt met a fault of ours')
      finish(message, failureOutcome(reason, { lookUp: lookUp(task), step, steps: steps.finish(false), secrets }))
    }
  }

  const finish = (message: Message<'run'>, outcome: Outcome, resultParts: readonly Buffer[] = []) => {
    const { attempt, task } = message
    const job = jobs.get(attempt)
    if (job === undefined || disposed) return
    job.deadline.cancel()
    jobs.delete(attempt)
    queue.remove(job)
    try {
      const sealed = seal(message, outcome, { parts, resultParts })
      const added = outbox.add(sealed) || outbox.add(seal(message, noRoom(outcome, outbox), { parts, resultParts: [] }))
      if (added) events.onOutcome(attempt)
      else log.error({ task, attempt, bytes: outbox.bytes }, 'no room for an outcome: it is lost')
      const { kind } = outcome
      log.info(
        { task, attempt, kind, ...(kind === 'failure' && { code: outcome.code }), steps: outcome.steps },
        'finished',
      )
    } catch (error) {
      log.error({ err: error, task, attempt }, 'an outcome could not be signed: it is lost')
    }
    wake()
  }

  const fail = (message: Message<'run'>, error: PosternError) => {
    const { task } = message
    finish(
      message,
      failureOutcome(error, { lookUp: lookUp(task), step: undefined, steps: [], secrets: createScrubber() }),
    )
  }

  const stop = (job: Job, error: PosternError) => {
    job.controller.abort(error)
    if (job.steps === undefined) fail(job.message, error)
  }

  const outOfTime = (job: Job) => {
    if (job.steps !== undefined) return stop(job, new PosternError('Task.ExecutionTimedOut'))
    const { total, perEndpoint } = configuration().limits
    const reason = `It runs ${total} tasks at a time, ${perEndpoint} for one endpoint; this one waited until its time was over.`
    stop(job, new PosternError('BackupGateway.Busy', { reason }))
  }

  return {
    get capacity() {
      const { total, perEndpoint } = configuration().limits
      return { total, perEndpoint }
    },
    get holding() {
      return [...jobs.keys()]
    },
    get started() {
      return [...jobs.values()].flatMap(({ message: { attempt, epoch }, steps }) =>
        steps === undefined ? [] : [{ attempt, epoch, step: steps.current }],
      )
    },
    run(message) {
      const { attempt } = message
      if (refusing || jobs.has(attempt) || outbox.get(attempt) !== undefined) return
      const current = configuration()
      const ms = Math.min(message.executionMs, MAX_TIMER_MS)
      const job: Job = {
        message,
        controller: new AbortController(),
        deadline: clock.after(ms, () => outOfTime(job)),
        endsAt: clock.now() + ms,
        server: serverOf(message, current),
      }
      jobs.set(attempt, job)
      if (queue.waiting >= MAX_QUEUED) {
        const reason = `${queue.waiting} tasks wait in it already.`
        return fail(message, new PosternError('BackupGateway.Busy', { reason }))
      }
      queue.add(job)
      startWaiting(current)
    },
    cancel(attempt) {
      const job = jobs.get(attempt)
      if (job !== undefined) stop(job, new PosternError('Task.Cancelled'))
    },
    wake,
    refuse() {
      refusing = true
    },
    async [Symbol.asyncDispose]() {
      refusing = true
      // No outcome is made: the server gives these tasks a new attempt.
      disposed = true
      for (const job of jobs.values()) {
        job.deadline.cancel()
        job.controller.abort(new PosternError('Task.Cancelled'))
      }
      await Promise.all(ending)
      jobs.clear()
    },
  }
}

/** Undefined where the configuration has none that fits. */
function serverOf(message: Message<'run'>, configuration: GatewayConfiguration): string | undefined {
  try {
    return findTarget(configuration, message).key
  } catch {
    return undefined
  }
}

function seal(
  { task, attempt, epoch, engine, host, port, nonce }: Message<'run'>,
  outcome: Outcome,
  { parts, resultParts }: { parts: RunnerParts; resultParts: readonly Buffer[] },
): SealedOutcome {
  const { server, gateway } = parts
  const key = parts.signingKey()
  const outcomeText = JSON.stringify(outcome)
  const digest = outcomeDigest(outcomeText, resultParts)
  const payload = resultPayload({ server, gateway, task, attempt, engine, host, port, digest, nonce })
  const signature = Buffer.from(key.sign(payload)).toString('base64')
  return { attempt, epoch, outcomeText, parts: resultParts, digest, signature, key: key.fingerprint }
}

const lookUp = (task: TaskId) => `Look up task ${task} in the log of the gateway.`

const MIB = 1024 * 1024

function noRoom(outcome: Outcome, outbox: Outbox): Outcome {
  const held = Math.round(outbox.bytes / MIB)
  const count = outcome.kind === 'listing' ? `The ${outcome.count} databases` : 'The outcome'
  return {
    kind: 'failure',
    code: 'Result.TooLarge',
    message: `${count} do not fit beside ${held} MiB that the server has not acknowledged yet. Try again.`,
    steps: outcome.steps,
  }
}
