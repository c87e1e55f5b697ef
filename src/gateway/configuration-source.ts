import { statSync } from 'node:fs'
import { type Clock, systemClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { type GatewayConfiguration, loadConfiguration } from './configuration.ts'
import { ConfigurationError } from '../base/configuration-error.ts'

export interface ConfigurationSource {
  /** The configuration as the file is now. Never throws. */
  current(): GatewayConfiguration
  /** Reads the file again, changed or not, and with it what commands answered. Never throws; the log says how it went. */
  reload(): void
}

/**
 * Reads the file again when it has changed, so that a refused endpoint can be added without a restart. A file that is
 * broken meanwhile is logged and changes nothing. Throws ConfigurationError at the start only.
 */
export function configurationSource(
  path: string,
  parts: { log: Log; clock?: Clock; onLoaded?: (configuration: GatewayConfiguration) => void },
): ConfigurationSource {
  const { log, clock = systemClock(), onLoaded = () => undefined } = parts
  let current = loadConfiguration(path, clock)
  let stamp = stampOf(current.file)
  onLoaded(current)
  logWarnings(current, log)

  const load = () => {
    stamp = stampOf(current.file)
    try {
      current = loadConfiguration(path, clock)
      onLoaded(current)
      log.info({ file: current.file, endpoints: current.endpoints.length }, 'the configuration was reloaded')
      logWarnings(current, log)
    } catch (error) {
      log.error(
        { problems: error instanceof ConfigurationError ? error.message.split('\n') : ['internal error'] },
        'the configuration is broken: the one before it counts',
      )
    }
  }
  return {
    current() {
      if (stampOf(current.file) !== stamp) load()
      return current
    },
    reload: load,
  }
}

function logWarnings({ warnings }: GatewayConfiguration, log: Log): void {
  for (const warning of warnings) log.warn(warning)
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, ctimeMs, size, ino } = statSync(file)
    return `${mtimeMs}:${ctimeMs}:${size}:${ino}`
  } catch {
    return 'missing'
  }
}
