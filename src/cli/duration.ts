import { usageError } from './exit-code.ts'

const SECONDS = { s: 1, m: 60, h: 3_600 } as const

/** `90m`, `1h`, `3600s`, or seconds without a unit; the result is in seconds. */
export function durationOption(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([smh]?)$/.exec(text) ?? []
  if (digits === undefined) throw usageError(`--duration ${text} is none: it is for example 15m, 1h or 3600s.`)
  return Number(digits) * (unit === 'h' ? SECONDS.h : unit === 'm' ? SECONDS.m : SECONDS.s)
}
