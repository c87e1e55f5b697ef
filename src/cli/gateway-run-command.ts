import type { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { configurationSource } from '../gateway/configuration-source.ts'
import { runGateway } from '../gateway/gateway.ts'
import { isPretty } from './log-format.ts'
import { parseLogLevel, switchedLevel } from './log-level.ts'
import { routeOf, withCaFile } from './route.ts'
import { onSignal, untilStopped } from './signals.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly data: string
  readonly config: string
  readonly logLevel?: string
  readonly logFormat?: string
  readonly caFile?: string
}

export function addRunCommand(gateway: Command, terminal: Terminal): void {
  withCaFile(gateway.command('run'))
    .summary('run the gateway until it is stopped')
    .description(
      'Signals: SIGTERM ends it politely, SIGHUP reads the configuration again, SIGUSR2 switches the log to debug and back.',
    )
    .requiredOption('--data <dir>', 'folder with gateway.json')
    .requiredOption('--config <file>', 'YAML file with the endpoints')
    .option('--log-level <level>', 'debug, info, warn or error (default: what the configuration says, else info)')
    .option('--log-format <format>', 'json or pretty (default: pretty on a terminal)')
    .addHelpText('after', '\nExample:\n  postern gateway run --data ./gateway --config gateway.yaml')
    .action((options: Options) => run(options, terminal))
}

async function run(options: Options, terminal: Terminal): Promise<void> {
  const given = parseLogLevel(options.logLevel)
  const log = createLog({
    name: 'gateway',
    pretty: isPretty(options.logFormat, terminal),
    ...(given !== undefined && { level: given }),
  })
  const level = switchedLevel(log, given)
  const clock = systemClock()
  const configuration = configurationSource(options.config, {
    log,
    clock,
    onLoaded: ({ logLevel }) => level.configured(logLevel),
  })
  using listening = new DisposableStack()
  listening.use(onSignal('SIGHUP', () => configuration.reload()))
  listening.use(onSignal('SIGUSR2', () => level.toggle()))
  const route = await routeOf({ caFile: options.caFile }, terminal.env)
  const signals = untilStopped()
  try {
    await runGateway({ folder: options.data, configuration, route, log, clock, signal: signals.signal })
  } finally {
    signals.dispose()
  }
}
