import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { z } from 'zod'
import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import { enroll } from '../gateway/enroll.ts'
import { runGateway } from '../gateway/gateway.ts'
import { DBS_VERSION, POSTERN_VERSION } from './actions-called.ts'
import { type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { failed } from './databases-command.ts'
import { CommandError, EXIT, reason, usageError } from './exit-code.ts'
import { addCheckCommand } from './gateway-check-command.ts'
import { addGrantsCommand } from './gateway-grants-command.ts'
import { routeOf, withCaFile } from './route.ts'
import { untilStopped } from './signals.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

const TOKEN_VARIABLE = 'POSTERN_ENROLLMENT_TOKEN'
const MAX_TOKEN_BYTES = 4096

export function addGatewayCommands(program: Command, terminal: Terminal): void {
  const gateway = program.command('gateway').summary('enrol, check, run and list gateways')
  addToken(gateway, terminal)
  addEnroll(gateway, terminal)
  addCheckCommand(gateway, terminal)
  addGrantsCommand(gateway, terminal)
  addRun(gateway, terminal)
  addList(gateway, terminal)
}

function addToken(gateway: Command, terminal: Terminal): void {
  withConnection(gateway.command('token'))
    .summary('make a one-time token to enrol a gateway with')
    .description('Prints a token, alone, on stdout. It works once, for 30 minutes.')
    .option('--name <name>', 'name of the gateway (default: its host name)')
    .option('--region <region>', 'region of the gateway')
    .addHelpText(
      'after',
      '\nExample:\n  POSTERN_ENROLLMENT_TOKEN=$(postern gateway token --name plant-7) postern gateway enroll --server http://127.0.0.1:7070 --data ./gateway',
    )
    .action(async (options: ConnectionOptions & { name?: string; region?: string }) => {
      const client = await createApiClient(options, terminal.env)
      const params = { ...(options.name && { Name: options.name }), ...(options.region && { Region: options.region }) }
      const answer = await client.call('CreateGatewayEnrollment', { version: POSTERN_VERSION, params })
      if (!answer.ok) throw failed(answer)
      terminal.out(`${z.object({ EnrollmentToken: z.string() }).parse(answer.body).EnrollmentToken}\n`)
    })
}

function addEnroll(gateway: Command, terminal: Terminal): void {
  withCaFile(gateway.command('enroll'))
    .summary('make this machine a gateway of a server')
    .description(
      `Makes a key, exchanges a one-time token for an identity and writes DIR/gateway.json.\nThe token is read from ${TOKEN_VARIABLE}, --token-file or standard input, never from an argument.`,
    )
    .requiredOption('--server <url>', 'address of the server; https, or http on loopback')
    .requiredOption('--data <dir>', 'folder for the identity of the gateway')
    .option('--token-file <file>', 'file with the token')
    .addHelpText(
      'after',
      '\nExample:\n  postern gateway enroll --server https://postern.example.net --data /var/lib/postern-gateway --token-file token.txt',
    )
    .action(async (options: { server: string; data: string; tokenFile?: string; caFile?: string }) => {
      const route = await routeOf({ caFile: options.caFile }, terminal.env)
      const token = await readToken(options.tokenFile, terminal.env)
      const identity = await enroll({
        serverUrl: options.server,
        token,
        folder: options.data,
        hostname: hostname(),
        version: VERSION,
        route,
        signal: AbortSignal.timeout(60_000),
      }).catch((error: unknown) => {
        throw new CommandError(EXIT.failed, reason(error), { cause: error })
      })
      terminal.out(
        `gateway ${identity.id} (${identity.name}, region ${identity.region}) is enrolled in ${options.data}\n`,
      )
    })
}

async function readToken(tokenFile: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const fromEnvironment = env[TOKEN_VARIABLE]
  if (tokenFile !== undefined) {
    const text = await readFile(tokenFile, 'utf8').catch((error: unknown) => {
      throw usageError(`The token file ${tokenFile} cannot be read: ${reason(error)}`)
    })
    return text.trim()
  }
  if (fromEnvironment) return fromEnvironment.trim()
  if (process.stdin.isTTY) {
    throw usageError(
      `Which token? Set ${TOKEN_VARIABLE}, give --token-file, or pipe it in. Make one with: postern gateway token`,
    )
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    const part = Buffer.from(z.union([z.instanceof(Uint8Array), z.string()]).parse(chunk))
    bytes += part.length
    if (bytes > MAX_TOKEN_BYTES) throw usageError('Standard input is too long for a token.')
    chunks.push(part)
  }
  const token = Buffer.concat(chunks).toString('utf8').trim()
  if (token === '') throw usageError(`Standard input has no token. Set ${TOKEN_VARIABLE} or give --token-file.`)
  return token
}

function addRun(gateway: Command, terminal: Terminal): void {
  withCaFile(gateway.command('run'))
    .summary('run the gateway until it is stopped')
    .requiredOption('--data <dir>', 'folder with gateway.json')
    .requiredOption('--config <file>', 'YAML file with the endpoints')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .option('--log-format <format>', 'json or pretty (default: pretty on a terminal)')
    .addHelpText('after', '\nExample:\n  postern gateway run --data ./gateway --config gateway.yaml')
    .action(
      async (options: { data: string; config: string; logLevel: string; logFormat?: string; caFile?: string }) => {
        const log = createLog({ name: 'gateway', level: options.logLevel, pretty: pretty(options.logFormat, terminal) })
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

export function pretty(format: string | undefined, terminal: Terminal): boolean {
  if (format !== undefined && format !== 'json' && format !== 'pretty')
    throw usageError('--log-format is json or pretty.')
  return format === undefined ? terminal.interactive : format === 'pretty'
}

const gatewayItem = z.object({
  BackupGatewayId: z.string(),
  DisplayName: z.string(),
  Region: z.string(),
  BackupGatewayStatus: z.string(),
  LastHeartbeatTime: z.number().optional(),
  SourceEndpointHostname: z.string().optional(),
})
const gatewayPage = z.object({
  TotalPages: z.number(),
  Items: z.object({ BackupGateway: z.array(gatewayItem) }),
})

function addList(gateway: Command, terminal: Terminal): void {
  withConnection(gateway.command('list'))
    .summary('list the gateways with their status')
    .option('--region <region>', 'only of this region')
    .option('--output <form>', 'table or json', 'table')
    .action(async (options: ConnectionOptions & { region?: string; output: string }) => {
      if (!['table', 'json'].includes(options.output)) throw usageError('--output is table or json.')
      const client = await createApiClient(options, terminal.env)
      const items: z.infer<typeof gatewayItem>[] = []
      for (let page = 0; ; page++) {
        const params = { PageNum: String(page), PageSize: '100', ...(options.region && { Region: options.region }) }
        const answer = await client.call('DescribeBackupGatewayList', { version: DBS_VERSION, params })
        if (!answer.ok) throw failed(answer)
        const { Items, TotalPages } = gatewayPage.parse(answer.body)
        items.push(...Items.BackupGateway)
        if (page + 1 >= TotalPages) break
      }
      if (options.output === 'json') return terminal.out(`${JSON.stringify(items, null, 2)}\n`)
      const rows = items.map((item) => [
        item.BackupGatewayId,
        item.DisplayName,
        item.Region,
        item.BackupGatewayStatus,
        item.LastHeartbeatTime ? new Date(item.LastHeartbeatTime).toISOString() : 'never',
        item.SourceEndpointHostname ?? '',
      ])
      terminal.out(`${table(['ID', 'NAME', 'REGION', 'STATUS', 'LAST SEEN', 'HOST'], rows)}\n`)
    })
}
