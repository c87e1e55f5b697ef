import { PosternError } from '../model/errors.ts'

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

/** The same; a text like the one before is not read again: all callers of one second send the same. */
export function createTimestampReader(): typeof parseTimestamp {
  let last = { text: '', time: Number.NaN }
  return (text) => {
    if (text === '' || text !== last.text) last = { text, time: parseTimestamp(text) }
    return last.time
  }
}

/**
 * Throws InvalidTimeStamp.Expired for what was signed before the store was brought back from a backup: it may be a
 * replay of a request whose nonce was burnt after the backup.
 */
export function refuseBeforeRestore(time: number, restoredAt: number): void {
  // Timestamps have whole seconds: one of that very second may be of before.
  if (time >= restoredAt) return
  const message = `The request was signed before this server was restored from a backup at ${new Date(restoredAt).toISOString()}. Sign it again, with a new Timestamp and SignatureNonce.`
  throw new PosternError('InvalidTimeStamp.Expired', { message })
}

/** `now` is the wall clock. Throws InvalidTimeStamp.Expired with the server's time. */
export function checkTimestamp(time: number, now: number, windowMs: number): void {
  if (Math.abs(time - now) <= windowMs) return
  throw new PosternError('InvalidTimeStamp.Expired', { values: { now: new Date(now).toISOString() } })
}
