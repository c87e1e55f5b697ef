import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import type { Command } from 'commander'
import type { Route } from '../link/route.ts'
import { isLoopbackHost } from '../model/host.ts'
import { type ServerPin, toServerPin } from '../model/ids.ts'
import { reason, usageError } from './exit-code.ts'
import { trustSystemAuthorities } from './system-authorities.ts'

const FINGERPRINT_VARIABLE = 'POSTERN_SERVER_FINGERPRINT'

/** The one place that decides how a command reaches its server: through which proxy, trusting whom. */
export async function routeOf(
  options: {
    readonly caFile?: string | undefined
    readonly serverFingerprint?: string | undefined
    readonly server?: URL
  },
  env: NodeJS.ProcessEnv,
): Promise<Route> {
  const { caFile, server } = options
  const added = caFile === undefined ? undefined : await readAuthorities(caFile)
  const pin = readPin(options.serverFingerprint, env)
  const pinned = pin !== undefined && { pin }
  // They take a while to read, and nothing asks for them there.
  if (server?.protocol === 'http:' && isLoopbackHost(server.hostname)) return { ...pinned }
  // Nor for a server that is known by its key alone; a proxy is verified all the same.
  if (server !== undefined && pin !== undefined && added === undefined && !namesProxy(env)) return { pin }
  trustSystemAuthorities()
  return { proxies: env, ...pinned, ...(added && { ca: [...getCACertificates('default'), ...added] }) }
}

const namesProxy = (env: NodeJS.ProcessEnv) =>
  ['https_proxy', 'http_proxy'].some((name) => Boolean(env[name] ?? env[name.toUpperCase()]))

export function withCaFile(command: Command): Command {
  return command
    .option('--ca-file <file>', 'PEM file of authorities to trust for the server, besides those of the system')
    .option(
      '--server-fingerprint <sha256>',
      `trust the server by its public key alone (default: ${FINGERPRINT_VARIABLE})`,
    )
}

function readPin(option: string | undefined, env: NodeJS.ProcessEnv): ServerPin | undefined {
  const text = option ?? env[FINGERPRINT_VARIABLE]
  if (text === undefined || (option === undefined && text.trim() === '')) return undefined
  const pin = toServerPin(text.trim())
  if (pin !== undefined) return pin
  throw usageError(
    `${option === undefined ? FINGERPRINT_VARIABLE : '--server-fingerprint'} is not the SHA-256 of a public key: write it as the log of the server has it, sha256: and 43 characters, or as 64 hex digits.`,
  )
}

async function readAuthorities(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw usageError(`--ca-file ${file} cannot be read: ${reason(error)}`)
  })
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0) throw usageError(`--ca-file ${file} has no certificate in PEM.`)
  for (const [index, certificate] of certificates.entries()) {
    try {
      void new X509Certificate(certificate)
    } catch {
      throw usageError(`--ca-file ${file}: its certificate number ${index + 1} is broken.`)
    }
  }
  return certificates
}
