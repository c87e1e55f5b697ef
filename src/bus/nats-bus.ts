import type { Authenticator, NatsConnection } from '@nats-io/transport-node'
import * as nats from '@nats-io/transport-node'
import { nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js'
import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import { hostAndPort } from '../model/host.ts'
import { SUBJECTS, type SharedBus, type Subject } from './bus.ts'
import { isCertificateProblem, refusedBus } from './bus-address.ts'
import type { NatsAddress, NatsLogin } from './nats-address.ts'
import { type AbortableOptions, AbortableTransport } from './nats-transport.ts'
import { type BusConnection, type Deliver, openSharedBus } from './shared-bus.ts'
import { subjectToken } from './subject-token.ts'

const CONNECT_MS = 5_000
const PING_MS = 10_000
/** Until a server must have taken what was sent: longer than it takes to find out that it is silent. */
const SEND_MS = 35_000
const CLOSE_MS = 800
/** Far below the limit of a server, which is 1 MiB unless set. */
const MAX_MESSAGE_BYTES = 16 * 1024
const MAX_MESSAGES = 16
const MAX_SENDS = 16

export interface NatsBusOptions {
  readonly address: NatsAddress
  /** What the nodes of one store share: others on the same servers do not hear them. */
  readonly installation: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * Wakes over NATS: `postern.<installation>.<region>.<subject>`, published by the node's own region and heard from all, so
 * that the operators of a super-cluster can say by subject what crosses between regions. Rejects with ConfigurationError where
 * the servers refuse the login, the certificate or the subjects at the start; later such a refusal is tried again.
 */
export function openNatsBus(options: NatsBusOptions): Promise<SharedBus> {
  const { address, clock, log } = options
  // Somebody else each time, and not the same one for all nodes that start together.
  let next = Math.floor(Math.random() * address.servers.length)
  const login = authenticatorOf(address.login)
  return openSharedBus({
    name: 'nats',
    connect: (deliver, signal) =>
      connect({ ...options, server: next++ % address.servers.length, login, deliver }, signal),
    // What one turn of the event loop publishes goes together, and waits for nothing else.
    collect: (send) => void setImmediate(send),
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxMessages: MAX_MESSAGES,
    maxSends: MAX_SENDS,
    clock,
    log,
  })
}

interface Connecting extends NatsBusOptions {
  /** Index in the servers of the address. */
  readonly server: number
  readonly login: Authenticator | undefined
  readonly deliver: Deliver
}

async function connect(parts: Connecting, stop: AbortSignal): Promise<BusConnection> {
  const { address, installation, deliver, clock, log } = parts
  const server = address.servers[parts.server]
  if (server === undefined) throw new Error('the bus has no servers')
  const where = hostAndPort(server.host, server.port)
  const ended = new AbortController()
  const connecting: AbortableOptions = {
    servers: [where],
    name: `postern/${VERSION}`,
    timeout: CONNECT_MS,
    // One loop for both kinds of bus comes back; the client's own knows neither full jitter nor an end.
    reconnect: false,
    ignoreClusterUpdates: true,
    noEcho: true,
    pingInterval: PING_MS,
    maxPingOut: 2,
    noAsyncTraces: true,
    ...(address.tls && { tls: address.tls }),
    ...(parts.login && { authenticator: parts.login }),
    signal: AbortSignal.any([stop, ended.signal]),
  }
  let connection: NatsConnection
  try {
    nats.setTransportFactory({ factory: () => new AbortableTransport(), dnsResolveFn: nodeResolveHost })
    connection = await nats.NatsConnectionImpl.connect(connecting)
  } catch (error) {
    throw whyRefused(error, where)
  }
  const lost = connection.closed().then((error) => (error instanceof Error ? error : new Error('the server closed it')))
  const close = async () => {
    await Promise.race([connection.close().catch(() => undefined), sleep(clock, CLOSE_MS)])
    ended.abort()
  }
  const taken = async () => {
    const timer = new AbortController()
    const late = sleep(clock, SEND_MS, timer.signal).then(() => new Error('the server took nothing in time'))
    const failure = await Promise.race([connection.flush(), lost, late]).finally(() => timer.abort())
    if (failure instanceof Error) throw failure
  }
  const prefix = `postern.${subjectToken(installation)}`
  try {
    const refusals = SUBJECTS.map((subject) => subscribe(connection, { prefix, subject, deliver }))
    await taken()
    const refusal = refusals.find(({ error }) => error !== undefined)?.error
    if (refusal !== undefined) throw refusedBus(`the user may not subscribe to ${prefix}.>`, refusal)
  } catch (error) {
    await close()
    throw error
  }
  void tellRefusals(connection, log)
  const region = subjectToken(address.region)
  return {
    lost,
    close,
    async send(messages) {
      for (const { subject, text } of messages) connection.publish(`${prefix}.${region}.${subject}`, text)
      await taken()
    },
  }
}

function subscribe(connection: NatsConnection, what: { prefix: string; subject: Subject; deliver: Deliver }) {
  const refusal: { error?: Error } = {}
  connection.subscribe(`${what.prefix}.*.${what.subject}`, {
    callback(error, message) {
      if (error instanceof Error) refusal.error = error
      else what.deliver(message.string(), what.subject)
    },
  })
  return refusal
}

/** A server that takes the login and not the messages says so beside them, each time; one line is enough. */
async function tellRefusals(connection: NatsConnection, log: Log): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type !== 'error') continue
    log.warn({ bus: 'nats', reason: status.error.message }, 'the NATS server refuses what this node publishes')
    return
  }
}

function authenticatorOf(login: NatsLogin): Authenticator | undefined {
  if (login.kind === 'password') return nats.usernamePasswordAuthenticator(login.user, login.password)
  if (login.kind === 'creds') return nats.credsAuthenticator(new TextEncoder().encode(login.text))
  if (login.kind === 'nkey') return nats.nkeyAuthenticator(new TextEncoder().encode(login.seed))
  return undefined
}

/** What cannot get better by itself is the operator's to mend, and is not tried again at the start. */
function whyRefused(error: unknown, where: string): unknown {
  if (error instanceof nats.AuthorizationError) return refusedBus(`${where} refuses the login`, error)
  if (!(error instanceof Error)) return error
  if (error.message.includes("'tls'")) return refusedBus(`${where} has no TLS; \`tls=disable\` goes without`, error)
  const code = 'code' in error ? String(error.code) : ''
  if (isCertificateProblem(code))
    return refusedBus(`the certificate of ${where} is not trusted (${code}); \`ca\` names its authority`, error)
  return error
}
