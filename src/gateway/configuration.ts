import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Clock, systemClock } from '../base/clock.ts'
import { describeIssue, inOrder, readYamlFile } from '../base/configuration-file.ts'
import type { LogLevel } from '../base/log-levels.ts'
import { isOpenToOthers } from '../base/open-to-others.ts'
import { DEFAULT_PORTS, type DatabaseType } from '../model/database-type.ts'
import type { LoginMechanism } from '../model/login-mechanism.ts'
import type { ClientCertificate } from '../engines/engine.ts'
import { ConfigurationError, type ConfigurationProblem } from '../base/configuration-error.ts'
import {
  configurationSchema,
  type EndpointEntry,
  endpointSchema,
  type NumberedEntry,
  validKeys,
} from './configuration-schema.ts'
import { checkClientCertificate, clientCertificate, expiryWarning } from './client-certificate.ts'
import { hostAndPort } from '../model/host.ts'
import { type ConfiguredHost, hostText } from './configured-host.ts'
import { checkFiles, secretFiles } from './endpoint-files.ts'
import type { YamlSource } from '../base/yaml-source.ts'

export interface ConfiguredEndpoint {
  /** As configured, else `engine@host:port`; unique. */
  readonly name: string
  readonly engine: DatabaseType
  readonly host: ConfiguredHost
  readonly port: number
  readonly user: string
  /**
   * Reads a file or the environment each time, so that a change needs no restart; a command's answer is kept for a while,
   * but not where it is `rejected`: the password that the server has just refused. Empty where none is configured.
   */
  readonly password: (rejected?: string) => Promise<string>
  readonly database?: string
  /** Of Oracle, which has exactly one of the two. */
  readonly serviceName?: string
  readonly sid?: string
  /** How long sizes may take once the list is there; undefined: they are not asked for. */
  readonly sizeBudgetMs?: number
  /** Of MongoDB. */
  readonly authMechanism?: LoginMechanism
  readonly tls: ConfiguredTls
  readonly line: number
}

export type ConfiguredTls =
  | { readonly mode: 'off' }
  /** `ca` and `client` read the files each time: PEM texts. */
  | {
      readonly mode: 'verify'
      readonly ca?: () => Promise<string>
      readonly serverName?: string
      readonly client?: () => Promise<ClientCertificate>
    }

export interface Limits {
  /** Attempts at a time, in all and for one endpoint. */
  readonly total: number
  readonly perEndpoint: number
  /** TCP, TLS and login, each. */
  readonly connectMs: number
  readonly queryMs: number
}

export interface GatewayConfiguration {
  /** Absolute path, for messages that say which file to edit. */
  readonly file: string
  readonly endpoints: readonly ConfiguredEndpoint[]
  readonly limits: Limits
  /** Undefined: what the command line says, else `info`. */
  readonly logLevel?: LogLevel
  /** The key of the gateway is replaced when it is older. Undefined: only when somebody asks. */
  readonly rotateKeyDays?: number
  /** To be logged: what works and should still be changed. */
  readonly warnings: readonly string[]
}

/** Throws ConfigurationError with every problem of the file and of the files that it names. Runs no command. */
export function loadConfiguration(path: string, clock: Clock = systemClock()): GatewayConfiguration {
  const file = resolve(path)
  const source = readYamlFile(file)

  const shape = configurationSchema.safeParse(source.value)
  const entries = endpointEntries(source.value)
  const problems = [
    ...(shape.success ? [] : shape.error.issues.flatMap((issue) => describeIssue(issue, { source, validKeys }))),
    ...passwordProblems(source, source.value),
    ...entries.flatMap((numbered) => serviceProblems(numbered, source)),
    ...duplicates(entries, source),
    ...entries.flatMap((numbered) => checkFiles(numbered, { folder: dirname(file), source })),
    ...entries.flatMap((numbered) => checkClientCertificate(numbered, { folder: dirname(file), source })),
  ]
  if (problems.length > 0 || !shape.success) throw new ConfigurationError(file, inOrder(problems))

  const { limits, logLevel, rotateKeyDays } = shape.data
  const at = { folder: dirname(file), clock, source }
  return {
    file,
    endpoints: entries.map((numbered) => toEndpoint(numbered, at)),
    limits: {
      total: limits.total,
      perEndpoint: limits.perEndpoint,
      connectMs: limits.connectSeconds * 1000,
      queryMs: limits.querySeconds * 1000,
    },
    ...(logLevel !== undefined && { logLevel }),
    ...(rotateKeyDays !== undefined && { rotateKeyDays }),
    warnings: warnings(file, entries, clock),
  }
}

/** Those that are whole, so that what spans several is checked although others are broken. */
function endpointEntries(value: unknown): NumberedEntry[] {
  return rawEndpoints(value).flatMap((raw, index) => {
    const parsed = endpointSchema.safeParse(raw)
    return parsed.success ? [{ index, entry: parsed.data }] : []
  })
}

function rawEndpoints(value: unknown): readonly unknown[] {
  const hasEndpoints = typeof value === 'object' && value !== null && 'endpoints' in value
  return hasEndpoints && Array.isArray(value.endpoints) ? value.endpoints : []
}

const PASSWORD_KEYS = ['password', 'passwordFile', 'passwordEnv', 'passwordCommand'] as const

function passwordProblems(source: YamlSource, value: unknown): ConfigurationProblem[] {
  return rawEndpoints(value).flatMap((_, index) => {
    const given = PASSWORD_KEYS.filter((key) => source.has(['endpoints', index, key]))
    const [first, second] = given
    if (first === undefined || second === undefined) return []
    const message = `only one of ${given.map((key) => `\`${key}\``).join(', ')} may be there; remove the others`
    return [{ ...source.positionOfKey(['endpoints', index], second), message }]
  })
}

function serviceProblems({ index, entry }: NumberedEntry, source: YamlSource): ConfigurationProblem[] {
  const path = ['endpoints', index]
  const given = (['serviceName', 'sid'] as const).filter((key) => entry[key] !== undefined)
  if (entry.engine !== 'Oracle')
    return given.map((key) => ({
      ...source.positionOfKey(path, key),
      message: `\`${key}\` is for Oracle only, and \`engine\` is ${entry.engine}; remove it`,
    }))
  if (given.length === 0)
    return [{ ...source.positionOf(path), message: '`serviceName` is missing: Oracle needs it, or `sid`' }]
  if (given.length === 1) return []
  const message = 'only one of `serviceName`, `sid` may be there; remove the other'
  return [{ ...source.positionOfKey(path, 'sid'), message }]
}

const addressOf = (entry: EndpointEntry) => {
  const port = entry.port ?? DEFAULT_PORTS[entry.engine]
  return `${entry.engine}@${hostAndPort(hostText(entry.host), port)}`
}
const nameOf = (entry: EndpointEntry) => entry.name ?? addressOf(entry)

function duplicates(entries: readonly NumberedEntry[], source: YamlSource): ConfigurationProblem[] {
  const byAddress = new Map<string, number>()
  const byName = new Map<string, number>()
  const problems: ConfigurationProblem[] = []
  for (const { index, entry } of entries) {
    const here = source.positionOf(['endpoints', index])
    const sameAddress = byAddress.get(addressOf(entry))
    if (sameAddress !== undefined) {
      const message = `${addressOf(entry)} in line ${here.line} is the endpoint of line ${sameAddress} again; remove one of them`
      problems.push({ ...here, message })
      continue
    }
    byAddress.set(addressOf(entry), here.line)
    const sameName = byName.get(nameOf(entry))
    if (sameName !== undefined) {
      const message = `the name \`${nameOf(entry)}\` is taken by the endpoint of line ${sameName}`
      problems.push({ ...source.positionOf(['endpoints', index, 'name']), message })
    }
    byName.set(nameOf(entry), here.line)
  }
  return problems
}

function toEndpoint(
  { index, entry }: NumberedEntry,
  at: { folder: string; clock: Clock; source: YamlSource },
): ConfiguredEndpoint {
  const { password, ca } = secretFiles(entry, at)
  const client = clientCertificate(entry, at)
  return {
    name: nameOf(entry),
    engine: entry.engine,
    host: entry.host,
    port: entry.port ?? DEFAULT_PORTS[entry.engine],
    user: entry.user,
    password,
    ...(entry.database !== undefined && { database: entry.database }),
    ...(entry.serviceName !== undefined && { serviceName: entry.serviceName }),
    ...(entry.sid !== undefined && { sid: entry.sid }),
    ...(entry.sizeBudgetSeconds > 0 && { sizeBudgetMs: entry.sizeBudgetSeconds * 1000 }),
    ...(entry.authMechanism !== undefined && { authMechanism: entry.authMechanism }),
    tls:
      entry.tls.mode === 'off'
        ? { mode: 'off' }
        : {
            mode: 'verify',
            ...(ca !== undefined && { ca }),
            ...(entry.tls.serverName !== undefined && { serverName: entry.tls.serverName }),
            ...(client !== undefined && { client }),
          },
    line: at.source.positionOf(['endpoints', index]).line,
  }
}

function warnings(file: string, entries: readonly NumberedEntry[], clock: Clock): string[] {
  const folder = dirname(file)
  const holders = new Map<string, string>()
  if (entries.some(({ entry }) => entry.password !== undefined)) holders.set(file, 'a password')
  for (const { entry } of entries) {
    if (entry.passwordFile !== undefined) holders.set(resolve(folder, entry.passwordFile), 'a password')
    if (entry.tls.clientKeyFile !== undefined) holders.set(resolve(folder, entry.tls.clientKeyFile), 'a private key')
  }
  const open = [...holders].filter(([path]) => isOpenToOthers(statSync(path)))
  const found = open.map(([path, what]) => `${path} holds ${what} and others can read it; run: chmod 600 ${path}`)
  const expired = entries.map(({ entry }) => expiryWarning(entry, { folder, clock }))
  found.push(...new Set(expired.filter((warning) => warning !== undefined)))
  if (entries.length === 0) found.push(`${file} lists no endpoints: every task will be refused`)
  return found
}
