import type { ErrorEntry } from './error-entry.ts'

/** How a discovery ended without a list: ErrCode of a failed task. */
export const DISCOVERY_ERRORS = {
  'BackupGateway.Offline': {
    status: 400,
    message: 'The backup gateway is not connected.',
    meaning: 'No connected gateway took the task before its delivery deadline.',
    mend: 'Start the gateway, or look at its log; then create the task again.',
  },
  'BackupGateway.Busy': {
    status: 400,
    message: 'The backup gateway is busy.',
    meaning: 'The gateway is connected and had no room for the task before its delivery deadline.',
    mend: 'Try later, raise DeliveryTimeoutSeconds, or raise the limits in the configuration of the gateway.',
  },
  'BackupGateway.Deleted': {
    status: 400,
    message: 'The backup gateway was deleted.',
    meaning: 'Somebody deleted the gateway before the task had ended; the message says who and when.',
    mend: 'Create the task again for another gateway.',
  },
  'Task.NotFinished': {
    status: 200,
    message: 'The task is not finished.',
    meaning: 'The answer is not there yet.',
    mend: 'Ask again, or ask with WaitSeconds.',
  },
  'Task.ExecutionTimedOut': {
    status: 400,
    message: 'The gateway did not finish in time.',
    meaning: 'The gateway took the task and did not end it before its execution deadline; the message names the step.',
    mend: 'Look at that step; raise ExecutionTimeoutSeconds for a slow server.',
  },
  'Task.Cancelled': {
    status: 400,
    message: 'The task was cancelled.',
    meaning: 'Somebody cancelled the task; the message says who.',
    mend: 'Create a new task.',
  },
  'Endpoint.NotAllowed': {
    status: 400,
    message: 'The gateway is not configured to dial this endpoint.',
    meaning:
      'A gateway dials only what its configuration lists, and no address that a server or a name points to besides.',
    mend: 'Add the endpoint to the configuration file of the gateway that the message names.',
  },
  'Endpoint.Ambiguous': {
    status: 400,
    message: 'More than one configured endpoint fits.',
    meaning: 'The request fits several endpoints of the gateway; the message names them.',
    mend: 'Send SourceEndpointIP and SourceEndpointPort.',
  },
  'Endpoint.NameNotResolved': {
    status: 400,
    message: 'The host name could not be resolved.',
    meaning: 'The resolver of the gateway has no address for the name.',
    mend: 'Check the name, and the DNS on the machine of the gateway.',
  },
  'Endpoint.ConnectionRefused': {
    status: 400,
    message: 'The connection was refused.',
    meaning: 'Nothing listens on that port, or a firewall refuses.',
    mend: 'Check the port and whether the database server is running.',
  },
  'Endpoint.ConnectTimedOut': {
    status: 400,
    message: 'The connection was not answered in time.',
    meaning: 'The machine did not answer, or accepted and then said nothing.',
    mend: 'Check the address, the routing and the firewalls between the gateway and the server.',
  },
  'Endpoint.ConnectionReset': {
    status: 400,
    message: 'The connection was closed by the other side.',
    meaning: 'The server or something between closed the connection in the middle.',
    mend: 'Look at the log of the database server at that time.',
  },
  'Endpoint.WrongProtocol': {
    status: 400,
    message: 'Something else answers there.',
    meaning: 'What answers does not speak the protocol of the engine; the message tells what was seen.',
    mend: 'Check DatabaseType and the port.',
  },
  'Endpoint.TlsRequired': {
    status: 400,
    message: 'The server requires TLS.',
    meaning: 'The endpoint is configured without TLS and the server insists on it.',
    mend: 'Remove `tls: { mode: off }` from the endpoint.',
  },
  'Endpoint.TlsUntrusted': {
    status: 400,
    message: 'The certificate of the server is not trusted.',
    meaning: 'The certificate is self-signed, expired, of an unknown authority or made for another name.',
    mend: 'Name the certificate authority in `tls.caFile`, or the name in `tls.serverName`.',
  },
  'Endpoint.TlsRefused': {
    status: 400,
    message: 'The server offers no TLS.',
    meaning: 'The endpoint is configured with TLS and the server cannot do it.',
    mend: 'Switch TLS on at the server; where the network is trusted, set `tls: { mode: off }` for this endpoint.',
  },
  'Database.AuthenticationFailed': {
    status: 400,
    message: 'The server refused the login.',
    meaning:
      'User name, password or client certificate is wrong, or the user may not log in from there; also any refusal before the list with an error of the server that the gateway does not know. The message has the words of the server.',
    mend: 'Check user, password and client certificate in the configuration of the gateway; where the message has other words of the server, mend what they name.',
  },
  'Database.AuthenticationUnsupported': {
    status: 400,
    message: 'The server asks for a way to log in that the gateway does not use.',
    meaning:
      'The server wants a login that the gateway cannot do or must not do there, such as a password in clear text.',
    mend: 'Give the user another authentication method, or switch verified TLS on.',
  },
  'Database.AccountLocked': {
    status: 400,
    message: 'The account is locked.',
    meaning: 'The server has locked the user or its password has expired.',
    mend: 'Unlock the user on the database server.',
  },
  'Database.PrivilegeMissing': {
    status: 400,
    message: 'The user may not list databases.',
    meaning: 'The list cannot be read at all; the message has the grant to run.',
    mend: 'Run that grant.',
  },
  'Database.TooManyConnections': {
    status: 400,
    message: 'The server has too many connections.',
    meaning: 'The server refused for now.',
    mend: 'Try later or raise the limit of the server.',
  },
  'Database.Starting': {
    status: 400,
    message: 'The server is starting or stopping.',
    meaning: 'The server refused for now.',
    mend: 'Try later.',
  },
  'Database.NotListable': {
    status: 400,
    message: 'The server has nothing to list there.',
    meaning:
      'The server refused because of its role or state, such as an arbiter of a replica set, or knows no database by that name; or it refused the list with an error that the gateway does not know. The message has its words.',
    mend: 'Ask another member or service, or change what the message names.',
  },
  'Result.TooLarge': {
    status: 400,
    message: 'The list is too large.',
    meaning: 'An answer may have 1,000,000 names and 64 MiB.',
    mend: 'The limits are fixed. List smaller servers, or use a login that sees fewer databases.',
  },
  Internal: {
    status: 400,
    message: 'A fault of ours.',
    meaning: 'The gateway met something that it did not expect.',
    mend: 'Look the TaskId up in the log of the gateway, and report it.',
  },
} as const satisfies Record<string, ErrorEntry>
