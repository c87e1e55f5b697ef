import type { Log } from '../base/log.ts'
import type { LogLevel } from '../base/log-levels.ts'

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
