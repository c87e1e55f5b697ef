import type { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { type BusOptions, busOptions } from './bus-source.ts'
import { usageError } from './exit-code.ts'
import { formatAddress } from './listen-address.ts'
import { isForJournal, isPretty, logFormatOption, logLevelOf, logLevelOption } from './log-format.ts'
import { switchedLevel } from './log-level.ts'
import type { ServerConfiguration } from './server-configuration.ts'
import { connectServiceManager } from './service-manager.ts'
import { onSignal, untilStopped } from './signals.ts'
import { type StoreOptions, storeOptions } from './store-source.ts'
import type { Terminal } from './terminal.ts'

interface Options extends StoreOptions, BusOptions {
  readonly data: string
  readonly config?: string
  readonly listen?: string
  readonly metricsListen?: string
  readonly keyFile?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly selfSigned?: boolean
  readonly behindProxy?: string
  readonly publicUrl?: string
  readonly drainGrace?: string
  readonly logLevel?: string
  readonly logFormat?: string
}

export function addServerCommand(program: Command, terminal: Terminal): void {
  program
    .command('server')
    .summary('run the server until it is stopped')
    .description(
      'Holds the API that people and programs call, and the connections of the gateways.\nThe first start makes the store and writes the root AccessKey once to DIR/root-access-key.json.\nSignals: SIGTERM drains and ends it, SIGHUP reads the configuration and the certificate again, SIGUSR2 switches the log to debug and back.',
    )
    .requiredOption('--data <dir>', "folder of the store; with --store, of what is this server's own")
    .option('--store <url>', 'database that several servers share, without a password: postgres://USER@HOST/DATABASE')
    .option('--store-file <file>', 'file with that URL, where it has a password (or POSTERN_STORE)')
    .option('--store-direct <url>', 'the same database past a connection pooler, for migrations')
    .option(
      '--bus <bus>',
      'what wakes other servers of the same store: local, postgres or nats://HOST:4222 (default: local)',
    )
    .option('--bus-file <file>', 'file with the URL of the bus, where it has a password (or POSTERN_BUS)')
    .option('--listen <host:port>', 'address of the API and of the gateways (default: 127.0.0.1:7070)')
    .option('--config <file>', 'YAML file with the same settings; options given here win')
    .option('--metrics-listen <host:port>', 'address of /metrics (default: none)')
    .option('--key-file <file>', 'key that secrets lie in the store under (default: DIR/secret.key)')
    .option('--tls-cert <file>', 'PEM file with the certificate and its chain')
    .option('--tls-key <file>', 'PEM file with the private key')
    .option('--self-signed', 'make a key and a certificate once, in DIR; tokens for gateways carry its fingerprint')
    .option('--behind-proxy <cidr,...>', 'addresses of the proxies in front, whose forwarded headers are believed')
    .option('--public-url <url>', 'what links in answers begin with (default: the address of --listen)')
    .option('--drain-grace <seconds>', 'how long to go on serving after SIGTERM (default: 5)')
    .addOption(logLevelOption())
    .addOption(logFormatOption())
    .addHelpText(
      'after',
      '\nExamples:\n  postern server --data ./postern-data --listen 127.0.0.1:7070\n  postern server --data /var/lib/postern --listen 0.0.0.0:443 --tls-cert server.crt --tls-key server.key\n  postern server --data /var/lib/postern --config server.yaml',
    )
    .action((options: Options) => run(options, terminal))
}

async function run(options: Options, terminal: Terminal): Promise<void> {
  // The other commands start without them.
  const { createLog } = await import('../base/log.ts')
  const { liveSettings } = await import('./live-settings.ts')
  const givenLevel = logLevelOf(options.logLevel)
  const log = createLog({
    name: 'server',
    pretty: isPretty(options.logFormat, terminal),
    journal: isForJournal(options.logFormat, terminal),
    ...(givenLevel !== undefined && { level: givenLevel }),
  })
  const clock = systemClock()
  const { data, config } = options
  const given = await fromOptions(options, terminal.env)
  using settings = liveSettings({ data, config, given }, { log, clock })
  const level = switchedLevel(log, givenLevel)
  level.configured(settings.current.logLevel)
  settings.onChange(({ logLevel }) => level.configured(logLevel))
  using listening = new DisposableStack()
  listening.use(onSignal('SIGHUP', () => settings.reload()))
  listening.use(onSignal('SIGUSR2', () => level.toggle()))
  using manager = connectServiceManager({ env: terminal.env, log, clock })
  const signals = untilStopped()
  // Heard from now on: a signal that comes while it starts ends it when it has started.
  const stopped = new Promise<undefined>((resolve) =>
    signals.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  )
  try {
    const { startServer } = await import('./server-process.ts')
    const server = await startServer(settings, { log, clock })
    manager.ready(`listening on ${formatAddress(settings.current.listen)}`)
    const failure = await Promise.race([stopped, server.failed])
    manager.stopping()
    await server.stop()
    // Whatever supervises the process starts it again.
    if (failure !== undefined) throw failure
  } finally {
    signals.dispose()
  }
}

const OPTION_OF: Readonly<Record<string, string>> = {
  store: '--store',
  storeFile: '--store-file',
  storeDirect: '--store-direct',
  bus: '--bus',
  busFile: '--bus-file',
  listen: '--listen',
  metricsListen: '--metrics-listen',
  keyFile: '--key-file',
  tlsCert: '--tls-cert',
  tlsKey: '--tls-key',
  selfSigned: '--self-signed',
  behindProxy: '--behind-proxy',
  publicUrl: '--public-url',
  drainGraceSeconds: '--drain-grace',
}

async function fromOptions(options: Options, env: Terminal['env']): Promise<ServerConfiguration> {
  const { serverConfiguration } = await import('./server-configuration.ts')
  const { listen, metricsListen, keyFile, tlsCert, tlsKey, selfSigned, publicUrl, behindProxy, drainGrace } = options
  const drainGraceSeconds = drainGrace === undefined ? undefined : Number(drainGrace)
  const given = {
    ...storeOptions(options, env),
    ...busOptions(options, env),
    listen,
    metricsListen,
    keyFile,
    tlsCert,
    tlsKey,
    selfSigned,
    publicUrl,
    drainGraceSeconds,
    behindProxy: behindProxy?.split(',').map((part) => part.trim()),
  }
  const parsed = serverConfiguration.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  )
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${OPTION_OF[String(path[0])]} ${message}.`)
  throw usageError([...new Set(problems)].join('\n'))
}
