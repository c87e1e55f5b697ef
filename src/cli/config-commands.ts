import { Argument, type Command } from 'commander'
import { choiceOption, parseChoice } from './choice-option.ts'
import { CONFIGURATION_KINDS, isConfigurationKind } from './configuration-kinds.ts'
import { usageError } from './exit-code.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

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
    .addOption(choiceOption('--kind <kind>', 'of what it is (default: what its keys say)', CONFIGURATION_KINDS))
    .addHelpText(
      'after',
      '\nExamples:\n  postern config check gateway.yaml\n  postern config check --kind server server.yaml',
    )
    .action(async (file: string, { kind }: { kind?: string }) => {
      const { checkConfigurationFile } = await import('./check-configuration-file.ts')
      const given = kind !== undefined && isConfigurationKind(kind) ? kind : undefined
      const contents = checkConfigurationFile(file, given, terminal)
      terminal.out(`${printable(`${file} is valid: ${contents}`)}\n`)
    })
  config
    .command('schema')
    .summary('print the JSON Schema of the configuration of a gateway or a server')
    .description('For editors, which complete and check the file while it is written: JSON Schema, draft 2020-12.')
    .addArgument(
      new Argument('<kind>', 'whose configuration').choices(CONFIGURATION_KINDS).argParser((given: string) => {
        return parseChoice(given, CONFIGURATION_KINDS)
      }),
    )
    .addHelpText('after', '\nExample:\n  postern config schema gateway > gateway.schema.json')
    .action(async (kind: string) => {
      if (!isConfigurationKind(kind)) throw usageError('It is gateway or server.')
      const { configurationJsonSchema } = await import('./configuration-json-schema.ts')
      terminal.out(`${JSON.stringify(configurationJsonSchema(kind), null, 2)}\n`)
    })
}
