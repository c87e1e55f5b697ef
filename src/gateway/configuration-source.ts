import { statSync } from 'node:fs'
import type { Log } from '../base/log.ts'
import { type GatewayConfiguration, loadConfiguration } from './configuration.ts'
import { ConfigurationError } from '../base/configuration-error.ts'

/**
 * The configuration as the file is now: read again when it has changed, so that a refused endpoint can be added without
 * a restart. A file that is broken meanwhile is logged and changes nothing. Throws ConfigurationError at the start only.
 */
export function configurationSource(path: string, log: Log): () => GatewayConfiguration {
  let current = loadConfiguration(path)
  let stamp = stampOf(current.file)
  logWarnings(current, log)

  return () => {
    const now = stampOf(current.file)
    if (now === stamp) return current
    stamp = now
    try {
      current = loadConfiguration(path)
      log.info(
        { file: current.file, endpoints: current.endpoints.length },
        'the configuration has changed and counts from now on',
      )
      logWarnings(current, log)
    } catch (error) {
      log.error(
        { problems: error instanceof ConfigurationError ? error.message.split('\n') : ['internal error'] },
        'the configuration has changed and is broken: the one before it counts',
      )
    }
    return current
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
