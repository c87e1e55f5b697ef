import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { PosternError } from '../model/errors.ts'

/** Requests that are worked on at a time, without those that only wait; more would all be answered too late. */
const MAX_BUSY = 2_000
/** Of bodies that are still arriving, by what their senders announced. */
const MAX_BODY_BYTES = 128 * 1024 * 1024
const RETRY_AFTER_MS = 1_000
/** Overload must not fill the log. */
const LOG_EVERY_MS = 10_000

/** Turns requests away, at once and before anything of them is looked at, while there is more than the server can do. */
export interface Admission {
  /**
   * Takes the request, which ends by calling what comes back; or gives the answer: ServiceUnavailable with the time to try
   * again. `maxBytes` is what is read of its body at most.
   */
  enter(headers: IncomingHttpHeaders, maxBytes: number): (() => void) | PosternError
}

/** `waiting` tells how many of the requests inside only wait. */
export function createAdmission(parts: { clock: Clock; log: Log; waiting: () => number; maxBusy?: number }): Admission {
  const { clock, log, waiting, maxBusy = MAX_BUSY } = parts
  let inside = 0
  let bytes = 0
  let loggedAt = Number.NEGATIVE_INFINITY

  const refuse = (): PosternError => {
    if (clock.now() - loggedAt >= LOG_EVERY_MS) {
      loggedAt = clock.now()
      log.warn({ requests: inside, waiting: waiting(), bodyBytes: bytes }, 'overloaded: requests are turned away')
    }
    const why = 'It has more requests than it can answer in time.'
    return new PosternError('ServiceUnavailable', { values: { why }, retryAfterMs: RETRY_AFTER_MS })
  }

  return {
    enter(headers, maxBytes) {
      const bodyBytes = announcedBytes(headers, maxBytes)
      if (inside - waiting() >= maxBusy || bytes + bodyBytes > MAX_BODY_BYTES) return refuse()
      inside++
      bytes += bodyBytes
      let isInside = true
      return () => {
        if (!isInside) return
        isInside = false
        inside--
        bytes -= bodyBytes
      }
    },
  }
}

function announcedBytes(headers: IncomingHttpHeaders, maxBytes: number): number {
  if (headers['transfer-encoding'] !== undefined) return maxBytes
  return Math.min(Number(headers['content-length'] ?? 0) || 0, maxBytes)
}
