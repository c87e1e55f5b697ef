import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { ConfigurationProblem } from '../base/configuration-error.ts'
import type { YamlSource } from '../base/yaml-source.ts'
import type { ClientCertificate } from '../engines/engine.ts'
import { PosternError } from '../model/errors.ts'
import type { EndpointEntry, NumberedEntry } from './configuration-schema.ts'

const PASSWORD_KEYS = ['password', 'passwordFile', 'passwordEnv', 'passwordCommand'] as const

/** What is wrong with the client certificate of an endpoint, and with a login that needs one; each with its line. */
export function checkClientCertificate(
  { index, entry }: NumberedEntry,
  { folder, source }: { folder: string; source: YamlSource },
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = []
  const report = (keys: readonly string[], message: string) =>
    problems.push({ ...source.positionOf(['endpoints', index, ...keys]), message })
  checkMechanism(entry, report)
  const { clientCertFile, clientKeyFile, mode } = entry.tls
  if (clientCertFile === undefined && clientKeyFile === undefined) return problems
  for (const key of ['clientCertFile', 'clientKeyFile'] as const) {
    if (mode === 'off' && entry.tls[key] !== undefined)
      report(['tls', key], `\`${key}\` has no use with \`mode: off\`; remove one of them`)
  }
  if (clientKeyFile === undefined) report(['tls', 'clientCertFile'], '`clientCertFile` needs `clientKeyFile`')
  if (clientCertFile === undefined) report(['tls', 'clientKeyFile'], '`clientKeyFile` needs `clientCertFile`')
  if (clientCertFile === undefined || clientKeyFile === undefined || mode === 'off') return problems

  const files = { clientCertFile: resolve(folder, clientCertFile), clientKeyFile: resolve(folder, clientKeyFile) }
  const read = (key: keyof typeof files) => {
    try {
      return readFileSync(files[key], 'utf8')
    } catch (error) {
      report(['tls', key], `\`${key}\` cannot be read: ${files[key]} (${reasonOf(error)})`)
      return undefined
    }
  }
  const certificate = read('clientCertFile')
  const key = read('clientKeyFile')
  if (certificate === undefined || key === undefined) return problems
  const wrong = whatIsWrong({ certificate, key })
  if (wrong !== undefined) report(['tls', wrong.file], `\`${wrong.file}\` ${wrong.why}: ${files[wrong.file]}`)
  return problems
}

function checkMechanism(entry: EndpointEntry, report: (keys: readonly string[], message: string) => void): void {
  const { authMechanism, engine, tls } = entry
  if (authMechanism === undefined) return
  if (engine !== 'MongoDB')
    return report(['authMechanism'], `\`authMechanism\` is for MongoDB only, and \`engine\` is ${engine}; remove it`)
  if (authMechanism !== 'MONGODB-X509') return
  if (tls.mode === 'off' || tls.clientCertFile === undefined)
    report(['authMechanism'], '`MONGODB-X509` needs `tls` with `clientCertFile` and `clientKeyFile`')
  for (const key of [...PASSWORD_KEYS, 'database'] as const) {
    if (entry[key] !== undefined)
      report([key], `\`${key}\` has no use with \`authMechanism: MONGODB-X509\`; remove one of them`)
  }
}

/** Undefined where the endpoint has none. Rejects with a fault of the gateway that names the file and what is wrong with it. */
export function clientCertificate(
  { tls }: EndpointEntry,
  { folder, clock }: { folder: string; clock: Clock },
): (() => Promise<ClientCertificate>) | undefined {
  const { clientCertFile, clientKeyFile } = tls
  if (clientCertFile === undefined || clientKeyFile === undefined) return undefined
  const files = { clientCertFile: resolve(folder, clientCertFile), clientKeyFile: resolve(folder, clientKeyFile) }
  return async () => {
    const [certificate, key] = await Promise.all([
      readWhenUsed(files.clientCertFile),
      readWhenUsed(files.clientKeyFile),
    ])
    const wrong = whatIsWrong({ certificate, key })
    if (wrong !== undefined) throw unusable(`\`${wrong.file}\` ${wrong.why}: ${files[wrong.file]}`)
    const until = expiry(certificate)
    if (until <= clock.wall()) throw unusable(`\`clientCertFile\` ${ended(until)}: ${files.clientCertFile}`)
    return { certificate, key }
  }
}

/** To be logged at the start: one endpoint's old certificate is no reason to keep the others waiting. */
export function expiryWarning({ tls }: EndpointEntry, at: { folder: string; clock: Clock }): string | undefined {
  if (tls.clientCertFile === undefined) return undefined
  const path = resolve(at.folder, tls.clientCertFile)
  const until = expiry(readFileSync(path, 'utf8'))
  return until <= at.clock.wall() ? `${path}, a client certificate, ${ended(until)}; put a new one there` : undefined
}

const expiry = (pem: string) => Date.parse(new X509Certificate(pem).validTo)
const ended = (until: number) => `expired at ${new Date(until).toISOString()}`
const unusable = (what: string) =>
  new PosternError('Internal', { message: `The client certificate of the gateway cannot be used: ${what}.` })

async function readWhenUsed(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    // It was there when the gateway started.
    throw new PosternError('Internal', { message: `The gateway cannot read ${path} (${reasonOf(cause)}).`, cause })
  }
}

interface Wrong {
  readonly file: 'clientCertFile' | 'clientKeyFile'
  readonly why: string
}

function whatIsWrong({ certificate, key }: ClientCertificate): Wrong | undefined {
  let parsed: X509Certificate
  try {
    parsed = new X509Certificate(certificate)
  } catch {
    return { file: 'clientCertFile', why: 'is not a PEM certificate' }
  }
  if (/ENCRYPTED/.test(key)) return { file: 'clientKeyFile', why: 'has a passphrase, which a gateway cannot type' }
  try {
    // What OpenSSL says of a broken key is of no use to anybody.
    if (parsed.checkPrivateKey(createPrivateKey(key))) return undefined
  } catch {
    return { file: 'clientKeyFile', why: 'is not a PEM private key' }
  }
  return { file: 'clientKeyFile', why: 'is not the key of `clientCertFile`' }
}

const reasonOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable'
