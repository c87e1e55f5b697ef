import { setImmediate } from 'node:timers/promises'
import type { GatewayLink } from '../link/dial.ts'
import { MAX_FRAME_BYTES } from '../link/messages.ts'
import type { AttemptId } from '../model/ids.ts'
import { type Outbox, outcomeMessages } from './outbox.ts'

/** Sends outcomes over one connection, one after the other, as fast as the other side reads. */
export interface OutcomeSender {
  /** Once per connection; `received` or the next connection decides what follows. */
  send(attempt: AttemptId): void
  acknowledged(attempt: AttemptId): void
  /** One at a time: the only one that the server can mean when it ends the connection. */
  readonly suspect: AttemptId | undefined
}

export interface SenderOptions {
  readonly outbox: Outbox
  /** Each outcome waits until the one before it was acknowledged. */
  readonly oneAtATime: boolean
  readonly onClosed: () => void
}

export function createOutcomeSender(
  link: Pick<GatewayLink, 'send' | 'bufferedBytes' | 'drained'>,
  { outbox, oneAtATime, onClosed }: SenderOptions,
): OutcomeSender {
  const waiting = new Set<AttemptId>()
  let sending = false
  let suspect: AttemptId | undefined

  const maySend = () => suspect === undefined && waiting.size > 0

  const sendWaiting = async () => {
    // A set is walked in order of insertion, also over what is added meanwhile.
    for (const attempt of waiting) {
      if (suspect !== undefined) return
      waiting.delete(attempt)
      const outcome = outbox.get(attempt)
      if (outcome === undefined) continue
      if (oneAtATime) suspect = attempt
      for (const message of outcomeMessages(outcome)) {
        link.send(message)
        if (link.bufferedBytes > MAX_FRAME_BYTES) await link.drained()
        // Messages that arrive and heartbeats get their turn between two chunks.
        else await setImmediate()
      }
    }
  }

  /** Never rejects. */
  const wake = async () => {
    if (sending) return
    sending = true
    try {
      while (maySend()) await sendWaiting()
    } catch {
      // The connection is closed: all that was not acknowledged goes out again over the next one.
      onClosed()
    } finally {
      sending = false
    }
  }

  return {
    get suspect() {
      return suspect
    },
    send(attempt) {
      waiting.add(attempt)
      void wake()
    },
    acknowledged(attempt) {
      if (attempt !== suspect) return
      suspect = undefined
      void wake()
    },
  }
}
