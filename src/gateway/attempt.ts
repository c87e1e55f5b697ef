import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Endpoint, Engine, EngineSession, TlsOptions } from '../engines/engine.ts'
import type { DatabaseType } from '../model/database-type.ts'
import { PosternError } from '../model/errors.ts'
import type { Listing, ServerInfo } from '../model/listing.ts'
import { guardedAddress, type Resolver } from './address-guard.ts'
import type { ConfiguredTls, GatewayConfiguration } from './configuration.ts'
import type { Login, LoginMemory } from './login-memory.ts'
import { errorText, type Scrubber } from './scrub.ts'
import { withSizes } from './sizes.ts'
import type { StepTimer } from './step-timer.ts'
import { findTarget, type Target, type TargetRequest } from './target.ts'

/** A session must end within a second; one that does not is left to itself after this. */
const DISPOSE_MS = 2_000
/** A reason of its own: without one each abort makes an error with its stack. */
const DISPOSED = 'the session has ended'

export type Engines = Readonly<Record<DatabaseType, () => Promise<Engine>>>

export interface AttemptContext {
  readonly configuration: GatewayConfiguration
  readonly engines: Engines
  readonly resolver: Resolver
  readonly logins: LoginMemory
  readonly steps: StepTimer
  readonly clock: Clock
  /** When the attempt has to be over, by the clock. */
  readonly endsAt: number
  readonly log: Log
  /** Aborted with the error that the attempt then ends with. */
  readonly signal: AbortSignal
  /** Told of every password that is read, so that no message can hold it. */
  readonly secrets: Scrubber
}

export interface Found {
  readonly listing: Listing
  readonly server: ServerInfo
}

/** From a request to the databases, top to bottom. Ends when the signal aborts, whatever the engine does. */
export async function listDatabases(request: TargetRequest, context: AttemptContext): Promise<Found> {
  const { configuration, steps, signal } = context
  steps.begin('configuration')
  const target = findTarget(configuration, request)
  const prepared = await orAborted(prepare(target, context), signal)

  steps.begin('resolve')
  const timeoutMs = configuration.limits.connectMs
  const address = await guardedAddress(target, { ...context, timeoutMs })

  steps.begin('connect')
  const session = await connectOrRotate(prepared, address, context)
  try {
    return await orAborted(list(session, target, context), signal)
  } finally {
    steps.stop()
    await dispose(session, context)
  }
}

interface Prepared {
  readonly target: Target
  readonly engine: Engine
  readonly endpoint: Omit<Endpoint, 'address'>
  readonly login: Login
}

async function prepare(target: Target, context: AttemptContext, rotated?: string): Promise<Prepared> {
  const { endpoint, host, port, key } = target
  const engine = await context.engines[endpoint.engine]()
  const secret = rotated ?? (await endpoint.password())
  context.secrets.add(secret)
  const tls = await readTls(endpoint.tls)
  const certificate = tls.mode === 'verify' ? tls.client?.certificate : undefined
  const login = {
    server: key,
    user: endpoint.user,
    password: secret,
    ...(certificate !== undefined && { certificate }),
  }
  context.logins.check(login)
  return {
    target,
    engine,
    login,
    endpoint: {
      engine: endpoint.engine,
      host,
      port,
      user: endpoint.user,
      // Asked for right before the login: an attempt that ran beside this one may have been refused meanwhile.
      password: async () => {
        context.logins.check(login)
        return secret
      },
      ...(endpoint.database !== undefined && { database: endpoint.database }),
      ...(endpoint.serviceName !== undefined && { serviceName: endpoint.serviceName }),
      ...(endpoint.sid !== undefined && { sid: endpoint.sid }),
      ...(endpoint.authMechanism !== undefined && { authMechanism: endpoint.authMechanism }),
      configuredAs: (named, at) =>
        configuredName(context.configuration, { engine: endpoint.engine, host: named, port: at }),
      tls,
      strictLogin: endpoint.host.kind === 'range',
    },
  }
}

function configuredName(configuration: GatewayConfiguration, request: TargetRequest): string | undefined {
  try {
    return findTarget(configuration, request).endpoint.name
  } catch {
    return undefined
  }
}

async function readTls(tls: ConfiguredTls): Promise<TlsOptions> {
  if (tls.mode === 'off') return tls
  const { ca, serverName, client } = tls
  return {
    mode: 'verify',
    ...(ca !== undefined && { ca: await ca() }),
    ...(serverName !== undefined && { serverName }),
    ...(client !== undefined && { client: await client() }),
  }
}

/**
 * Once more with the password that is configured now, where the one that the server refused has been replaced meanwhile.
 * The same password is never tried again: accounts lock.
 */
async function connectOrRotate(prepared: Prepared, address: string, context: AttemptContext): Promise<EngineSession> {
  try {
    return await connect(prepared, address, context)
  } catch (error) {
    if (!(error instanceof PosternError) || error.entry !== 'Database.AuthenticationFailed') throw error
    const rotated = await orAborted(passwordNow(prepared, context), context.signal)
    if (rotated === undefined || rotated === prepared.login.password) throw error
    context.log.info({ server: prepared.target.key }, 'the password has been replaced meanwhile: logs in once more')
    return connect(await orAborted(prepare(prepared.target, context, rotated), context.signal), address, context)
  }
}

/** Undefined where it cannot be read: then the refusal is what counts. */
async function passwordNow({ target, login }: Prepared, { log, secrets }: AttemptContext): Promise<string | undefined> {
  try {
    const password = await target.endpoint.password(login.password)
    secrets.add(password)
    return password
  } catch (error) {
    log.warn({ server: target.key, cause: errorText(error, secrets) }, 'the password could not be read again')
    return undefined
  }
}

async function connect(prepared: Prepared, address: string, context: AttemptContext): Promise<EngineSession> {
  const { engine, endpoint, login } = prepared
  const { configuration, logins, signal, steps } = context
  const connecting = engine.connect(
    { ...endpoint, address },
    {
      signal,
      connectMs: configuration.limits.connectMs,
      queryMs: configuration.limits.queryMs,
      onStep: (name) => {
        if (!signal.aborted) steps.begin(name)
      },
    },
  )
  connecting.catch((error: unknown) => logins.failed(login, error))
  try {
    return await orAborted(connecting, signal)
  } catch (error) {
    // An engine that ignores the signal may still connect: nobody else would end that session.
    connecting.then((late) => dispose(late, context)).catch(() => undefined)
    throw error
  }
}

async function list(session: EngineSession, target: Target, context: AttemptContext): Promise<Found> {
  const { steps } = context
  const server = await session.serverInfo()
  if (steps.current !== 'privilege') steps.begin('list')
  const listing = await session.listDatabases()
  const { sizeBudgetMs: budgetMs } = target.endpoint
  return {
    server,
    listing: budgetMs === undefined ? listing : await withSizes(session, listing, { ...context, budgetMs }),
  }
}

async function dispose(session: EngineSession, { clock, log, secrets }: AttemptContext): Promise<void> {
  const ended = new AbortController()
  const disposing = (async () => {
    try {
      await session[Symbol.asyncDispose]()
    } catch (error) {
      log.warn({ cause: errorText(error, secrets) }, 'a database session did not end cleanly')
    }
    return true
  })()
  if (!(await Promise.race([disposing, sleep(clock, DISPOSE_MS, ended.signal)]))) {
    log.warn({ ms: DISPOSE_MS }, 'a database session did not end')
  }
  ended.abort(DISPOSED)
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(asError(signal.reason))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

const asError = (reason: unknown) =>
  reason instanceof Error ? reason : new PosternError('Internal', { cause: reason })
