import type { Command } from 'commander'
import { loadYamlFile, readYamlFile } from '../base/configuration-file.ts'
import { nearestName } from '../base/nearest-name.ts'
import { loadConfiguration } from '../gateway/configuration.ts'
import { configurationSchema } from '../gateway/configuration-schema.ts'
import { choiceOption } from './choice-option.ts'
import { usageError } from './exit-code.ts'
import { serverConfiguration } from './server-settings.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

const KINDS = {
  gateway: { keys: Object.keys(configurationSchema.shape), check: checkGateway },
  server: { keys: Object.keys(serverConfiguration.shape), check: checkServer },
} as const
type Kind = keyof typeof KINDS

export function addConfigCommands(program: Command, terminal: Terminal): void {
  program
    .command('config')
    .summary('check configuration files')
    .description('What there is to say about the configuration files of gateways and servers.')
    .addHelpText('after', '\nExample:\n  postern config check gateway.yaml')
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
      const contents = KINDS[kind !== undefined && isKind(kind) ? kind : kindOf(file)].check(file, terminal)
      terminal.out(`${printable(`${file} is valid: ${contents}`)}\n`)
    })
}

const isKind = (text: string): text is Kind => Object.hasOwn(KINDS, text)

/** By the keys that only one kind has; mistyped ones tell where no right one does. */
function kindOf(file: string): Kind {
  const { value } = readYamlFile(file)
  const given = typeof value === 'object' && value !== null ? Object.keys(value) : []
  for (const fits of [
    (key: string, keys: readonly string[]) => keys.includes(key),
    (key: string, keys: readonly string[]) => nearestName(key, keys) !== undefined,
  ]) {
    const count = (kind: Kind) => given.filter((key) => fits(key, KINDS[kind].keys)).length
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

function checkServer(file: string): string {
  const keys = Object.keys(loadYamlFile(file, serverConfiguration))
  return `configuration of a server with ${keys.length === 0 ? 'no settings' : keys.join(', ')}`
}
