import { readFileSync, statSync } from 'node:fs'
import { ConfigurationError } from '../base/configuration-error.ts'
import { isOpenToOthers } from '../base/open-to-others.ts'

const MAX_FILE_BYTES = 64 * 1024

/** Why a bus cannot be used as it is configured. The reason never has a password, nor a whole URL. */
export const refusedBus = (reason: string, cause?: unknown) => new ConfigurationError('--bus', reason, cause)

export function decodedPart(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw refusedBus(`its ${what} is not percent-encoded as a URL is`, cause)
  }
}

/** Throws for a parameter that is not `known`, and for one that is there twice. */
export function knownParameters(parameters: URLSearchParams, known: readonly string[]): void {
  const names = [...parameters.keys()]
  for (const [index, name] of names.entries()) {
    if (!known.includes(name))
      throw refusedBus(`"${name}" is not a parameter that is known; known are ${known.join(', ')}`)
    if (names.indexOf(name) !== index) throw refusedBus(`the parameter "${name}" is there twice`)
  }
}

/** The text of a file that a parameter names. A secret one must not be readable by others. */
export function readNamedFile(file: string, what: { readonly parameter: string; readonly secret: boolean }): string {
  let found: { readonly open: boolean; readonly size: number; readonly text: string }
  try {
    const stats = statSync(file)
    const { size } = stats
    found = { open: isOpenToOthers(stats), size, text: size > MAX_FILE_BYTES ? '' : readFileSync(file, 'utf8') }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw refusedBus(`\`${what.parameter}\` names a file that cannot be read (${code}): ${file}`, cause)
  }
  if (found.size > MAX_FILE_BYTES) throw refusedBus(`\`${what.parameter}\` names a file of more than 64 KiB: ${file}`)
  if (what.secret && found.open) {
    throw refusedBus(`others can read ${file}, and it holds a secret; run: chmod 600 ${file}`)
  }
  return found.text
}

/** Whether Node and OpenSSL call a certificate so that is not to be trusted. */
export const isCertificateProblem = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)
