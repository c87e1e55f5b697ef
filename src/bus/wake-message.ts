import { z } from 'zod'
import { SUBJECTS, type Subject } from './bus.ts'

/** What one node tells the others: these keys of this subject. */
export interface WakeMessage {
  /** The node that says it, which has woken its own already. */
  readonly from: string
  readonly subject: Subject
  readonly keys: readonly string[]
}

/** Longer than any id, or pair of ids. */
export const MAX_KEY_CHARACTERS = 128
/** Most keys of one message; beyond it a message is no wake of ours. */
export const MAX_MESSAGE_KEYS = 2_000
const MAX_MESSAGE_CHARACTERS = 64 * 1024

const key = z.string().min(1).max(MAX_KEY_CHARACTERS)
/** Fields that a newer node adds are left out. */
const wakeMessage = z.object({
  from: z.string().min(1).max(64),
  subject: z.enum(SUBJECTS),
  keys: z.array(key).min(1).max(MAX_MESSAGE_KEYS),
})

export const encodeWake = (message: WakeMessage): string => JSON.stringify(message)

/** Undefined for whatever is no wake: anybody who may publish there can say anything. Never throws. */
export function decodeWake(text: string): WakeMessage | undefined {
  if (text.length > MAX_MESSAGE_CHARACTERS) return undefined
  try {
    return wakeMessage.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
