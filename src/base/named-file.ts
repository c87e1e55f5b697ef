import { readFileSync, statSync } from 'node:fs'
import { ConfigurationError } from './configuration-error.ts'
import { isOpenToOthers } from './open-to-others.ts'

const MAX_FILE_BYTES = 64 * 1024

/**
 * The text of a file that a setting names, 64 KiB at most. A secret one must not be readable by others. Throws
 * ConfigurationError of `source`, where the setting stands.
 */
export function readNamedFile(
  file: string,
  what: { readonly source: string; readonly setting: string; readonly secret: boolean },
): string {
  const { source, setting, secret } = what
  const refused = (reason: string, cause?: unknown) => new ConfigurationError(source, reason, cause)
  let found: { readonly open: boolean; readonly size: number; readonly text: string }
  try {
    const stats = statSync(file)
    const { size } = stats
    found = { open: isOpenToOthers(stats), size, text: size > MAX_FILE_BYTES ? '' : readFileSync(file, 'utf8') }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw refused(`\`${setting}\` names a file that cannot be read (${code}): ${file}`, cause)
  }
  if (found.size > MAX_FILE_BYTES) throw refused(`\`${setting}\` names a file of more than 64 KiB: ${file}`)
  if (secret && found.open) throw refused(`others can read ${file}, and it holds a secret; run: chmod 600 ${file}`)
  return found.text
}
