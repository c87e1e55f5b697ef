import { randomBytes } from 'node:crypto'
import { spreadOf } from '../base/backoff.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { createTurns, type Turns } from '../base/turns.ts'
import { ONLINE_WITHIN_MS, PING_EVERY_MS } from '../model/gateway.ts'
import {
  type AccountId,
  type Epoch,
  fingerprintOf,
  type GatewayId,
  type KeyFingerprint,
  type ServerId,
} from '../model/ids.ts'
import type { Instant } from '../model/task.ts'
import { createHandshakes } from './handshakes.ts'
import { verifyEd25519 } from './keys.ts'
import type { MessageSocket } from './message-socket.ts'
import {
  CLOSE,
  type GatewayMessage,
  gatewayMessage,
  type Message,
  PROTOCOL_VERSION,
  type ServerMessage,
} from './messages.ts'
import { proofPayload } from './payloads.ts'
import { createPeer, type LinkEnd, type Peer } from './peer.ts'

const HANDSHAKE_MS = 10_000

/** What the listener needs to know about gateways; the fleet answers. */
export interface LinkHost {
  readonly server: ServerId
  /** Raw public keys that may prove this gateway; empty for an unknown one. Who proves none is `unproven`. */
  keys(gateway: GatewayId): Promise<readonly Uint8Array[]>
  unproven?(address: string): void
  /** The key was proven: this session replaces any other of that gateway. */
  open(proven: ProvenGateway): Promise<LinkOpened>
  /** From now on the connection is the host's. */
  connected(link: ServerLink): void
}

export interface ProvenGateway {
  readonly gateway: GatewayId
  readonly instance: string
  readonly key: KeyFingerprint
  readonly nextKey?: Uint8Array
  readonly hostname: string
  readonly address: string
  /** Its own address in its network, as it says itself; canonical and without a zone. Older gateways do not say. */
  readonly localAddress?: string
  readonly version: string
}

export type LinkOpened =
  | { readonly kind: 'open'; readonly epoch: Epoch; readonly account: AccountId }
  | { readonly kind: 'conflict'; readonly until: Instant }
  | { readonly kind: 'unknown' }

export type WorkMessage = Message<'ready' | 'accepted' | 'step' | 'chunk' | 'finished'>

/** A proven connection on the server's side. Pings are answered by itself. */
export interface ServerLink {
  readonly gateway: GatewayId
  readonly account: AccountId
  readonly epoch: Epoch
  readonly instance: string
  /** False when the connection is closed: the message is lost and the session will end. */
  send(message: Message<'run' | 'cancel' | 'received' | 'drain'>): boolean
  /** Called once by the host, at once in `connected`. */
  handle(handlers: {
    readonly onMessage: (message: WorkMessage) => void
    readonly onRoundTrip: (quality: { rttMs?: number; driftMs?: number }) => void
  }): void
  close(code: number, reason: string): void
  readonly closed: Promise<LinkEnd>
}

/** Lets gateways prove who they are, whatever carries their messages. */
export interface Doorkeeper {
  /** Resolves when the server has time for one that comes: wait for it before anything is answered. */
  turn(): Promise<void>
  /** Hands a proven connection over to the host; ends any other one, and the log has why. */
  welcome(socket: MessageSocket, address: string): Promise<void>
  /** One more has to be turned away: it comes back after a wait of its own. */
  readonly full: boolean
  readonly proven: number
}

export function createDoorkeeper(parts: {
  readonly host: LinkHost
  readonly clock: Clock
  readonly log: Log
  /** Gateways that are known. */
  readonly expected: number
  readonly turns?: () => Turns
}): Doorkeeper {
  const { host, clock, log, expected, turns = createTurns } = parts
  const handshakes = createHandshakes({ clock, log, turns })
  let proven = 0
  /** The most that were here at a time, or that are known: as many will come back. */
  let most = expected

  const leave = () => {
    proven--
  }

  async function welcome(socket: MessageSocket, address: string): Promise<void> {
    const link = await handshakes.run(address, () => prove(socket, address))
    if (link === undefined) return
    proven++
    most = Math.max(most, proven)
    void link.closed.then(leave)
    host.connected(link)
  }

  async function prove(socket: MessageSocket, address: string): Promise<ServerLink | undefined> {
    const peer = createPeer<GatewayMessage, ServerMessage>(socket, { schema: gatewayMessage, clock })
    try {
      const hello = await peer.next(HANDSHAKE_MS)
      if (hello.type !== 'hello') throw new Error(`expected hello, got ${hello.type}`)
      if (hello.protocol.min > PROTOCOL_VERSION || hello.protocol.max < PROTOCOL_VERSION) {
        peer.close(CLOSE.tooOld, `this server speaks protocol ${PROTOCOL_VERSION}`)
        return undefined
      }
      const key = await provenKey(peer, hello)
      if (key === undefined) {
        host.unproven?.(address)
        // The same words for an unknown gateway, an unknown key and a wrong signature.
        peer.close(CLOSE.refused, 'the server does not know this gateway or its key')
        return undefined
      }
      // Nobody is there any more to open it for.
      if (!peer.open) throw new Error('it left before it was taken')
      const provenAt = clock.now()
      const { gateway, instance, hostname, localAddress, version } = hello
      const about = { gateway, instance, key, hostname, address, version }
      const opened = await host.open({
        ...about,
        ...(localAddress !== undefined && { localAddress }),
        ...(hello.nextKey !== undefined && { nextKey: Buffer.from(hello.nextKey, 'base64') }),
      })
      if (opened.kind === 'unknown') {
        peer.close(CLOSE.refused, 'the server does not know this gateway or its key')
        return undefined
      }
      if (opened.kind === 'conflict') {
        peer.close(CLOSE.conflict, 'two gateways with one identity replace each other; stop one of them')
        return undefined
      }
      peer.send({
        type: 'welcome',
        epoch: opened.epoch,
        time: clock.wall(),
        pingEveryMs: PING_EVERY_MS,
        silentMs: ONLINE_WITHIN_MS,
        spreadMs: spreadOf(most),
        capabilities: [],
      })
      handshakes.answered(clock.now() - provenAt)
      return new ProvenLink({ peer, hello, opened, clock })
    } catch (error) {
      peer.close(CLOSE.protocol, 'the handshake failed')
      throw error
    }
  }

  async function provenKey(peer: Peer<GatewayMessage, ServerMessage>, hello: Message<'hello'>) {
    const nonce = randomBytes(32).toString('hex')
    peer.send({ type: 'challenge', protocol: PROTOCOL_VERSION, server: host.server, nonce })
    const [proof, keys] = await Promise.all([peer.next(HANDSHAKE_MS), host.keys(hello.gateway)])
    if (proof.type !== 'proof') throw new Error(`expected proof, got ${proof.type}`)
    await handshakes.turn('proof')
    const raw = keys.find((candidate) => fingerprintOf(candidate) === hello.key)
    if (raw === undefined) return undefined
    const { gateway, instance, key, nextKey } = hello
    const payload = proofPayload({ server: host.server, nonce, gateway, instance, key, nextKey })
    return verifyEd25519(raw, payload, proof.signature) ? key : undefined
  }

  return {
    turn: () => handshakes.turn('upgrade'),
    welcome,
    get full() {
      return handshakes.full
    },
    get proven() {
      return proven
    },
  }
}

type LinkHandlers = Parameters<ServerLink['handle']>[0]

/** A class, and no closures: thousands of them do nothing but answer a ping now and then. */
class ProvenLink implements ServerLink {
  readonly gateway: GatewayId
  readonly account: AccountId
  readonly epoch: Epoch
  readonly instance: string
  readonly #peer: Peer<GatewayMessage, ServerMessage>
  readonly #clock: Clock
  #silence: Timer
  /** The ping that the gateway must have seen answered to make a round trip. */
  #ponged = 0

  constructor(parts: {
    peer: Peer<GatewayMessage, ServerMessage>
    hello: Message<'hello'>
    opened: { epoch: Epoch; account: AccountId }
    clock: Clock
  }) {
    const { peer, hello, opened, clock } = parts
    this.gateway = hello.gateway
    this.instance = hello.instance
    this.account = opened.account
    this.epoch = opened.epoch
    this.#peer = peer
    this.#clock = clock
    this.#silence = this.#waitForRoundTrip()
    void peer.closed.then(() => this.#silence.cancel())
  }

  get closed(): Promise<LinkEnd> {
    return this.#peer.closed
  }

  close(code: number, reason: string): void {
    this.#peer.close(code, reason)
  }

  send(message: Message<'run' | 'cancel' | 'received' | 'drain'>): boolean {
    return this.#send(message)
  }

  handle(handlers: LinkHandlers): void {
    // The proof was a round trip: the gateway signed a nonce of this moment.
    handlers.onRoundTrip({})
    this.#peer.deliver((message) => this.#take(message, handlers))
  }

  #take(message: GatewayMessage, { onMessage, onRoundTrip }: LinkHandlers): void {
    switch (message.type) {
      case 'ping': {
        if (message.answered !== undefined && message.answered <= this.#ponged) {
          this.#silence.cancel()
          this.#silence = this.#waitForRoundTrip()
          const { rttMs } = message
          onRoundTrip({
            driftMs: message.time - this.#clock.wall() + (rttMs ?? 0) / 2,
            ...(rttMs !== undefined && { rttMs }),
          })
        }
        this.#ponged = Math.max(this.#ponged, message.id)
        this.#send({ type: 'pong', id: message.id, time: this.#clock.wall() })
        return
      }
      case 'hello':
      case 'proof':
        return this.#peer.close(CLOSE.protocol, `${message.type} after the handshake`)
      case 'ready':
      case 'accepted':
      case 'step':
      case 'chunk':
      case 'finished':
        return onMessage(message)
    }
  }

  /** False where it is closed meanwhile: `closed` tells. */
  #send(message: ServerMessage): boolean {
    try {
      this.#peer.send(message)
      return true
    } catch {
      return false
    }
  }

  #waitForRoundTrip(): Timer {
    return this.#clock.after(ONLINE_WITHIN_MS, () => this.#peer.close(CLOSE.silent, 'the gateway does not answer'))
  }
}
