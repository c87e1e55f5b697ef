import { fstatSync } from 'node:fs'
import { LOG_LEVELS, type LogLevel } from '../base/log-levels.ts'
import { choiceOption } from './choice-option.ts'
import type { Terminal } from './terminal.ts'

export const logLevelOption = () =>
  choiceOption(
    '--log-level <level>',
    'from which on lines are written (default: what the configuration says, else info)',
    LOG_LEVELS,
  )

/** Of --log-level; undefined where it was not given. */
export const logLevelOf = (text: string | undefined): LogLevel | undefined => LOG_LEVELS.find((level) => level === text)

export const logFormatOption = () =>
  choiceOption('--log-format <format>', 'of the lines on stderr (default: pretty on a terminal)', ['json', 'pretty'])

/** Of --log-format; people at a terminal get the pretty one. */
export const isPretty = (format: string | undefined, { interactive }: Terminal): boolean =>
  format === undefined ? interactive : format === 'pretty'

/** stderr is the very stream that systemd hands to its journal, and nobody asked for a format. */
export function isForJournal(format: string | undefined, terminal: Terminal): boolean {
  const stream = terminal.env['JOURNAL_STREAM']
  if (format !== undefined || stream === undefined) return false
  // A child inherits the variable, its stderr may be something else: systemd asks programs to compare.
  const { dev, ino } = fstatSync(2, { bigint: true })
  return stream === `${dev}:${ino}`
}
