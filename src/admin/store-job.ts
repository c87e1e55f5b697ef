import { z } from 'zod'
import { ERRORS, type ErrorCode, isErrorCode } from '../model/errors.ts'

/** What the thread for long work on a store is started with. */
export const storeJob = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('back up'), file: z.string(), to: z.string() }),
  z.object({ kind: z.literal('check'), file: z.string(), keyFile: z.string(), quick: z.boolean() }),
])
export type StoreJob = z.infer<typeof storeJob>

export const backedUp = z.object({ bytes: z.number(), problems: z.array(z.string()) })
export const checkedStore = z.object({
  checked: z.array(z.object({ what: z.string(), count: z.number() })),
  unchecked: z.number(),
  problems: z.array(z.string()),
})

const errorCode = z.custom<ErrorCode>((code) => isErrorCode(code) && Object.hasOwn(ERRORS, code))

/** Its one message. */
export const storeJobEnd = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.object({ entry: errorCode, message: z.string(), detail: z.string() }) }),
])
export type StoreJobEnd = z.infer<typeof storeJobEnd>
