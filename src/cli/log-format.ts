import { fstatSync } from 'node:fs'
import { usageError } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** Of --log-format; people at a terminal get the pretty one. */
export function isPretty(format: string | undefined, terminal: Terminal): boolean {
  if (format !== undefined && format !== 'json' && format !== 'pretty')
    throw usageError('--log-format is json or pretty.')
  return format === undefined ? terminal.interactive : format === 'pretty'
}

/** stderr is the very stream that systemd hands to its journal, and nobody asked for a format. */
export function isForJournal(format: string | undefined, terminal: Terminal): boolean {
  const stream = terminal.env['JOURNAL_STREAM']
  if (format !== undefined || stream === undefined) return false
  // A child inherits the variable, its stderr may be something else: systemd asks programs to compare.
  const { dev, ino } = fstatSync(2, { bigint: true })
  return stream === `${dev}:${ino}`
}
