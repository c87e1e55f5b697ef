import type { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { runGateway } from '../gateway/gateway.ts'
import { isForJournal, isPretty, logFormatOption, logLevelOption } from './log-format.ts'
import { routeOf, withCaFile } from './route.ts'
import { connectServiceManager } from './service-manager.ts'
import { untilStopped } from './signals.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly data: string
  readonly config: string
  readonly logLevel: string
  readonly logFormat?: string
  readonly caFile?: string
  readonly serverFingerprint?: string
}

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
    .action(async (options: Options) => {
      const log = createLog({
        name: 'gateway',
        level: options.logLevel,
        pretty: isPretty(options.logFormat, terminal),
        journal: isForJournal(options.logFormat, terminal),
      })
      const { caFile, serverFingerprint } = options
      const route = await routeOf({ caFile, serverFingerprint }, terminal.env)
      const clock = systemClock()
      using manager = connectServiceManager({ env: terminal.env, log, clock })
      const signals = untilStopped()
      signals.signal.addEventListener('abort', () => manager.stopping(), { once: true })
      try {
        await runGateway({
          folder: options.data,
          configFile: options.config,
          route,
          log,
          clock,
          signal: signals.signal,
          // Ready also where the server is away: starting the gateway again would not bring it back.
          onLinkState: (state) =>
            manager.ready(state.connected ? 'connected' : `no connection to the server, trying again: ${state.reason}`),
        })
      } finally {
        signals.dispose()
      }
    })
}
