import { z } from 'zod'

/** A call of the API: a write, a denial, or a read where reads are recorded. */
interface CallEvent {
  readonly kind: 'call'
  readonly account: string
  readonly principal: string
  readonly key: string
  readonly address?: string
  readonly action: string
  readonly version: string
  readonly target?: {
    readonly action: string
    readonly resource: string
    readonly conditions: Readonly<Record<string, string | undefined>>
  }
  /** What identifies the objects; never another parameter. */
  readonly ids?: Readonly<Record<string, string | number>>
  /** Set where the permission was missing, also where the answer does not say so. */
  readonly denied?: true
  /** `OK` or the code of the error. */
  readonly outcome: string
  readonly status: number
  readonly requestId: string
  readonly ms: number
}

/** A gateway got an identity, or proved the one that it has. */
export interface SignInEvent {
  readonly kind: 'sign-in'
  readonly action: 'EnrollGateway' | 'ConnectGateway'
  readonly account?: string
  readonly gateway: number
  /** Fingerprint of the gateway's key. */
  readonly key?: string
  readonly address: string
  readonly outcome: string
  readonly requestId?: string
}

/** Somebody on the machine of the server opened the console with a one-use code. */
interface ConsoleEvent {
  readonly kind: 'sign-in'
  readonly action: 'OpenConsole'
  readonly account: string
  readonly principal: string
  /** The temporary key that it was exchanged for. */
  readonly key: string
  readonly address: string
  readonly outcome: 'OK'
  readonly requestId: string
}

/** Who may use the folder of the store needs no key: what was done there besides the API. */
interface OperatorEvent {
  readonly kind: 'operator'
  readonly action: string
  readonly account?: string
  readonly outcome: string
}

/** Callers of one address that could not say who they are, in one minute. */
export interface FailuresEvent {
  readonly kind: 'failures'
  readonly address: string
  /** When the minute began. */
  readonly minute: string
  readonly counts: Readonly<Record<string, number>>
}

/** What the trail says about itself. */
type TrailEvent =
  /** A crash had left half a line, which was cut off. */
  | { readonly kind: 'recovered'; readonly segment: string; readonly bytes: number }
  /** All up to and with this sequence number is older than what is kept, and was removed. */
  | { readonly kind: 'retention'; readonly through: number; readonly segments: readonly string[] }
  /** So many entries could not be written. */
  | { readonly kind: 'lost'; readonly count: number; readonly since: string }

export type AuditEvent = CallEvent | SignInEvent | ConsoleEvent | OperatorEvent | FailuresEvent | TrailEvent

const ZERO = '0'.repeat(64)
/** What stands for the line before the first one. */
export const GENESIS = { seq: 0, hash: ZERO } as const
/** Longer lines are not written, and not read. */
export const MAX_LINE_BYTES = 64 * 1024

export const hash = z.string().regex(/^[0-9a-f]{64}$/)
/** What every line has; the rest is the event. */
export const auditLine = z.looseObject({
  seq: z.int().positive(),
  prev: hash,
  time: z.iso.datetime(),
  server: z.string(),
  kind: z.string(),
  through: z.int().optional(),
})
export type AuditLine = z.infer<typeof auditLine>

/** Undefined where the bytes are no line of a trail. */
export function parseAuditLine(bytes: Uint8Array): AuditLine | undefined {
  try {
    return auditLine.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data
  } catch {
    return undefined
  }
}
