import { Argument, type Command } from 'commander'
import { readYamlFile } from '../base/configuration-file.ts'
import { nearestName } from '../base/nearest-name.ts'
import { loadConfiguration } from '../gateway/configuration.ts'
import { choiceOption, parseChoice } from './choice-option.ts'
import {
  CONFIGURATION_SCHEMAS,
  type ConfigurationKind,
  configurationJsonSchema,
  isConfigurationKind,
} from './configuration-json-schema.ts'
import { CommandError, usageError } from './exit-code.ts'
import { loadServerConfiguration } from './server-configuration.ts'
import { resolveServerSettings } from './server-settings.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

const KINDS = {
  gateway: { keys: Object.keys(CONFIGURATION_SCHEMAS.gateway.shape), check: checkGateway },
  server: { keys: Object.keys(CONFIGURATION_SCHEMAS.server.shape), check: checkServer },
} as const satisfies Record<ConfigurationKind, object>

export function addConfigCommands(program: Command, terminal: Terminal): void {
  const config = program
    .command('config')
    .summary('check and describe configuration files')
    .description('What there is to say about the configuration files of gateways and servers.')
    .addHelpText(
      'after',
      '\nExamples:\n  postern config check gateway.yaml\n  postern config schema server > server.schema.json',
    )
  config
    .command('check')
    .summary('say whether a configuration file is valid, or every mistake in it with its line')
    .description('Dials nothing. Exit code: 0 the file is valid, 2 it is not.')
    .argument('<file>', 'YAML file of a gateway or a server')
    .addOption(choiceOption('--kind <kind>', 'of what it is (default: what its keys say)', Object.keys(KINDS)))
    .addHelpText(
      'after',
      '\nExamples:\n  postern config check gateway.yaml\n  postern config check --kind server server.yaml',
    )
    .action((file: string, { kind }: { kind?: string }) => {
      const checked = kind !== undefined && isConfigurationKind(kind) ? kind : kindOf(file)
      const contents = KINDS[checked].check(file, terminal)
      terminal.out(`${printable(`${file} is valid: ${contents}`)}\n`)
    })
  config
    .command('schema')
    .summary('print the JSON Schema of the configuration of a gateway or a server')
    .description('For editors, which complete and check the file while it is written: JSON Schema, draft 2020-12.')
    .addArgument(
      new Argument('<kind>', 'whose configuration').choices(Object.keys(KINDS)).argParser((given: string) => {
        return parseChoice(given, Object.keys(KINDS))
      }),
    )
    .addHelpText('after', '\nExample:\n  postern config schema gateway > gateway.schema.json')
    .action((kind: string) => {
      if (!isConfigurationKind(kind)) throw usageError('It is gateway or server.')
      terminal.out(`${JSON.stringify(configurationJsonSchema(kind), null, 2)}\n`)
    })
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
