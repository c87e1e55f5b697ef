import { usageError } from './exit-code.ts'

/** `KEY=VALUE` words of a command line; the first = ends the key. */
export function parseParameters(parameters: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {}
  for (const parameter of parameters) {
    const at = parameter.indexOf('=')
    if (at < 1) throw usageError(`"${parameter}" is not KEY=VALUE.`)
    const key = parameter.slice(0, at)
    if (Object.hasOwn(params, key)) throw usageError(`${key} is given twice.`)
    params[key] = parameter.slice(at + 1)
  }
  return params
}
