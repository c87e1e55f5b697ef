import type { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { loadYamlFile } from '../base/configuration-file.ts'
import { createLog } from '../base/log.ts'
import { usageError } from './exit-code.ts'
import { formatAddress } from './listen-address.ts'
import { isForJournal, isPretty, logFormatOption, logLevelOption } from './log-format.ts'
import { startServer } from './server-process.ts'
import { resolveServerSettings, type ServerConfiguration, serverConfiguration } from './server-settings.ts'
import { connectServiceManager } from './service-manager.ts'
import { untilStopped } from './signals.ts'
import type { Terminal } from './terminal.ts'

interface Options {
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
  readonly logLevel: string
  readonly logFormat?: string
}

export function addServerCommand(program: Command, terminal: Terminal): void {
  program
    .command('server')
    .summary('run the server until it is stopped')
    .description(
      'Holds the API that people and programs call, and the connections of the gateways.\nThe first start makes the store and writes the root AccessKey once to DIR/root-access-key.json.',
    )
    .requiredOption('--data <dir>', 'folder of the store')
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
    .action(async (options: Options) => {
      const log = createLog({
        name: 'server',
        level: options.logLevel,
        pretty: isPretty(options.logFormat, terminal),
        journal: isForJournal(options.logFormat, terminal),
      })
      const configured = {
        ...(options.config !== undefined && loadYamlFile(options.config, serverConfiguration)),
        ...fromOptions(options),
      }
      const settings = await resolveServerSettings(options.data, configured)
      const clock = systemClock()
      using manager = connectServiceManager({ env: terminal.env, log, clock })
      const signals = untilStopped()
      try {
        const server = await startServer(settings, { log, clock })
        manager.ready(`listening on ${formatAddress(settings.listen)}`)
        const stopped = new Promise<undefined>((resolve) =>
          signals.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
        )
        const failure = await Promise.race([stopped, server.failed])
        manager.stopping()
        await server.stop()
        // Whatever supervises the process starts it again.
        if (failure !== undefined) throw failure
      } finally {
        signals.dispose()
      }
    })
}

function fromOptions(options: Options): ServerConfiguration {
  const { listen, metricsListen, keyFile, tlsCert, tlsKey, selfSigned, publicUrl, behindProxy, drainGrace } = options
  const drainGraceSeconds = drainGrace === undefined ? undefined : Number(drainGrace)
  if (drainGraceSeconds !== undefined && !(drainGraceSeconds >= 0 && drainGraceSeconds <= 300)) {
    throw usageError('--drain-grace is a number of seconds, 0 to 300.')
  }
  const given = {
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
  return serverConfiguration.parse(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
}
