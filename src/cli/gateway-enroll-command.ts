import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { z } from 'zod'
import { VERSION } from '../base/version.ts'
import { CommandError, EXIT, reason, usageError } from './exit-code.ts'
import { routeOf, withCaFile } from './route.ts'
import type { Terminal } from './terminal.ts'

const TOKEN_VARIABLE = 'POSTERN_ENROLLMENT_TOKEN'
const MAX_TOKEN_BYTES = 4096

interface Options {
  readonly server: string
  readonly data: string
  readonly tokenFile?: string
  readonly caFile?: string
  readonly serverFingerprint?: string
}

export function addEnrollCommand(gateway: Command, terminal: Terminal): void {
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
    .action(async (options: Options) => {
      const { caFile, serverFingerprint } = options
      const server = URL.parse(options.server)
      const route = await routeOf({ caFile, serverFingerprint, ...(server !== null && { server }) }, terminal.env)
      const token = await readToken(options.tokenFile, terminal.env)
      const { enroll } = await import('../gateway/enroll.ts')
      const { keyFingerprints } = await import('../gateway/identity.ts')
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
        `gateway ${identity.id} (${identity.name}, region ${identity.region}) is enrolled in ${options.data}\nkey of the gateway, which signs its results: sha256:${keyFingerprints(identity).current}\n`,
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
