export interface ConfigurationProblem {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** Never holds a value of a password. */
  readonly message: string
}

/**
 * Why a process does not start: what is wrong in its files, all at once.
 * Not a PosternError: nobody calls the API here, and a position is worth more than a code.
 */
export class ConfigurationError extends Error {
  readonly file: string
  /** In order of the file; empty where the file as a whole is the problem. */
  readonly problems: readonly ConfigurationProblem[]

  constructor(file: string, problems: readonly ConfigurationProblem[] | string, cause?: unknown) {
    const lines =
      typeof problems === 'string'
        ? [`${file}: ${problems}`]
        : problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`)
    super(lines.join('\n'), { cause })
    this.name = 'ConfigurationError'
    this.file = file
    this.problems = typeof problems === 'string' ? [] : problems
  }
}
