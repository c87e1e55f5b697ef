import type { StepName } from '../../src/model/listing.ts'

/** What is wrong in a set-up that test/e2e/gateway-check.test.ts makes for real, and what `gateway check` says about it. */
export interface TroubleCase {
  readonly setUp: string
  /** `{…}` stands for what is particular to the set-up; everything else is said letter by letter. */
  readonly says: string
  /** A mistake in the file has none: nothing was tried. */
  readonly at?: { readonly step: StepName; readonly code: string }
  /** Of what is no failure, and so has no entry in the error table; `{…}` as in `says`. */
  readonly mend?: string
}

const failed = (step: StepName, code: string, texts: Pick<TroubleCase, 'setUp' | 'says'>): TroubleCase => ({
  ...texts,
  at: { step, code },
})

/** Found when the endpoint is tried. */
export const TRIED = {
  'wrong port': failed('connect', 'Endpoint.ConnectionRefused', {
    setUp: 'Nothing listens on the port.',
    says: 'The connection was refused. Step connect, {address} port {port}, after {…} ms (ECONNREFUSED).',
  }),
  'silent server': failed('connect', 'Endpoint.ConnectTimedOut', {
    setUp: 'What listens there says nothing, or a firewall swallows everything.',
    says: 'The connection was not answered in time. Step connect, {address} port {port}, after {…} ms: nothing came.',
  }),
  'server that closes': failed('connect', 'Endpoint.ConnectionReset', {
    setUp: 'What listens there closes the connection at once.',
    says: 'The connection was closed by the other side. Step connect, {address} port {port}, after {…} ms: the connection was closed.',
  }),
  'HTTP there': failed('connect', 'Endpoint.WrongProtocol', {
    setUp: 'A web server listens there.',
    says: 'Something else answers there. It said: "HTTP/1.1 {…}". That looks like an HTTP server.',
  }),
  'SSH there': failed('tls', 'Endpoint.WrongProtocol', {
    setUp: 'An SSH server listens there.',
    says: 'Something else answers there. It said: "SSH-2.0-{…}". That looks like an SSH server.',
  }),
  'PostgreSQL there': failed('connect', 'Endpoint.WrongProtocol', {
    setUp: 'The endpoint says MySQL and a PostgreSQL listens there.',
    says: 'Something else answers there. It said: "S". That looks like a PostgreSQL server.',
  }),
  'MariaDB there': failed('tls', 'Endpoint.WrongProtocol', {
    setUp: 'The endpoint says PostgreSQL and a MariaDB listens there.',
    says: 'Something else answers there. It said: "{…}". That looks like a MySQL server.',
  }),
  'name not resolved': failed('resolve', 'Endpoint.NameNotResolved', {
    setUp: 'The resolver does not know the name.',
    says: 'The host name could not be resolved. {name}: The resolver says ENOTFOUND.',
  }),
  'name to loopback': failed('resolve', 'Endpoint.NotAllowed', {
    setUp: "The name resolves to the gateway's own machine.",
    says: 'The gateway is not configured to dial this endpoint. {name}, which resolves to 127.0.0.1 (loopback): such an address is dialled only for an endpoint whose `host` is that very address; the file to edit is {file}.',
  }),
  'wrong password': failed('login', 'Database.AuthenticationFailed', {
    setUp: 'The password is wrong (MariaDB).',
    says: "The server refused the login. The server said: Access denied for user '{user}'@'{address}' (using password: YES) (1045). User \"{user}\". A user made with REQUIRE X509 is refused like this too: that one needs `tls.clientCertFile` of the endpoint.",
  }),
  'wrong password of PostgreSQL': failed('login', 'Database.AuthenticationFailed', {
    setUp: 'The password is wrong (PostgreSQL).',
    says: 'The server refused the login. The server said: password authentication failed for user "{user}" (28P01). User "{user}".',
  }),
  'unknown user': failed('login', 'Database.AuthenticationFailed', {
    setUp: 'There is no such user, or none that may log in from there.',
    says: "The server refused the login. The server said: Access denied for user '{user}'@'{address}' (using password: YES) (1045). User \"{user}\". A user made with REQUIRE X509 is refused like this too: that one needs `tls.clientCertFile` of the endpoint.",
  }),
  'account locked': failed('login', 'Database.AccountLocked', {
    setUp: 'The account is locked.',
    says: 'The account is locked. The server said: Access denied, this account is locked (4151). User "{user}".',
  }),
  'no CONNECT': failed('login', 'Database.PrivilegeMissing', {
    setUp: 'The user may connect to none of the usual databases (PostgreSQL).',
    says: 'The user may not list databases. User "{user}" can log in to none of the databases postgres, template1, {user}. To mend it run: GRANT CONNECT ON DATABASE postgres TO "{user}". {…}',
  }),
  'certificate untrusted': failed('tls', 'Endpoint.TlsUntrusted', {
    setUp: 'The authority of the certificate is a private one, and no `caFile` names it.',
    says: 'The certificate of the server is not trusted. Its subject is "{…}", issued by "{…}": self-signed certificate in certificate chain (SELF_SIGNED_CERT_IN_CHAIN).',
  }),
  'wrong name in the certificate': failed('tls', 'Endpoint.TlsUntrusted', {
    setUp: 'The certificate was made for another name.',
    says: 'The certificate of the server is not trusted. Its subject is "{…}", issued by "{…}": Hostname/IP does not match certificate\'s altnames: {…} (ERR_TLS_CERT_ALTNAME_INVALID).',
  }),
  'TLS refused': failed('tls', 'Endpoint.TlsRefused', {
    setUp: 'TLS is on, and the server has none.',
    says: 'The server offers no TLS.',
  }),
  'TLS required': failed('login', 'Endpoint.TlsRequired', {
    setUp: 'TLS is off, and the server insists on it (PostgreSQL).',
    says: 'The server requires TLS. The server said: no pg_hba.conf entry for host "{address}", user "{user}", database "postgres", no encryption (28000).',
  }),
  'TLS required of the user': failed('login', 'Database.AuthenticationFailed', {
    setUp: 'TLS is off, and the user is one with `REQUIRE SSL` (MariaDB).',
    says: "The server refused the login. The server said: Access denied for user '{user}'@'{address}' (using password: YES) (1045). User \"{user}\". The server offers TLS and the endpoint has it switched off: a user who must use TLS is refused like a wrong password.",
  }),
  'wrong password of MongoDB': failed('login', 'Database.AuthenticationFailed', {
    setUp: 'The password is wrong (MongoDB).',
    says: 'The server refused the login. The server said: Authentication failed. (18 AuthenticationFailed). User "{user}".',
  }),
  'wrong password of Oracle': failed('login', 'Database.AuthenticationFailed', {
    setUp: 'The password is wrong (Oracle).',
    says: 'The server refused the login. The server said: ORA-01017: {…}. User "{user}".',
  }),
  'wrong password of SQL Server': failed('login', 'Database.AuthenticationFailed', {
    setUp: 'The password is wrong (SQL Server).',
    says: 'The server refused the login. The server said: Login failed for user \'{user}\'. (18456). User "{user}".',
  }),
  'TLS required by MongoDB': failed('login', 'Endpoint.TlsRequired', {
    setUp: 'TLS is off, and the server insists on it (MongoDB).',
    says: 'The server requires TLS.',
  }),
  'TLS required by SQL Server': failed('login', 'Endpoint.TlsRequired', {
    setUp: 'TLS is off, and the server insists on it (SQL Server).',
    says: 'The server requires TLS. The server forces encryption.',
  }),
  'certificate of SQL Server untrusted': failed('tls', 'Endpoint.TlsUntrusted', {
    setUp: 'The server has the certificate that it made for itself (SQL Server).',
    says: 'The certificate of the server is not trusted. Its subject is "{…}", issued by "{…}": {…}.',
  }),
  'wrong service name': failed('login', 'Database.NotListable', {
    setUp: 'The listener does not know the service (Oracle).',
    says: 'The server has nothing to list there. The listener knows no service "NOSUCH": `lsnrctl services` on the server shows those it knows; change `serviceName` of the endpoint. The listener refused with ORA-12514.',
  }),
  'closed PDB': failed('login', 'Database.NotListable', {
    setUp: 'The service is one of a pluggable database that is not open (Oracle).',
    says: 'The server has nothing to list there. The server said: ORA-01109: {…}. User "{user}".',
  }),
  arbiter: failed('login', 'Database.NotListable', {
    setUp: 'The server is an arbiter of a replica set, which holds no data (MongoDB).',
    says: 'The server has nothing to list there. The server is an arbiter of the replica set "{name}" and holds no data. It names {…} as the primary: list that one as an endpoint.',
  }),
} satisfies Readonly<Record<string, TroubleCase>>

/** Not a failure: the list may be incomplete, or nothing was tried. */
export const NOT_FAILED = {
  'missing grant': {
    setUp: 'The user lacks a privilege, so databases may be missing from the list: the result is `partial`.',
    at: { step: 'privilege', code: 'MySQL.ShowDatabasesMissing' },
    says: 'Only databases on which the account has some privilege are listed: the list may be incomplete. The privilege SHOW DATABASES makes it complete and lets the account read nothing.',
    mend: 'GRANT SHOW DATABASES ON *.* TO `{user}`@`{address}`',
  },
  'missing grant of MongoDB': {
    setUp: 'The user lacks the privilege that shows all databases (MongoDB): the result is `partial`.',
    at: { step: 'privilege', code: 'MongoDB.ListDatabasesMissing' },
    says: 'Only databases on which the user has some privilege are listed: the list may be incomplete. The action listDatabases on the cluster makes it complete and lets the user read nothing.',
    mend: 'db.getSiblingDB("admin").createRole({…}); db.getSiblingDB("admin").grantRolesToUser("{user}", [{ role: "posternLister", db: "admin" }])',
  },
  'missing grant of Oracle': {
    setUp: 'The common user sees the root alone (Oracle): the result is `partial`.',
    at: { step: 'privilege', code: 'Oracle.ContainerDataMissing' },
    says: 'The user does not see PDB$SEED, which every CDB has: its CONTAINER_DATA leaves out containers, and only the others are listed.',
    mend: 'ALTER USER {user} SET CONTAINER_DATA=ALL CONTAINER=CURRENT',
  },
  'missing grant of SQL Server': {
    setUp: 'The login lacks VIEW ANY DATABASE (SQL Server): the result is `partial`.',
    at: { step: 'privilege', code: 'MSSQL.ViewAnyDatabaseMissing' },
    says: 'Only master, tempdb and databases that the login owns are listed: the list may be incomplete. The permission VIEW ANY DATABASE makes it complete and lets the login read nothing.',
    mend: 'GRANT VIEW ANY DATABASE TO [{user}]',
  },
  'range without address': {
    setUp: 'The endpoint is a range of addresses: the result is `skipped`.',
    says: 'It is a range of addresses: give one with --endpoint NAME --host ADDRESS.',
  },
} satisfies Readonly<Record<string, TroubleCase>>

/** Found in the file, before anything is tried; `gateway run` and `config check` say the same. */
export const IN_THE_FILE = {
  'passwordFile missing': {
    setUp: 'The file of the password is not there.',
    says: '`passwordFile` cannot be read: {file} (ENOENT)',
  },
  'passwordFile empty': { setUp: 'The file of the password is empty.', says: '`passwordFile` is empty: {file}' },
  'passwordEnv not set': {
    setUp: 'The environment variable of the password is not set.',
    says: '`passwordEnv`: the environment has no {variable}',
  },
  'two passwords': {
    setUp: 'The password is there in two ways.',
    says: 'only one of `password`, `passwordFile` may be there; remove the others',
  },
  'unknown key': { setUp: 'A key is mistyped.', says: 'unknown key `hots`; did you mean `host`?' },
  'missing key': { setUp: 'A key is missing.', says: '`user` is missing' },
  'duplicate endpoint': {
    setUp: 'An endpoint is there twice.',
    says: '{endpoint} in line {…} is the endpoint of line {…} again; remove one of them',
  },
  'unknown engine': {
    setUp: 'The engine is one that this version does not know.',
    says: '`engine` `Informix` is not an engine; this version knows {…}',
  },
  'mistyped engine': {
    setUp: 'The engine is mistyped.',
    says: '`engine` `Postgres` is not an engine; did you mean PostgreSQL?',
  },
  'port in the host': {
    setUp: 'The port stands in `host`.',
    says: '`host` `{address}:{port}` is not a host; write the port as `port`',
  },
  'port out of range': { setUp: 'There is no such port.', says: '`port` must be a whole number from 1 to 65535' },
  'range without TLS': {
    setUp: 'A range of addresses has TLS off.',
    says: '`mode: off` is not possible for an address range: {…}; use `mode: verify`, or list exact hosts',
  },
  'caFile missing': {
    setUp: 'The file of the authority is not there.',
    says: '`caFile` cannot be read: {file} (ENOENT)',
  },
  'caFile not a certificate': {
    setUp: 'The file of the authority holds something else.',
    says: '`caFile` is not a PEM certificate: {file}',
  },
  'not YAML': {
    setUp: 'A password begins with @ and has no quotes.',
    says: 'a value that begins with @, ` or % must be written in quotes',
  },
} satisfies Readonly<Record<string, TroubleCase>>

export type CaseName = keyof typeof TRIED | keyof typeof NOT_FAILED | keyof typeof IN_THE_FILE
