import type { Command } from 'commander'
import { choiceOption } from './choice-option.ts'
import type { CheckOptions } from './check-gateway.ts'
import type { Terminal } from './terminal.ts'

export function addCheckCommand(gateway: Command, terminal: Terminal): void {
  gateway
    .command('check')
    .summary('try every endpoint of a configuration and say what is wrong and how to mend it')
    .description(
      'Logs in to each endpoint and lists its databases as the gateway would, step by step. Needs no server and no enrolment.\nExit code: 0 every list is complete, 1 an endpoint failed or its list may be incomplete, 2 wrong usage or configuration.',
    )
    .requiredOption('--config <file>', 'YAML file with the endpoints')
    .option('--endpoint <name>', 'only this one: its `name`, else engine@host:port')
    .option('--host <address>', 'the address to dial where the endpoint is a range')
    .option('--data <dir>', 'folder with gateway.json: also prints the fingerprints of the keys that sign its results')
    .addOption(choiceOption('--output <form>', 'form of the report', ['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nExamples:\n  postern gateway check --config gateway.yaml\n  postern gateway check --config gateway.yaml --endpoint plant-7 --host 10.0.0.5\n  postern gateway check --config gateway.yaml --output json',
    )
    .action(async (options: CheckOptions) => {
      const { checkGateway } = await import('./check-gateway.ts')
      await checkGateway(options, terminal)
    })
}
