import { readFileSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** The folder that holds package.json and migrations/: beside src/ in a clone, beside dist/ in a package. */
export const PACKAGE_ROOT = new URL('../../', import.meta.url)

export const VERSION = versionIn(PACKAGE_ROOT)

/**
 * The version that a start would find now; `command` is the path by which this process was called, which may be a link that
 * was moved since. VERSION where nothing can be read: an upgrade that is half done is none.
 */
export function installedVersion(command: string | undefined): string {
  try {
    return versionIn(command === undefined ? PACKAGE_ROOT : new URL('../', pathToFileURL(realpathSync(command))))
  } catch {
    return VERSION
  }
}

function versionIn(root: URL): string {
  const file = new URL('package.json', root)
  const found: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof found === 'object' && found !== null && 'version' in found && typeof found.version === 'string')
    return found.version
  throw new Error(`${file.pathname} names no version`)
}
