import { LOG_LEVELS, type Log, type LogLevel } from '../base/log.ts'
import { usageError } from './exit-code.ts'

/** Of --log-level. Undefined where it was not given. */
export function parseLogLevel(text: string | undefined): LogLevel | undefined {
  const level = LOG_LEVELS.find((each) => each === text)
  if (text !== undefined && level === undefined) throw usageError(`--log-level is ${LOG_LEVELS.join(', ')}.`)
  return level
}

/** How much is logged: what the command line says, else the configuration file, else info; debug while it is switched on. */
export interface SwitchedLevel {
  /** What the file says now. */
  configured(level: LogLevel | undefined): void
  /** To debug and back; the log says so. */
  toggle(): void
}

export function switchedLevel(log: Log, given: LogLevel | undefined): SwitchedLevel {
  let usual: LogLevel = given ?? 'info'
  let debugging = false
  const apply = () => {
    log.level = debugging ? 'debug' : usual
  }
  return {
    configured(level) {
      usual = given ?? level ?? 'info'
      apply()
    },
    toggle() {
      debugging = !debugging
      // Said as a warning, and at a level that shows it, whichever way it goes.
      log.level = 'debug'
      log.warn({ level: debugging ? 'debug' : usual }, 'the log level was switched by SIGUSR2')
      apply()
    },
  }
}
