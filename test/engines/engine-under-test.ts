import type { EngineSession, Grant } from '../../src/engines/engine.ts'
import type { DatabaseType } from '../../src/model/database-type.ts'
import type { ServerCertificate } from '../fixtures/certificates.ts'
import type { GivenEngine } from './given-server.ts'

/** What the engine suite needs to know and do for one kind of server. */
export interface EngineUnderTest {
  readonly name: DatabaseType
  /** The kind as which a server may be given by the environment. */
  readonly givenAs: GivenEngine
  /** What it ran against, where that is no server of the vendor; the titles say so. */
  readonly server?: string
  /** One of several versions that this machine has: its title names it. */
  readonly version?: string
  /** Why its server cannot run here, or false. */
  readonly skip: string | false
  readonly product: string
  /** Databases that the suite makes, by names that are hard to carry. */
  readonly names: readonly string[]
  /** Those that are there anyway and are nobody's but the users'. */
  readonly others: readonly string[]
  /** The engine's own, in the order of the list. */
  readonly system: readonly string[]
  grants(user: string): readonly Grant[]
  start(options: { readonly tls?: ServerCertificate }): Promise<TestDatabase>
  /** A server of another kind; undefined where it is not on this machine. */
  startOther?(): Promise<({ readonly port: number } & AsyncDisposable) | undefined>
  readonly otherLooksLike: RegExp
  /** What answers as a Redis does is no stranger to it. */
  readonly answersLikeRedis?: true
}

export interface TestDatabase extends AsyncDisposable {
  readonly port: number
  /** Where TLS has a port of its own. */
  readonly tlsPort?: number
  /** A user who may list everything. */
  createUser(name: string, password: string): Promise<void>
  createDatabase(name: string): Promise<void>
  /** Open sessions of that user, as the server counts. */
  sessionsOf(user: string): Promise<number>
  /** What the server shows of the client program of that user's sessions. */
  markOf(user: string): Promise<string>
  /** Whether that session, the only one of the usual user, is encrypted. */
  usesTls(session: EngineSession): Promise<boolean>
}
