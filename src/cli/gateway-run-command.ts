import type { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { runGateway } from '../gateway/gateway.ts'
import { isPretty, logFormatOption, logLevelOption } from './log-format.ts'
import { routeOf, withCaFile } from './route.ts'
import { untilStopped } from './signals.ts'
import type { Terminal } from './terminal.ts'

export function addRunCommand(gateway: Command, terminal: Terminal): void {
  withCaFile(gateway.command('run'))
    .summary('run the gateway until it is stopped')
    .description(
      'Dials the server that it is enrolled with and does its tasks. Dials no database that the configuration does not name.\nSIGTERM or Ctrl-C stops it.',
    )
    .requiredOption('--data <dir>', 'folder with gateway.json')
    .requiredOption('--config <file>', 'YAML file with the endpoints')
    .addOption(logLevelOption())
    .addOption(logFormatOption())
    .addHelpText('after', '\nExample:\n  postern gateway run --data ./gateway-data --config gateway.yaml')
    .action(
      async (options: { data: string; config: string; logLevel: string; logFormat?: string; caFile?: string }) => {
        const log = createLog({
          name: 'gateway',
          level: options.logLevel,
          pretty: isPretty(options.logFormat, terminal),
        })
        const route = await routeOf({ caFile: options.caFile }, terminal.env)
        const signals = untilStopped()
        try {
          await runGateway({
            folder: options.data,
            configFile: options.config,
            route,
            log,
            clock: systemClock(),
            signal: signals.signal,
          })
        } finally {
          signals.dispose()
        }
      },
    )
}
