import { readFileSync, statSync } from 'node:fs'
import type { z } from 'zod'
import { ConfigurationError, type ConfigurationProblem } from './configuration-error.ts'
import { nearestName } from './nearest-name.ts'
import { type Path, parseYaml, type YamlSource } from './yaml-source.ts'

const MAX_FILE_BYTES = 1024 * 1024

export type ValidKeys = (path: Path) => readonly string[]

/** Throws ConfigurationError where the file cannot be read or is not YAML. */
export function readYamlFile(file: string): YamlSource {
  const source = parseYaml(read(file))
  if (source.problems.length > 0) throw new ConfigurationError(file, inOrder(source.problems))
  return source
}

function read(file: string): string {
  try {
    const size = statSync(file).size
    if (size > MAX_FILE_BYTES) throw new RangeError(`it has ${size} bytes, more than 1 MiB`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(file, `the configuration cannot be read: ${why}`, error)
  }
}

/** By place in the file, without repetitions. */
export function inOrder(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  return sorted.filter(
    (problem, index) =>
      !sorted.slice(0, index).some((other) => other.line === problem.line && other.message === problem.message),
  )
}

/** What one problem of the schema is called, and where it is. `validKeys` are the keys that may stand at a path. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  { source, validKeys }: { source: YamlSource; validKeys: ValidKeys },
): ConfigurationProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...source.positionOfKey(issue.path, key),
      message: unknownKey(key, validKeys(issue.path)),
    }))
  }
  const key = String(issue.path.at(-1) ?? '')
  const position = source.positionOf(issue.path)
  if (!source.has(issue.path)) return [{ ...position, message: key ? `\`${key}\` is missing` : 'the file is empty' }]
  return [{ ...position, message: key === '' ? reason(issue) : `${named(issue.path)} ${reason(issue)}` }]
}

const named = (path: Path) => (typeof path.at(-1) === 'number' ? 'the entry' : `\`${String(path.at(-1))}\``)

/** What follows the letters of a mistyped key may be a value, even a password. */
function unknownKey(key: string, keys: readonly string[]): string {
  const shown = /^(<<|[\w-]*)/.exec(key)?.[0] ?? ''
  const near = nearestName(shown, keys)
  const hint = near === undefined ? `valid here: ${keys.join(', ')}` : `did you mean \`${near}\`?`
  return `unknown key \`${shown}${shown === key ? '' : '…'}\`; ${hint}`
}

function reason(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`
  if (issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input')) return issue.message
  return EXPECTED[issue.expected] ?? `must be a ${issue.expected}`
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'must be text; write it in quotes',
  array: 'must be a list: one entry a line, each beginning with `- `',
  object: 'must have entries of the form `key: value`',
}
