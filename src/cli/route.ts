import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import type { Command } from 'commander'
import type { Route } from '../link/route.ts'
import { isLoopbackHost } from '../model/host.ts'
import { reason, usageError } from './exit-code.ts'
import { trustSystemAuthorities } from './system-authorities.ts'

/** The one place that decides how a command reaches its server: through which proxy, trusting whom. */
export async function routeOf(
  options: { readonly caFile?: string | undefined; readonly server?: URL },
  env: NodeJS.ProcessEnv,
): Promise<Route> {
  const { caFile, server } = options
  const added = caFile === undefined ? undefined : await readAuthorities(caFile)
  // They take a while to read, and nothing asks for them there.
  if (server?.protocol === 'http:' && isLoopbackHost(server.hostname)) return {}
  trustSystemAuthorities()
  return { proxies: env, ...(added && { ca: [...getCACertificates('default'), ...added] }) }
}

export function withCaFile(command: Command): Command {
  return command.option(
    '--ca-file <file>',
    'PEM file of authorities to trust for the server, besides those of the system',
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
