import { usageError } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** Of --log-format; people at a terminal get the pretty one. */
export function isPretty(format: string | undefined, terminal: Terminal): boolean {
  if (format !== undefined && format !== 'json' && format !== 'pretty')
    throw usageError('--log-format is json or pretty.')
  return format === undefined ? terminal.interactive : format === 'pretty'
}
