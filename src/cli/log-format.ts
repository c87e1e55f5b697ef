import { choiceOption } from './choice-option.ts'
import type { Terminal } from './terminal.ts'

export const logLevelOption = () =>
  choiceOption('--log-level <level>', 'from which on lines are written', ['debug', 'info', 'warn', 'error']).default(
    'info',
  )

export const logFormatOption = () =>
  choiceOption('--log-format <format>', 'of the lines on stderr (default: pretty on a terminal)', ['json', 'pretty'])

/** Of --log-format; people at a terminal get the pretty one. */
export const isPretty = (format: string | undefined, { interactive }: Terminal): boolean =>
  format === undefined ? interactive : format === 'pretty'
