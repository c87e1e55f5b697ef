import type { Clock, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Epoch, GatewayId, KeyFingerprint, ServerId } from '../model/ids.ts'
import { connectWebSocket } from './connect-web-socket.ts'
import type { MessageSocket } from './message-socket.ts'
import {
  CLOSE,
  GATEWAY_STOPS,
  GATEWAY_UPGRADES,
  type GatewayMessage,
  type Message,
  PROTOCOL_VERSION,
  type ServerMessage,
  serverMessage,
} from './messages.ts'
import { proofPayload } from './payloads.ts'
import { createPeer, type LinkEnd, type Peer } from './peer.ts'
import type { Route } from './route.ts'

export type { LinkEnd } from './peer.ts'

const HANDSHAKE_MS = 10_000

export interface SigningKey {
  readonly fingerprint: KeyFingerprint
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array
  /** Ed25519, 64 bytes. */
  sign(payload: Uint8Array): Uint8Array
}

export interface DialOptions {
  /** `http(s)://host:port` of the server, as it was enrolled. */
  readonly url: string
  /** The only server to prove the key to. */
  readonly server: ServerId
  readonly gateway: GatewayId
  /** 32 hex digits, made anew at each start of the process. */
  readonly instance: string
  readonly version: string
  readonly hostname: string
  /**
   * The first is used; the others only when the server does not know it (it was restored from a backup), and then the
   * first is offered along.
   */
  readonly keys: readonly SigningKey[]
  /** To rotate to; offered along with whichever key is proven. */
  readonly nextKey?: SigningKey
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** Undefined: directly, and the authorities of the process are trusted. */
  readonly route?: Route
  readonly onMessage: (message: Message<'run' | 'cancel' | 'received' | 'drain'>) => void
  /** One open connection; rejects with the error of the network, at its deadline and with the signal. A WebSocket by `route` unless given. */
  readonly connect?: (signal: AbortSignal) => Promise<MessageSocket>
}

/** A proven connection. Pings by itself and ends when the server is silent. */
export interface GatewayLink {
  readonly epoch: Epoch
  /** Spread to come back over when this connection ends unexpectedly, milliseconds. */
  readonly spreadMs: number
  /** The key that the server accepted. */
  readonly key: KeyFingerprint
  /** The key that the server took to rotate to. */
  readonly offered: KeyFingerprint | undefined
  /** Throws when the connection is closed. */
  send(message: GatewayMessage): void
  readonly bufferedBytes: number
  drained(): Promise<void>
  /** Ends this connection, to come back later. Aborting the signal tells the server that the gateway stops. */
  close(): void
  readonly closed: Promise<LinkEnd>
}

/** The server said no, with one of CLOSE and its reason. */
export class LinkRefused extends Error {
  readonly end: LinkEnd
  constructor(end: LinkEnd) {
    super(`the server refused the connection: ${end.reason || end.code}`)
    this.name = 'LinkRefused'
    this.end = end
  }
}

/** Connects and proves the key; rejects with LinkRefused, or with the error of the network. Every step has a deadline. */
export async function dial(options: DialOptions): Promise<GatewayLink> {
  let refused: LinkRefused | undefined
  for (const key of options.keys) {
    try {
      return await dialWith(key, options)
    } catch (error) {
      if (!(error instanceof LinkRefused) || error.end.code !== CLOSE.refused) throw error
      refused = error
    }
  }
  throw refused ?? new Error('there is no key to prove')
}

async function dialWith(key: SigningKey, all: DialOptions): Promise<GatewayLink> {
  const [first] = all.keys
  const options = all.nextKey === undefined && first !== undefined && first !== key ? { ...all, nextKey: first } : all
  const connect = options.connect ?? (() => connectWebSocket(options.url, options))
  const socket = await connect(options.signal)
  const peer = createPeer<ServerMessage, GatewayMessage>(socket, { schema: serverMessage, clock: options.clock })
  const words = () => (options.signal.reason === GATEWAY_UPGRADES ? GATEWAY_UPGRADES : GATEWAY_STOPS)
  const abort = () => peer.close(CLOSE.goingAway, words())
  options.signal.addEventListener('abort', abort, { once: true })
  void peer.closed.then(() => options.signal.removeEventListener('abort', abort))
  try {
    const welcome = await handshake(peer, { key, localAddress: socket.localAddress, options })
    return live({ peer, welcome, key, options })
  } catch (error) {
    peer.close(CLOSE.protocol, 'the handshake failed')
    const end = await peer.closed
    throw isRefusal(end) ? new LinkRefused(end) : error
  }
}

const isRefusal = ({ code }: LinkEnd) =>
  code === CLOSE.refused ||
  code === CLOSE.conflict ||
  code === CLOSE.tooOld ||
  code === CLOSE.overloaded ||
  code === CLOSE.deleted

async function handshake(
  peer: Peer<ServerMessage, GatewayMessage>,
  parts: { key: SigningKey; localAddress: string | undefined; options: DialOptions },
): Promise<Message<'welcome'>> {
  const { key, localAddress, options } = parts
  const nextKey = options.nextKey && Buffer.from(options.nextKey.publicKey).toString('base64')
  peer.send({
    type: 'hello',
    protocol: { min: PROTOCOL_VERSION, max: PROTOCOL_VERSION },
    version: options.version,
    capabilities: [],
    gateway: options.gateway,
    instance: options.instance,
    key: key.fingerprint,
    ...(nextKey !== undefined && { nextKey }),
    hostname: options.hostname,
    ...(localAddress !== undefined && { localAddress }),
  })
  const challenge = await peer.next(HANDSHAKE_MS)
  if (challenge.type !== 'challenge') throw new Error(`expected challenge, got ${challenge.type}`)
  if (challenge.server !== options.server) {
    throw new Error(`another server answers at ${options.url}: ${challenge.server}, enrolled with ${options.server}`)
  }
  const payload = proofPayload({
    server: challenge.server,
    nonce: challenge.nonce,
    gateway: options.gateway,
    instance: options.instance,
    key: key.fingerprint,
    nextKey,
  })
  peer.send({ type: 'proof', signature: Buffer.from(key.sign(payload)).toString('base64') })
  const welcome = await peer.next(HANDSHAKE_MS)
  if (welcome.type !== 'welcome') throw new Error(`expected welcome, got ${welcome.type}`)
  return welcome
}

function live(parts: {
  peer: Peer<ServerMessage, GatewayMessage>
  welcome: Message<'welcome'>
  key: SigningKey
  options: DialOptions
}): GatewayLink {
  const { peer, welcome, key, options } = parts
  const pings = startPings(peer, welcome, options.clock)
  void peer.closed.then(() => pings.cancel())
  peer.deliver((message) => {
    switch (message.type) {
      case 'pong':
        return pings.answered(message.id)
      case 'run':
      case 'cancel':
      case 'received':
      case 'drain':
        return options.onMessage(message)
      case 'challenge':
      case 'welcome':
        return peer.close(CLOSE.protocol, `${message.type} after the handshake`)
    }
  })
  return {
    epoch: welcome.epoch,
    spreadMs: welcome.spreadMs,
    key: key.fingerprint,
    offered: options.nextKey?.fingerprint,
    send: (message) => peer.send(message),
    get bufferedBytes() {
      return peer.bufferedBytes
    },
    drained: () => peer.drained(),
    close: () => peer.close(CLOSE.goingAway, 'the gateway comes back later'),
    closed: peer.closed,
  }
}

/** An open socket proves nothing: only answered pings keep the connection, and tell the server of a round trip. */
function startPings(
  peer: Peer<ServerMessage, GatewayMessage>,
  welcome: Message<'welcome'>,
  clock: Clock,
): Timer & { answered(id: number): void } {
  let id = 0
  let newest: { id: number; rttMs: number } | undefined
  const sentAt = new Map<number, number>()

  const ping = () => {
    id++
    sentAt.set(id, clock.now())
    // At most silentMs / pingEveryMs are open; older ones will not be answered.
    for (const old of sentAt.keys()) if (sentAt.size > 16) sentAt.delete(old)
    const answered = newest && { answered: newest.id, rttMs: newest.rttMs }
    try {
      peer.send({ type: 'ping', id, time: clock.wall(), ...answered })
    } catch {
      // Closed meanwhile: `closed` tells.
    }
  }
  // Of its own, and not looked at with each ping: that would find a half-open connection a ping too late.
  const waitForAnswer = () =>
    clock.after(welcome.silentMs, () => peer.close(CLOSE.silent, 'the server does not answer'))
  let silence = waitForAnswer()
  const timer = clock.every(welcome.pingEveryMs, ping)
  ping()
  return {
    cancel() {
      timer.cancel()
      silence.cancel()
    },
    answered(answeredId) {
      const sent = sentAt.get(answeredId)
      if (sent === undefined) return
      sentAt.delete(answeredId)
      silence.cancel()
      silence = waitForAnswer()
      newest = { id: answeredId, rttMs: Math.max(0, clock.now() - sent) }
    },
  }
}
