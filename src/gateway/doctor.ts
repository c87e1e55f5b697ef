import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { ERRORS, isDiscoveryErrorCode, PosternError } from '../model/errors.ts'
import { type Problem, problemOfWarning, type StepReport, stepsOfFailure, stepsOfListing } from '../model/ladder.ts'
import type { FailureOutcome, ListingOutcome, Outcome, ServerInfo, Visibility } from '../model/listing.ts'
import type { Resolver } from './address-guard.ts'
import { type Engines, listDatabases } from './attempt.ts'
import type { ConfiguredEndpoint, GatewayConfiguration } from './configuration.ts'
import { hostText } from './configured-host.ts'
import { createLoginMemory, type LoginMemory } from './login-memory.ts'
import { failureOutcome, isFaultOfOurs, listingOutcome, whyItEnded } from './outcome.ts'
import { createScrubber, errorText } from './scrub.ts'
import { createStepTimer } from './step-timer.ts'

export interface EndpointCheck {
  readonly endpoint: ConfiguredEndpoint
  /** The address to dial where the endpoint is a range; without one it is skipped. */
  readonly address?: string
}

/** What `gateway check --output json` prints of each endpoint; fields are added, never changed. */
export interface EndpointReport {
  readonly name: string
  readonly engine: string
  readonly host: string
  readonly port: number
  readonly result: Visibility | 'failed' | 'skipped'
  /** Why it was skipped. */
  readonly reason?: string
  readonly steps: readonly StepReport[]
  readonly problems: readonly Problem[]
  /** What to know of the engine itself, such as that it is a preview. */
  readonly note?: string
  /** Of an endpoint that was listed; `databases` counts the engine's own too. */
  readonly server?: ServerInfo
  readonly databases?: number
}

export interface DoctorParts {
  readonly configuration: GatewayConfiguration
  readonly engines: Engines
  readonly resolver: Resolver
  readonly clock: Clock
  readonly log: Log
}

/** Walks the steps of an attempt on each endpoint, as many at a time as attempts may run. Ends by its deadlines; never rejects. */
export async function checkEndpoints(
  checks: readonly EndpointCheck[],
  parts: DoctorParts,
): Promise<readonly EndpointReport[]> {
  const logins = createLoginMemory(parts.clock)
  const reports: EndpointReport[] = []
  const waiting = checks.entries()
  const work = async () => {
    for (const [index, check] of waiting) reports[index] = await checkEndpoint(check, { ...parts, logins })
  }
  await Promise.all(Array.from({ length: Math.min(parts.configuration.limits.total, checks.length) }, work))
  return reports
}

async function checkEndpoint(
  { endpoint, address }: EndpointCheck,
  parts: DoctorParts & { readonly logins: LoginMemory },
): Promise<EndpointReport> {
  const { name, engine, port } = endpoint
  const host = address ?? hostText(endpoint.host)
  const { maturity } = await parts.engines[engine]()
  const about = { name, engine, host, port, ...(maturity === 'preview' && { note: previewNote(engine) }) }
  if (endpoint.host.kind === 'range' && address === undefined) {
    const reason = 'It is a range of addresses: give one with --endpoint NAME --host ADDRESS.'
    return { ...about, result: 'skipped', reason, steps: [], problems: [] }
  }
  const outcome = await attempt({ engine, host, port }, parts)
  return { ...about, ...(outcome.kind === 'listing' ? listed(outcome) : failed(outcome)) }
}

const previewNote = (engine: string) => `${engine} is a preview: it was never tried against a real server of the vendor`

const LOOK_UP = 'The log on standard error has the cause.'

async function attempt(
  request: { engine: ConfiguredEndpoint['engine']; host: string; port: number },
  parts: DoctorParts & { readonly logins: LoginMemory },
): Promise<Outcome> {
  const { clock, log } = parts
  const { connectMs, queryMs } = parts.configuration.limits
  const controller = new AbortController()
  const { signal } = controller
  const endsAt = clock.now() + connectMs + queryMs
  const deadline = clock.after(connectMs + queryMs, () => controller.abort(new PosternError('Task.ExecutionTimedOut')))
  const secrets = createScrubber()
  const steps = createStepTimer(clock)
  try {
    const found = await listDatabases(request, { ...parts, steps, signal, endsAt, secrets })
    return listingOutcome(found, { steps: steps.finish(true), collectedAt: clock.wall(), secrets })
  } catch (error) {
    const step = steps.current
    const reason = whyItEnded(error, { signal, step })
    if (isFaultOfOurs(reason)) log.error({ cause: errorText(reason, secrets) }, 'a check met a fault of ours')
    return failureOutcome(reason, { lookUp: LOOK_UP, step, steps: steps.finish(false), secrets })
  } finally {
    deadline.cancel()
  }
}

type Findings = Omit<EndpointReport, 'name' | 'engine' | 'host' | 'port' | 'note'>

function listed(outcome: ListingOutcome): Findings {
  const { visibility, warnings, server, count } = outcome
  return {
    result: visibility,
    steps: stepsOfListing(outcome),
    problems: warnings.map(problemOfWarning),
    server,
    databases: count,
  }
}

function failed(outcome: FailureOutcome): Findings {
  const { code, message, step = 'configuration' } = outcome
  return {
    result: 'failed',
    steps: stepsOfFailure(outcome),
    problems: [{ step, code, message, mend: mendOf(code) }],
  }
}

/** The table's advice is for those who called the API where the gateway itself is at fault. */
const mendOf = (code: string) =>
  code === 'Internal' || !isDiscoveryErrorCode(code)
    ? 'Mend what the message names; if it names nothing, report it with the log.'
    : ERRORS[code].mend
