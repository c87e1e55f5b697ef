import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import type { ConfigurationProblem } from '../base/configuration-error.ts'
import type { EndpointEntry, NumberedEntry } from './configuration-schema.ts'
import { passwordCommand, whyNotRunnable } from './password-command.ts'
import type { YamlSource } from '../base/yaml-source.ts'

/** What an endpoint reads at each use, so that a rotated password or authority needs no restart. */
export interface SecretFiles {
  readonly password: (rejected?: string) => Promise<string>
  readonly ca: (() => Promise<string>) | undefined
}

export function secretFiles(entry: EndpointEntry, { folder, clock }: { folder: string; clock: Clock }): SecretFiles {
  const { passwordCommand: command } = entry
  return {
    password: command === undefined ? () => readPassword(entry, folder) : passwordCommand(command, { folder, clock }),
    ca: entry.tls.caFile === undefined ? undefined : () => readWhenUsed(resolve(folder, entry.tls.caFile ?? '')),
  }
}

async function readPassword(entry: EndpointEntry, folder: string): Promise<string> {
  const { password, passwordFile, passwordEnv } = entry
  if (passwordFile !== undefined) return withoutNewline(await readWhenUsed(resolve(folder, passwordFile)))
  if (passwordEnv === undefined) return password ?? ''
  const value = process.env[passwordEnv]
  if (value !== undefined) return value
  throw new PosternError('Internal', { message: `The environment of the gateway has no ${passwordEnv}.` })
}

async function readWhenUsed(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    // It was there when the gateway started.
    throw new PosternError('Internal', { message: `The gateway cannot read ${path} (${reasonOf(cause)}).`, cause })
  }
}

/** Editors and `echo` end a file with a newline; no password ends with one. */
const withoutNewline = (text: string) => text.replace(/\r?\n$/, '')

const reasonOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable'

/** A missing file is found at the start, with its line, not by the first task of the night. */
export function checkFiles(
  { index, entry }: NumberedEntry,
  context: { folder: string; source: YamlSource },
): ConfigurationProblem[] {
  const { folder, source } = context
  const problems: ConfigurationProblem[] = []
  const report = (keys: readonly string[], message: string) =>
    problems.push({ ...source.positionOf(['endpoints', index, ...keys]), message })

  if (entry.passwordFile !== undefined) {
    const path = resolve(folder, entry.passwordFile)
    const text = readNow(path, (why) => report(['passwordFile'], `\`passwordFile\` cannot be read: ${path} (${why})`))
    if (text !== undefined && withoutNewline(text) === '')
      report(['passwordFile'], `\`passwordFile\` is empty: ${path}`)
  }
  if (entry.passwordEnv !== undefined && process.env[entry.passwordEnv] === undefined) {
    report(['passwordEnv'], `\`passwordEnv\`: the environment has no ${entry.passwordEnv}`)
  }
  if (entry.passwordCommand !== undefined) {
    const why = whyNotRunnable(entry.passwordCommand[0] ?? '', folder)
    if (why !== undefined) report(['passwordCommand'], `\`passwordCommand\`: ${why}`)
  }
  if (entry.tls.mode === 'off') {
    if (entry.host.kind === 'range') report(['tls', 'mode'], RANGE_WITHOUT_TLS)
    for (const key of ['caFile', 'serverName'] as const) {
      if (entry.tls[key] !== undefined)
        report(['tls', key], `\`${key}\` has no use with \`mode: off\`; remove one of them`)
    }
  }
  if (entry.tls.caFile !== undefined) {
    const path = resolve(folder, entry.tls.caFile)
    const text = readNow(path, (why) => report(['tls', 'caFile'], `\`caFile\` cannot be read: ${path} (${why})`))
    if (text !== undefined && !isCertificate(text))
      report(['tls', 'caFile'], `\`caFile\` is not a PEM certificate: ${path}`)
  }
  return problems
}

const RANGE_WITHOUT_TLS =
  '`mode: off` is not possible for an address range: whoever creates a task chooses the address, and the password would go there in the clear; ' +
  'use `mode: verify`, or list exact hosts'

function readNow(path: string, failed: (why: string) => void): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    failed(reasonOf(error))
    return undefined
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== ''
  } catch {
    return false
  }
}
