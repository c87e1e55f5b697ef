import assert from 'node:assert/strict'
import type { Endpoint, EngineSession, TlsOptions } from '../../src/engines/engine.ts'
import { ENGINES } from '../../src/engines/list.ts'
import type { DatabaseType } from '../../src/model/database-type.ts'
import { PosternError } from '../../src/model/errors.ts'
import type { StepName } from '../../src/model/listing.ts'

export const USER = 'gw_lister'
export const PASSWORD = 'correct-horse-7f3a'

/** A service of the root, on the stand-in and on Oracle's own images. */
const ORACLE_SERVICE = 'FREE'

/** A password that is waited for in vain. */
export const neverComes = () => new Promise<string>(() => {})

/** What a test varies; the rest is a user who may log in to 127.0.0.1 without TLS. */
export interface Login {
  readonly engine: DatabaseType
  readonly port: number
  readonly host?: string
  /** 127.0.0.1 unless given. */
  readonly address?: string
  readonly user?: string
  readonly password?: string | (() => Promise<string>)
  readonly database?: string
  readonly serviceName?: string
  readonly sid?: string
  readonly authMechanism?: NonNullable<Endpoint['authMechanism']>
  readonly configuredAs?: Endpoint['configuredAs']
  readonly tls?: TlsOptions
  readonly strictLogin?: boolean
  readonly signal?: AbortSignal
  readonly connectMs?: number
  readonly queryMs?: number
  readonly onStep?: (step: StepName) => void
}

export async function openSession(login: Login): Promise<EngineSession> {
  const engine = await ENGINES[login.engine]()
  const password = typeof login.password === 'string' ? login.password : PASSWORD
  return engine.connect(
    {
      engine: login.engine,
      host: login.host ?? '127.0.0.1',
      address: login.address ?? '127.0.0.1',
      port: login.port,
      user: login.user ?? USER,
      password: typeof login.password === 'function' ? login.password : () => Promise.resolve(password),
      ...(login.database === undefined ? {} : { database: login.database }),
      ...oracleService(login),
      ...(login.authMechanism === undefined ? {} : { authMechanism: login.authMechanism }),
      ...(login.configuredAs === undefined ? {} : { configuredAs: login.configuredAs }),
      tls: login.tls ?? { mode: 'off' },
      strictLogin: login.strictLogin ?? false,
    },
    {
      signal: login.signal ?? new AbortController().signal,
      connectMs: login.connectMs ?? 10_000,
      queryMs: login.queryMs ?? 10_000,
      onStep: login.onStep ?? (() => {}),
    },
  )
}

function oracleService({ engine, serviceName, sid }: Login) {
  if (engine !== 'Oracle') return {}
  return sid === undefined ? { serviceName: serviceName ?? ORACLE_SERVICE } : { sid }
}

/** The PosternError that the work rejects with; a session that opens after all is ended. */
export async function rejection(work: Promise<unknown>): Promise<PosternError> {
  try {
    const result = await work
    if (isDisposable(result)) await result[Symbol.asyncDispose]()
  } catch (error) {
    assert.ok(error instanceof PosternError, `not a PosternError: ${String(error)}`)
    return error
  }
  return assert.fail('it did not reject')
}

const isDisposable = (value: unknown): value is AsyncDisposable =>
  typeof value === 'object' && value !== null && Symbol.asyncDispose in value
