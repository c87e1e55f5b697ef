import type { DatabaseType } from '../model/database-type.ts'
import type { DatabaseRecord, Listing, ServerInfo, StepName } from '../model/listing.ts'
import type { LoginMechanism } from '../model/login-mechanism.ts'

/** Where to log in and how: one configured endpoint with its address resolved and checked. */
export interface Endpoint {
  readonly engine: DatabaseType
  /** As configured or asked for: what a certificate must be made for, unless `tls.serverName` says otherwise. */
  readonly host: string
  /** The checked IP address that is dialled; no driver resolves a name again. */
  readonly address: string
  readonly port: number
  readonly user: string
  /** Read when it is needed; never kept in an error or a log. */
  readonly password: () => Promise<string>
  /** The database to log in to, for engines that want one; undefined tries the usual ones. */
  readonly database?: string
  /** Oracle: exactly one of the two. */
  readonly serviceName?: string
  readonly sid?: string
  /** MongoDB: this one or none; undefined takes the best that the user has. */
  readonly authMechanism?: LoginMechanism
  /** The name of the configured endpoint of this engine at an address that a server names; undefined: there is none. */
  readonly configuredAs?: (host: string, port: number) => string | undefined
  readonly tls: TlsOptions
  /** True where the caller chose the address (CIDR): no clear-text and no downgraded login, even over TLS. */
  readonly strictLogin: boolean
}

export type TlsOptions =
  | { readonly mode: 'off' }
  /** The chain and the name are verified; `ca` is PEM text, instead of the system's authorities. */
  | {
      readonly mode: 'verify'
      readonly ca?: string
      readonly serverName?: string
      readonly client?: ClientCertificate
    }

/** What the gateway shows a server that asks for a certificate; PEM texts that fit each other. */
export interface ClientCertificate {
  /** With those of the authorities between, if there are any. */
  readonly certificate: string
  readonly key: string
}

/** Deadlines in milliseconds, each for its own part; `signal` ends the whole. */
export interface ConnectOptions {
  readonly signal: AbortSignal
  /** TCP, TLS and login, each. */
  readonly connectMs: number
  /** One query. */
  readonly queryMs: number
  /** Told when a step begins, so that a failure can say where it happened. */
  readonly onStep: (step: StepName) => void
}

/** A kind of database server. Throws PosternError with a code of a discovery; the message never holds a password. */
export interface Engine {
  readonly name: DatabaseType
  readonly defaultPort: number
  /** A preview was never tried against a real server of the vendor. */
  readonly maturity: 'stable' | 'preview'
  /** SQL has comments and ends a statement with a semicolon; commands of Redis do neither. */
  readonly grantsAre: 'SQL' | 'commands'
  connect(endpoint: Endpoint, options: ConnectOptions): Promise<EngineSession>
  /**
   * The least privilege that makes a list complete, as statements to run. `host`: where the user logs in from, for
   * engines whose users are made of both; anywhere unless given. `authMechanism`: how the user logs in to a MongoDB.
   */
  grants(user: string, host?: string, authMechanism?: LoginMechanism): readonly Grant[]
}

export interface Grant {
  readonly statement: string
  readonly why: string
}

/** One logged-in connection. Disposing ends it within a second, whatever the server does. */
export interface EngineSession extends AsyncDisposable {
  serverInfo(): Promise<ServerInfo>
  /** All databases, sorted by code point of the name, system ones flagged. */
  listDatabases(): Promise<Listing>
  /**
   * What the databases take, told one by one, after they were listed. Ends within `budgetMs`, if need be with the connection;
   * what was told before a rejection counts. Resolves with why some may be missing. Not there: nothing more can be asked.
   */
  measure?(budgetMs: number, take: (size: DatabaseSize) => void): Promise<MissingSizes>
}

export interface DatabaseSize extends Pick<DatabaseRecord, 'name' | 'nameBase64'> {
  readonly bytes: number
}

export interface MissingSizes {
  readonly reason: string
  readonly grant?: string
}
