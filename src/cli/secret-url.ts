import { ConfigurationError } from '../base/configuration-error.ts'
import { readNamedFile } from '../base/named-file.ts'
import { usageError } from './exit-code.ts'

/** Of an authority with several hosts too, which no URL has. */
export const hasPassword = (url: string): boolean => /^[a-z]+:\/\/[^/?#]*:[^/?#]*@/i.test(url)

/** Every user of the machine sees the command line. `file` is the option that takes the URL from a file. */
export function refusePassword(
  url: string | undefined,
  { option, file, variable }: { readonly option: string; readonly file: string; readonly variable: string },
): void {
  if (url === undefined || !hasPassword(url)) return
  const why = 'Every user of this machine can see it in the list of processes.'
  const where = `Put the URL into a file that only the server may read and give it with ${file}, or into ${variable}.`
  throw usageError(`The URL of ${option} has a password. ${why} ${where}`)
}

/** The URL in a file that only its owner may read. Throws usageError. */
export function readSecretUrl(file: string, option: string): string {
  try {
    return readNamedFile(file, { source: option, setting: option, secret: true }).trim()
  } catch (error) {
    throw error instanceof ConfigurationError ? usageError(error.message) : error
  }
}
