import { readYamlFile } from '../base/configuration-file.ts'
import { nearestName } from '../base/nearest-name.ts'
import { loadConfiguration } from '../gateway/configuration.ts'
import { CONFIGURATION_SCHEMAS } from './configuration-json-schema.ts'
import type { ConfigurationKind } from './configuration-kinds.ts'
import { CommandError, usageError } from './exit-code.ts'
import { loadServerConfiguration } from './server-configuration.ts'
import { resolveServerSettings } from './server-settings.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

const KINDS = {
  gateway: { keys: Object.keys(CONFIGURATION_SCHEMAS.gateway.shape), check: checkGateway },
  server: { keys: Object.keys(CONFIGURATION_SCHEMAS.server.shape), check: checkServer },
} as const satisfies Record<ConfigurationKind, object>

/** What is in a valid file, for people. Throws ConfigurationError with every mistake of another one; warnings go to the terminal. */
export function checkConfigurationFile(file: string, kind: ConfigurationKind | undefined, terminal: Terminal): string {
  return KINDS[kind ?? kindOf(file)].check(file, terminal)
}

/** By the keys that only one kind has; mistyped ones tell where no right one does. */
function kindOf(file: string): ConfigurationKind {
  const { value } = readYamlFile(file)
  const given = typeof value === 'object' && value !== null ? Object.keys(value) : []
  for (const fits of [
    (key: string, keys: readonly string[]) => keys.includes(key),
    (key: string, keys: readonly string[]) => nearestName(key, keys) !== undefined,
  ]) {
    const count = (kind: ConfigurationKind) => given.filter((key) => fits(key, KINDS[kind].keys)).length
    if (count('gateway') !== count('server')) return count('gateway') > count('server') ? 'gateway' : 'server'
  }
  throw usageError(printable(`${file} does not tell which configuration it is: give --kind gateway or --kind server.`))
}

function checkGateway(file: string, terminal: Terminal): string {
  const { endpoints, limits, warnings } = loadConfiguration(file)
  for (const warning of warnings) terminal.err(`warning: ${printable(warning)}\n`)
  const engines = [...new Set(endpoints.map(({ engine }) => engine))]
  const counts = engines.map((engine) => `${endpoints.filter((each) => each.engine === engine).length} ${engine}`)
  const named = counts.length === 0 ? '' : ` (${counts.join(', ')})`
  const what = endpoints.length === 1 ? '1 endpoint' : `${endpoints.length} endpoints`
  return `configuration of a gateway with ${what}${named}, ${limits.total} tasks at a time, ${limits.perEndpoint} for one endpoint`
}

function checkServer(file: string, terminal: Terminal): string {
  const configured = loadServerConfiguration(file)
  try {
    resolveServerSettings('.', configured)
  } catch (error) {
    // The command line may have what is missing here.
    if (!(error instanceof CommandError)) throw error
    terminal.err(
      `warning: with no other options than --config the server does not start: ${printable(error.message)}\n`,
    )
  }
  const keys = Object.keys(configured)
  return `configuration of a server with ${keys.length === 0 ? 'no settings' : keys.join(', ')}`
}
