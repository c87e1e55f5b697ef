import * as z from 'zod/mini'
import { VERSION } from '../../api/products.ts'

const version = VERSION.postern
const text = z.optional(z.string())
const number = z.optional(z.number())

const event = z.object({
  Sequence: z.number(),
  Time: z.string(),
  Kind: z.string(),
  Action: text,
  Version: text,
  Outcome: text,
  HttpStatus: number,
  Denied: z.optional(z.boolean()),
  Principal: text,
  AccessKeyId: text,
  BackupGatewayId: number,
  KeyFingerprint: text,
  Address: text,
  Resource: text,
  Objects: z.object({ Object: z.array(z.object({ Name: z.string(), Value: z.string() })) }),
  EventRequestId: text,
  DurationMs: number,
})
export type AuditEvent = z.infer<typeof event>

export const LIST_EVENTS = {
  action: 'ListAuditEvents',
  version,
  answer: z.object({ Events: z.object({ Event: z.array(event) }), NextToken: text }),
}

const state = z.object({
  State: z.enum(['Unchecked', 'Intact', 'Broken']),
  Checking: z.boolean(),
  CheckedAt: text,
  CheckedEntries: number,
  FirstSequence: number,
  LastSequence: number,
  UnsignedEntries: number,
  Problem: text,
  Writable: z.boolean(),
  Head: text,
})
export type TrailState = z.infer<typeof state>
export const GET_STATE = { action: 'GetAuditTrailState', version, answer: state }
