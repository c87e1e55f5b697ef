import type { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { installedVersion, VERSION } from '../base/version.ts'
import { ENGINES } from '../engines/list.ts'
import type { ConfiguredEndpoint } from '../gateway/configuration.ts'
import { isForJournal, isPretty, logFormatOption, logLevelOf, logLevelOption } from './log-format.ts'
import { switchedLevel } from './log-level.ts'
import { routeOf, withCaFile } from './route.ts'
import { connectServiceManager } from './service-manager.ts'
import { onSignal, untilStopped } from './signals.ts'
import type { Terminal } from './terminal.ts'

interface Options {
  readonly data: string
  readonly config: string
  readonly logLevel?: string
  readonly logFormat?: string
  readonly caFile?: string
  readonly serverFingerprint?: string
}

export function addRunCommand(gateway: Command, terminal: Terminal): void {
  withCaFile(gateway.command('run'))
    .summary('run the gateway until it is stopped')
    .description(
      'Dials the server that it is enrolled with and does its tasks. Dials no database that the configuration does not name.\nSignals: SIGTERM or Ctrl-C ends it politely, SIGHUP reads the configuration again, SIGUSR2 switches the log to debug and back.',
    )
    .requiredOption('--data <dir>', 'folder with gateway.json')
    .requiredOption('--config <file>', 'YAML file with the endpoints')
    .addOption(logLevelOption())
    .addOption(logFormatOption())
    .addHelpText('after', '\nExample:\n  postern gateway run --data ./gateway-data --config gateway.yaml')
    .action((options: Options) => run(options, terminal))
}

async function run(options: Options, terminal: Terminal): Promise<void> {
  // The other commands start without them.
  const { createLog } = await import('../base/log.ts')
  const { configurationSource } = await import('../gateway/configuration-source.ts')
  const { runGateway } = await import('../gateway/gateway.ts')
  const given = logLevelOf(options.logLevel)
  const log = createLog({
    name: 'gateway',
    pretty: isPretty(options.logFormat, terminal),
    journal: isForJournal(options.logFormat, terminal),
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
  const { caFile, serverFingerprint } = options
  const route = await routeOf({ caFile, serverFingerprint }, terminal.env)
  using manager = connectServiceManager({ env: terminal.env, log, clock })
  const signals = untilStopped()
  // Before anything can have been put in its place.
  const calledAs = terminal.env['POSTERN_CALLED_AS']
  signals.signal.addEventListener('abort', () => manager.stopping(), { once: true })
  try {
    await runGateway({
      folder: options.data,
      configuration,
      route,
      log,
      clock,
      signal: signals.signal,
      isUpgraded: () => installedVersion(calledAs) !== VERSION,
      // Ready also where the server is away: starting the gateway again would not bring it back.
      onLinkState: (state) => {
        manager.ready(state.connected ? 'connected' : `no connection to the server, trying again: ${state.reason}`)
        if (state.connected) loadEngines(configuration.current().endpoints)
      },
    })
  } finally {
    signals.dispose()
  }
}

/** Now and not with the first task: by then the files may have been replaced by those of another version. */
function loadEngines(endpoints: readonly ConfiguredEndpoint[]): void {
  // What cannot be loaded says so to whoever needs it.
  for (const engine of new Set(endpoints.map((endpoint) => endpoint.engine))) ENGINES[engine]().catch(() => undefined)
}
