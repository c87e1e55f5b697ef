import type { Subject } from './bus.ts'
import { encodeWake, MAX_KEY_CHARACTERS, MAX_MESSAGE_KEYS, type WakeMessage } from './wake-message.ts'

/** A message as it goes out, and how many keys it has. */
export interface OutgoingWake {
  readonly subject: Subject
  readonly text: string
  readonly keys: number
}

/** Keys that wait to be sent, each once. Bounded: what is too much is refused. */
export interface OutgoingWakes {
  /** How many of the keys are refused. */
  add(subject: Subject, keys: readonly string[]): number
  /** Removes and gives the oldest as at most `messages` messages. */
  take(messages: number): readonly OutgoingWake[]
  /** Forgets all; how many there were. */
  clear(): number
  readonly size: number
}

export function createOutgoingWakes(options: {
  readonly from: string
  readonly maxKeys: number
  /** Of one message. */
  readonly maxBytes: number
}): OutgoingWakes {
  const { from, maxKeys, maxBytes } = options
  const waiting = new Map<Subject, Set<string>>()
  let size = 0

  const takeMessage = (subject: Subject, keys: Set<string>): OutgoingWake => {
    const message = { from, subject, keys: [] as string[] } satisfies WakeMessage
    let bytes = Buffer.byteLength(encodeWake(message))
    for (const key of keys) {
      // Its quotes and escapes, and a comma.
      bytes += Buffer.byteLength(JSON.stringify(key)) + 1
      if (message.keys.length > 0 && (bytes > maxBytes || message.keys.length === MAX_MESSAGE_KEYS)) break
      message.keys.push(key)
      keys.delete(key)
    }
    size -= message.keys.length
    return { subject, text: encodeWake(message), keys: message.keys.length }
  }

  return {
    add(subject, keys) {
      const known = waiting.get(subject) ?? new Set()
      waiting.set(subject, known)
      let refused = 0
      for (const key of keys) {
        if (known.has(key)) continue
        if (size >= maxKeys || key.length > MAX_KEY_CHARACTERS) refused++
        else {
          known.add(key)
          size++
        }
      }
      return refused
    },
    take(messages) {
      const taken: OutgoingWake[] = []
      for (const [subject, keys] of waiting) {
        while (keys.size > 0 && taken.length < messages) taken.push(takeMessage(subject, keys))
        if (taken.length === messages) break
        waiting.delete(subject)
      }
      return taken
    },
    clear() {
      const forgotten = size
      waiting.clear()
      size = 0
      return forgotten
    },
    get size() {
      return size
    },
  }
}
