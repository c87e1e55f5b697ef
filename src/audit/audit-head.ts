import { hash as digest, type KeyObject, sign, verify } from 'node:crypto'
import { z } from 'zod'
import { hash } from './audit-event.ts'

const headFields = z.strictObject({
  server: z.string(),
  segment: z.string(),
  seq: z.int().positive(),
  hash,
  time: z.iso.datetime(),
  /** SHA-256 of the head before, so that none can be taken out unseen. */
  prev: hash,
})
const signedHead = headFields.extend({ signature: z.string() })
/** How far the chain went at a time. */
export type AuditHead = z.infer<typeof headFields>

export const sha256 = (bytes: Uint8Array | string) => digest('sha256', bytes, 'hex')

/** One line of `heads.jsonl` without its end. The signature is over the JSON of the other fields, in this order. */
export function headLine(head: AuditHead, key: KeyObject): string {
  return JSON.stringify({ ...head, signature: sign(null, payload(head), key).toString('base64') })
}

/** Undefined where the bytes are no head. */
export function parseHead(bytes: Uint8Array): (AuditHead & { readonly signature: string }) | undefined {
  try {
    const text = Buffer.from(bytes).toString('utf8')
    const head = signedHead.safeParse(JSON.parse(text)).data
    // Only what `headLine` writes: another spelling of the same is a change too.
    return head !== undefined && JSON.stringify(head) === text ? head : undefined
  } catch {
    return undefined
  }
}

export function isSignedBy(key: KeyObject, { signature, ...head }: AuditHead & { readonly signature: string }) {
  const bytes = Buffer.from(signature, 'base64')
  return bytes.toString('base64') === signature && verify(null, payload(head), key, bytes)
}

function payload({ server, segment, seq, hash: last, time, prev }: AuditHead): Buffer {
  return Buffer.from(`postern-audit-head ${JSON.stringify({ server, segment, seq, hash: last, time, prev })}`)
}
