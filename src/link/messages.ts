import { z } from 'zod'
import { toAttemptId, toEpoch, toFingerprint, toGatewayId, toServerId, toTaskId } from '../model/ids.ts'
import { canonicalAddress } from '../model/host.ts'
import { knownStep } from '../model/listing-schemas.ts'

/**
 * The messages between gateway and server, protocol version 1. Gateways in the field cannot be changed:
 * a field may be added as optional, never removed or given another meaning. Unknown fields are dropped,
 * unknown types of message are ignored after `welcome`.
 */
export const PROTOCOL_VERSION = 1
/** Where the WebSocket is and where a token is exchanged. */
export const LINK_PATH = '/link'
export const ENROLL_PATH = '/link/enroll'

export const MAX_FRAME_BYTES = 1024 * 1024
/** Before the gateway has proven who it is. */
export const MAX_FRAME_BYTES_BEFORE_PROOF = 64 * 1024

/** Why a side closed the connection. */
export const CLOSE = {
  goingAway: 1001,
  protocol: 4000,
  refused: 4001,
  replaced: 4002,
  conflict: 4003,
  overloaded: 4004,
  silent: 4005,
  tooOld: 4006,
  /** The gateway was deleted: it need not come back. */
  deleted: 4007,
} as const
/** The reason with which a gateway that stops closes, with `goingAway`: it tells this end from every other one. */
export const GATEWAY_STOPS = 'the gateway stops'
/** The same, because another version was put in its place. A server that does not know it takes it for a lost connection. */
export const GATEWAY_UPGRADES = 'the gateway stops to be upgraded'

const text = (max: number) => z.string().max(max)
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`))
const base64 = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[A-Za-z0-9+/]*={0,2}$/)
const positive = z.number().int().positive()
const duration = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)

const attempt = hex(32).transform(toAttemptId)
const epoch = positive.transform(toEpoch)
const fingerprint = hex(64).transform(toFingerprint)
const publicId = <T>(parse: (value: number) => T | undefined) =>
  z.number().transform((value, context) => {
    const id = parse(value)
    if (id === undefined) context.addIssue({ code: 'custom', message: 'not an id' })
    return id ?? z.NEVER
  })
const gateway = publicId(toGatewayId)
const task = publicId(toTaskId)

// ---- gateway → server

const hello = z.object({
  type: z.literal('hello'),
  /** Lowest and highest protocol version that the gateway speaks. */
  protocol: z.object({ min: positive, max: positive }),
  version: text(64),
  capabilities: z.array(text(64)).max(64),
  gateway,
  /** Random, made anew at each start of the process. */
  instance: hex(32),
  /** The key that `proof` is made with. */
  key: fingerprint,
  /** A key to rotate to, raw public bytes; signed along in `proof`. */
  nextKey: base64(64).optional(),
  hostname: text(256),
  /** Of its end of this connection, as its system says; read in its one spelling, what is no address as left out. */
  localAddress: text(64)
    .transform((given) => canonicalAddress(given)?.split('%')[0])
    .optional(),
})
const proof = z.object({
  type: z.literal('proof'),
  /** Ed25519 over `proofPayload` in `link/payloads.ts`. */
  signature: base64(128),
})
const ready = z.object({
  type: z.literal('ready'),
  instance: hex(32),
  /** How many attempts it runs at a time, in all and for one endpoint. */
  capacity: z.object({ total: positive.max(10_000), perEndpoint: positive.max(10_000) }),
  engines: z.array(text(64)).max(64),
  /** Attempts that it runs or whose outcome was not acknowledged. */
  holding: z.array(attempt).max(20_000),
})
const accepted = z.object({ type: z.literal('accepted'), attempt, epoch })
/** A step that only a newer gateway knows is none here. */
const stepMessage = z.object({ type: z.literal('step'), attempt, step: knownStep })
/** Whole lines of JSON, one database each; at most 256 KiB as UTF-8. `index` counts from 0, anew on each connection. */
const chunk = z.object({ type: z.literal('chunk'), attempt, index: duration, data: text(256 * 1024) })
const finished = z.object({
  type: z.literal('finished'),
  attempt,
  /** The epoch of the claim, from `run`; the connection may be a newer one. */
  epoch,
  /** How many chunks came before, on this connection. */
  chunks: duration,
  /** JSON of an outcome (model/listing.ts), as text because these bytes are signed. */
  outcome: text(512 * 1024),
  digest: hex(64),
  /** Ed25519 over `resultPayload` in `link/payloads.ts`. */
  signature: base64(128),
  key: fingerprint,
})
const ping = z.object({
  type: z.literal('ping'),
  id: duration,
  /** The newest ping that was answered: this makes a round trip that the server knows of. */
  answered: duration.optional(),
  /** Duration of that round trip. */
  rttMs: duration.optional(),
  /** The gateway's wall clock; the server's clock decides, this only measures the drift. */
  time: duration,
})

// ---- server → gateway

const challenge = z.object({
  type: z.literal('challenge'),
  protocol: positive,
  server: hex(32).transform(toServerId),
  nonce: hex(64),
})
const welcome = z.object({
  type: z.literal('welcome'),
  epoch,
  time: duration,
  pingEveryMs: positive,
  /** Without an answer for this long the connection is dead. */
  silentMs: positive,
  /** Spread a reconnect after an unexpected end over this. */
  spreadMs: duration,
  capabilities: z.array(text(64)).max(64),
})
const run = z.object({
  type: z.literal('run'),
  attempt,
  epoch,
  task,
  operation: z.literal('list-databases'),
  /** Of a newer server one that this gateway does not know: the attempt fails, the connection stays. */
  engine: text(64),
  /** Missing: the only endpoint of that engine. */
  host: text(255).optional(),
  port: positive.max(65_535).optional(),
  /** What is left for the task from now on. */
  executionMs: positive,
  /** Signed along with the outcome. */
  nonce: hex(32),
})
const cancel = z.object({ type: z.literal('cancel'), attempt })
/** After the commit; whatever `kind`, the gateway forgets the outcome. */
const received = z.object({ type: z.literal('received'), attempt, kind: text(64) })
const drain = z.object({ type: z.literal('drain'), afterMs: duration, spreadMs: duration })
const pong = z.object({ type: z.literal('pong'), id: duration, time: duration })

export const gatewayMessage = z.discriminatedUnion('type', [
  hello,
  proof,
  ready,
  accepted,
  stepMessage,
  chunk,
  finished,
  ping,
])
export type GatewayMessage = z.output<typeof gatewayMessage>

export const serverMessage = z.discriminatedUnion('type', [challenge, welcome, run, cancel, received, drain, pong])
export type ServerMessage = z.output<typeof serverMessage>

export type Message<T extends (GatewayMessage | ServerMessage)['type']> = Extract<
  GatewayMessage | ServerMessage,
  { type: T }
>

// ---- enrolment: POST /link/enroll, JSON both ways

export const enrollRequest = z.object({
  token: text(256),
  /** Raw Ed25519 public key, 32 bytes. */
  publicKey: base64(64),
  hostname: text(256),
  version: text(64),
})
export type EnrollRequestBody = z.output<typeof enrollRequest>

export const enrollReply = z.object({
  gateway,
  account: text(32),
  server: hex(32).transform(toServerId),
  region: text(64),
  name: text(256),
})
export type EnrollReplyBody = z.output<typeof enrollReply>
