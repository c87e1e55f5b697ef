import { ConfigurationError } from './configuration-error.ts'

/** A part of a URL in plain text. Throws ConfigurationError of `source`, which does not have the part. */
export function decodedPart(text: string, what: string, source: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Without the cause: it may hold a password.
    throw new ConfigurationError(source, `its ${what} is not percent-encoded as a URL is`)
  }
}

/** Throws ConfigurationError of `source` for a parameter that is not `known`, and for one that is there twice. */
export function refuseUnknownParameters(parameters: URLSearchParams, known: readonly string[], source: string): void {
  const names = [...parameters.keys()]
  for (const [index, name] of names.entries()) {
    if (!known.includes(name))
      throw new ConfigurationError(source, `"${name}" is not a parameter that is known; known are ${known.join(', ')}`)
    if (names.indexOf(name) !== index) throw new ConfigurationError(source, `the parameter "${name}" is there twice`)
  }
}
