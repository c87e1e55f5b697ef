import { PosternError } from '../model/errors.ts'

/** How far a Timestamp may be from the server's clock, either way. */
export const TIMESTAMP_WINDOW_MS = 15 * 60_000

const FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?Z$/

/** Milliseconds since 1970, the fraction of a second dropped. Throws InvalidTimeStamp.Format, also for a 30th of February. */
export function parseTimestamp(text: string): number {
  const seconds = FORM.exec(text)?.[1]
  const time = seconds === undefined ? Number.NaN : Date.parse(`${seconds}Z`)
  // A day that its month does not have, and the hour 24, are taken for one of the next days.
  if (Number.isNaN(time) || new Date(time).getUTCDate() !== Number(text.slice(8, 10))) {
    throw new PosternError('InvalidTimeStamp.Format')
  }
  return time
}

/**
 * Throws InvalidTimeStamp.Expired for what was signed before the store was brought back from a backup: it may be a
 * replay of a request whose nonce was burnt after the backup.
 */
export function refuseBeforeRestore(text: string, restoredAt: number): void {
  // Timestamps have whole seconds: one of that very second may be of before.
  if (parseTimestamp(text) >= restoredAt) return
  const message = `The request was signed before this server was restored from a backup at ${new Date(restoredAt).toISOString()}. Sign it again, with a new Timestamp and SignatureNonce.`
  throw new PosternError('InvalidTimeStamp.Expired', { message })
}

/** `now` is the wall clock. Throws InvalidTimeStamp.Format, or InvalidTimeStamp.Expired with the server's time. */
export function checkTimestamp(text: string, now: number, windowMs: number): void {
  if (Math.abs(parseTimestamp(text) - now) <= windowMs) return
  throw new PosternError('InvalidTimeStamp.Expired', { values: { now: new Date(now).toISOString() } })
}
